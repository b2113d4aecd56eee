package publish

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"

	"entente/internal/sheet"
)

// Matrix is who says what, claim by claim, as CSV. A cell that a spreadsheet would compute begins with an apostrophe. Where a
// statement has no claims, and for claims that it does not have, there are rows all the same: no position is left out.
func Matrix(s *Statement) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	row := func(cells ...string) {
		for i := range cells {
			cells[i] = sheet.Escape(cells[i])
		}
		_ = w.Write(cells) // to memory
	}
	own := map[string]bool{}
	for _, c := range s.Manifest.Claims {
		own[c.ID] = true
	}
	row("claim", "member", "name", "stance", "likelihood", "confidence", "date")
	for _, claim := range s.claims() {
		for i := range s.Said {
			x := &s.Said[i]
			if len(x.Covers) == 0 && !own[claim] && claim != "" || len(x.Covers) > 0 && !names(x, claim) {
				continue
			}
			likely, confident := "", ""
			if x.Likelihood != nil {
				likely = x.Likelihood.Scale + ": " + x.Likelihood.Term
			}
			if x.Confidence != nil {
				confident = x.Confidence.Scale + ": " + x.Confidence.Level
			}
			row(claim, x.Member, strings.TrimSpace(name(x)), string(x.Stance), likely, confident, x.At.String())
		}
	}
	w.Flush()
	return b.Bytes()
}

// claims are the ids of the statement's claims, and behind them those that only positions know; "" where it has none.
func (s *Statement) claims() []string {
	var out, strange []string
	own := map[string]bool{}
	for _, c := range s.Manifest.Claims {
		out, own[c.ID] = append(out, c.ID), true
	}
	if len(out) == 0 {
		out = []string{""}
	}
	for i := range s.Said {
		for _, id := range s.Said[i].Covers {
			if !own[id] {
				strange = append(strange, id)
			}
		}
	}
	slices.Sort(strange)
	return append(out, slices.Compact(strange)...)
}
