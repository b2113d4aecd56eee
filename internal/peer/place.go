package peer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"entente/internal/store"
)

// place is how far a rule has come. It is kept in the store, so that a node that is restored from a backup goes back to the
// place that goes with its objects.
type place struct {
	// Remote is the address of the collection there: a place in one says nothing about another.
	Remote string `json:"remote"`
	// Basis stands for the rule and the rights that everything before the place was judged by.
	Basis string `json:"basis"`
	// AddedAfter is the place of a pull, in the time of the server.
	AddedAfter time.Time `json:"added_after,omitzero"`
	// Cursor is the place of a push, among our items.
	Cursor spot `json:"cursor,omitzero"`
	// Marks are objects that both have, the newest last: the last ones that crossed, and ever fewer of those before.
	Marks []mark `json:"marks,omitempty"`
	// Passed is how many marks there have been.
	Passed int64 `json:"passed,omitempty"`
	// Gone are objects that the peer did not keep. They become no marks again: it may not want them.
	Gone []mark `json:"gone,omitempty"`
	// Rewinds is in how many rounds in a row the peer had lost the newest mark, Blind until when its manifest is not believed.
	Rewinds int       `json:"rewinds,omitempty"`
	Blind   time.Time `json:"blind,omitzero"`
	// Returns is up to which of our items those that the peer has once sent go back to it.
	Returns time.Time `json:"returns,omitzero"`
	// Compared is when all that both have was last known to be the same.
	Compared time.Time `json:"compared,omitzero"`
	// Undecided counts how often the server has not said what became of the page at the place.
	Undecided int `json:"undecided,omitempty"`
	// LatestOnly is set where the server gives no versions but the latest ones.
	LatestOnly bool `json:"latest_only,omitempty"`
	// Rest is the time before which a pull is not repeated, from servers that do not say when they added their objects.
	Rest time.Time `json:"rest,omitzero"`
}

// spot is a place among our items: a store.Cursor.
type spot struct {
	Added      time.Time `json:"added"`
	Collection int64     `json:"collection"`
	Seq        int64     `json:"seq"`
}

// mark is an object that has crossed, and its place.
type mark struct {
	ID      string    `json:"id"`
	Version time.Time `json:"version,omitzero"`
	Number  int64     `json:"number,omitempty"`
	// Added is when it was added there, of pulls.
	Added time.Time `json:"added,omitzero"`
	// Cursor is its place among our items, of pushes. Theirs says that it came from there.
	Cursor spot `json:"cursor,omitzero"`
	Theirs bool `json:"theirs,omitempty"`
}

func (m mark) same(o mark) bool { return m.ID == o.ID && m.Version.Equal(o.Version) }

// maxMarks bounds the marks that are kept, and maxGone those that are gone for good.
const (
	maxMarks = 48
	maxGone  = 64
)

// addMark appends a mark, and thins those before: the distance between two grows with their age.
func (p *place) addMark(m mark) {
	if slices.ContainsFunc(p.Gone, m.same) {
		return
	}
	m.Number = p.Passed
	p.Passed++
	p.Marks = slices.DeleteFunc(p.Marks, m.same)
	p.Marks = append(p.Marks, m)
	for i := 1; i+1 < len(p.Marks); {
		if 2*(p.Marks[i+1].Number-p.Marks[i-1].Number) <= m.Number-p.Marks[i+1].Number {
			p.Marks = slices.Delete(p.Marks, i, i+1)
			continue
		}
		i++
	}
	if n := len(p.Marks) - maxMarks; n > 0 {
		p.Marks = slices.Delete(p.Marks, 0, n)
	}
}

// forget takes note of an object that the peer did not keep.
func (p *place) forget(m mark) {
	if !slices.ContainsFunc(p.Gone, m.same) {
		p.Gone = append(p.Gone, m)
	}
	if n := len(p.Gone) - maxGone; n > 0 {
		p.Gone = slices.Delete(p.Gone, 0, n)
	}
}

func (l *link) load(ctx context.Context) error {
	b, err := l.r.st.GetCursor(ctx, l.name)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &l.at); err != nil {
		return fmt.Errorf("the place of %s cannot be read: %w", l.name, err)
	}
	return nil
}

func (l *link) save(ctx context.Context) error {
	b, err := json.Marshal(l.at)
	if err != nil {
		return err
	}
	return l.r.st.SetCursor(ctx, l.name, b)
}

// digest makes a short name of what something was judged by.
func digest(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:12]), nil
}
