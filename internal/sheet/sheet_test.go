package sheet

import (
	"strings"
	"testing"
)

var cells = map[string]string{
	"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@a": "'@a", "\t=1": "'\t=1", "\r=1": "'\r=1", "\n=1": "'\n=1", "  =1": "'  =1", "\u00a0=1": "'\u00a0=1",
	"\u3000=1": "'\u3000=1", "＝1": "'＝1", "'=1": "''=1", "''=1": "'''=1", "' =1": "'' =1", " '=1": "' '=1",
	"a=1": "a=1", "": "", "'": "'", "''": "''", "'a": "'a", "' a=": "' a=", "\xff=": "\xff=", "'\xff=": "'\xff=",
}

func TestEscape(t *testing.T) {
	for cell, want := range cells {
		got := Escape(cell)
		if got != want {
			t.Errorf("%q becomes %q, want %q", cell, got, want)
		}
		if back := string(Unescape([]byte(got))); back != cell {
			t.Errorf("%q comes back as %q", cell, back)
		}
	}
}

func FuzzEscape(f *testing.F) {
	for cell := range cells {
		f.Add(cell)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		got := Escape(cell)
		if back := string(Unescape([]byte(got))); back != cell {
			t.Errorf("%q becomes %q and comes back as %q", cell, got, back)
		}
		if strings.HasPrefix(got, "=") {
			t.Errorf("%q is a formula", got)
		}
	})
}
