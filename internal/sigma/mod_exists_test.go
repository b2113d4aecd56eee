package sigma

import "testing"

func TestExists(t *testing.T) {
	checkItems(t, Options{}, []itemTest{
		{entry: `F|exists: true`, want: `F exists`},
		{entry: `F|exists: false`, want: `F does not exist`},
		{entry: `F|exists: yes`, want: `F exists`},
		{entry: `F|exists: 'False'`, want: `F does not exist`},
		{entry: `F|exists: 1`, fault: `exists in "F|exists" wants true or false, not "1"`},
		{entry: `F|exists: null`, fault: `wants true or false`},
		{entry: `F|contains|exists: true`, fault: `has to be the first`},
		{entry: `F|exists|cased: true`, fault: `cannot be used with a test for existence`},
	})
	for _, tt := range []struct {
		entry string
		rec   record
		want  bool
	}{
		{`F|exists: true`, record{"F": {"x"}}, true},
		{`F|exists: true`, record{"F": {""}}, true},
		{`F|exists: true`, record{"F": {nil}}, true},
		{`F|exists: true`, record{"F": {}}, true},
		{`F|exists: true`, record{"G": {"x"}}, false},
		{`F|exists: false`, record{"G": {"x"}}, true},
		{`F|exists: false`, record{"F": {nil}}, false},
	} {
		if got := matches(t, tt.entry, tt.rec); got != tt.want {
			t.Errorf("%s on %v is %v", tt.entry, tt.rec, got)
		}
	}
}
