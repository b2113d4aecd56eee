package publish

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"entente/internal/coalition"
)

func markdown(s *Statement) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n", coalition.In(s.Manifest.Title, "en"))
	return b.Bytes()
}

// Matrix is who says what, claim by claim, as CSV.
func Matrix(s *Statement) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"claim", "member", "stance", "likelihood", "confidence", "date"})
	for _, c := range s.Manifest.Claims {
		for _, x := range s.Said {
			if len(x.Covers) > 0 && !slices.Contains(x.Covers, c.ID) {
				continue
			}
			likely, confident := "", ""
			if x.Likelihood != nil {
				likely = x.Likelihood.Scale + ": " + x.Likelihood.Term
			}
			if x.Confidence != nil {
				confident = x.Confidence.Scale + ": " + x.Confidence.Level
			}
			_ = w.Write([]string{c.ID, strings.TrimSpace(x.Name), string(x.Stance), likely, confident, x.At.String()})
		}
	}
	w.Flush() // to memory
	return b.Bytes()
}
