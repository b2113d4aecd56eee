package report

import (
	"fmt"
	"strings"
	"testing"

	"entente/internal/hunt"
)

// Every format that has a summary says of an incomplete hunt that it is one.
func TestIncompleteIsSaid(t *testing.T) {
	f := newFake(3)
	list := []*hunt.Finding{f.finding(0, 1)}
	for _, c := range []struct{ format, sign string }{
		{"terminal", "INCOMPLETE: the hunt was interrupted."},
		{"html", "incomplete:INCOMPLETE: the hunt was interrupted."},
		{"sarif", `"executionSuccessful":false`},
		{"navigator", "INCOMPLETE: the hunt was interrupted."},
	} {
		for _, incomplete := range []string{"", "the hunt was interrupted"} {
			sum := f.summary(1)
			sum.Incomplete = incomplete
			text := string(render(t, c.format, Options{}, sum, list...))
			if c.format == "html" {
				text = fmt.Sprint(unpackReport(t, text).meta)
			}
			text = strings.ReplaceAll(strings.Join(strings.Fields(text), " "), `": `, `":`)
			if strings.Contains(text, c.sign) != (incomplete != "") {
				t.Errorf("%s: incomplete %q, and %q is there: %v", c.format, incomplete, c.sign, incomplete == "")
			}
		}
	}
}
