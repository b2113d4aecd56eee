package cli

import (
	"bytes"
	"strings"
	"testing"

	"entente/internal/coalition"
)

// Whoever signs or looks at a root is told of names by which members could be taken for one another, and sees what a name is made of.
func TestShowNames(t *testing.T) {
	r := &coalition.Root{Name: "Allies", Version: 2}
	r.Put(coalition.Member{ID: "uk", Name: "United Kingdom"})
	r.Put(coalition.Member{ID: "xx", Name: "United Kingd\u043em"})
	r.Put(coalition.Member{ID: "us", Name: "United\u202eStates"})
	for _, latest := range []*coalition.Root{nil, {Name: "Allies", Version: 1}} {
		var b bytes.Buffer
		showRoot(&b, r, latest)
		for _, want := range []string{`(uk) and "United Kingdоm" (xx) look alike`, "letters of several scripts in one word: Cyrillic, Latin", `United\u202eStates`, "U+202E"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%q is not said:\n%s", want, b.String())
			}
		}
		if strings.Contains(b.String(), "\u202e") {
			t.Errorf("a name turns the line around: %q", b.String())
		}
	}
}
