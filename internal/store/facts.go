package store

import (
	"fmt"
	"strconv"
	"strings"
)

// Where the facts of an item stand in the number that factsColumn is: what a page costs is in proportion to its columns.
const (
	seesBits  = 5  // as many as there are labels
	labelBits = 3  // a Label
	specBits  = 15 // see specNumber: 25599 at most
	ownerBits = 37 // more organisations than there can be

	revokedAt  = seesBits
	redactedAt = revokedAt + 1
	granularAt = redactedAt + 1
	labelAt    = granularAt + 1
	specAt     = labelAt + labelBits
	ownerAt    = specAt + specBits
)

// factsColumn holds all that is small of an item, see facts.
var factsColumn = storedFacts + " + " + seesColumn

// storedFacts are those that are the same for every caller.
var storedFacts = fmt.Sprintf("i.owner * %d + i.spec * %d + i.label * %d + CASE WHEN i.granular = 0 THEN 0 ELSE %d END + i.redacted * %d + i.revoked * %d",
	int64(1)<<ownerAt, 1<<specAt, 1<<labelAt, 1<<granularAt, 1<<redactedAt, 1<<revokedAt)

// seesColumn is the set of labels whose parts of the item the caller sees, all of them where nothing is marked apart.
var seesColumn = func() string {
	var s strings.Builder
	fmt.Fprintf(&s, "CASE WHEN i.granular = 0 THEN %d ELSE 0", 1<<seesBits-1)
	for l := Clear; l <= Red; l++ {
		fmt.Fprintf(&s, " + CASE WHEN %s THEN %d ELSE 0 END", sees("i", strconv.Itoa(int(l))), 1<<l)
	}
	s.WriteString(" END")
	return s.String()
}()

// facts reads factsColumn into an item.
type facts Item

// Scan implements sql.Scanner.
func (f *facts) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a number is stored as %T", v)
	}
	bits := func(at, many int) int64 { return n >> at & (1<<many - 1) }
	f.Sees = uint8(bits(0, seesBits))
	f.Revoked, f.Redacted, f.Granular = bits(revokedAt, 1) != 0, bits(redactedAt, 1) != 0, bits(granularAt, 1) != 0
	f.Class.Label, f.Spec, f.Class.Owner = Label(bits(labelAt, labelBits)), specText(bits(specAt, specBits)), bits(ownerAt, ownerBits)
	return nil
}
