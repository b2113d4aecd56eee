package sigma

import "testing"

func TestFieldref(t *testing.T) {
	checkItems(t, Options{}, []itemTest{
		{entry: `F|fieldref: G`, want: `F = the field G`},
		{entry: `F|fieldref: [G, H]`, want: `(F = the field G or F = the field H)`},
		{entry: `F|fieldref|startswith: G`, want: `F starts with the field G`},
		{entry: `F|fieldref|endswith: G`, want: `F ends with the field G`},
		{entry: `F|fieldref|contains: G`, want: `F contains the field G`},
		{entry: `F|fieldref|startswith|endswith: G`, want: `F contains the field G`},
		{entry: `F|fieldref: 'G\*'`, want: `F = the field G*`},
		{entry: `F|fieldref: 'G*'`, fault: `wants the name of one field`},
		{entry: `F|fieldref: ''`, fault: `wants the name of one field`},
		{entry: `F|startswith|fieldref: G`, fault: `write it before them`},
		{entry: `F|fieldref: 5`, fault: `cannot be used with a number`},
		{entry: `F|fieldref: null`, fault: `cannot be used with null`},
		{entry: `F|fieldref|base64: G`, fault: `cannot be used with the name of a field`},
	})
	for _, tt := range []struct {
		entry string
		rec   record
		want  bool
	}{
		{`F|fieldref: G`, record{"F": {"Ab"}, "G": {"aB"}}, true},
		{`F|fieldref: G`, record{"F": {"a"}, "G": {"b"}}, false},
		{`F|fieldref: G`, record{"F": {"a"}}, false},
		{`F|fieldref: G`, record{"G": {"a"}}, false},
		{`F|fieldref: G`, record{}, false},
		{`F|fieldref: G`, record{"F": {nil}, "G": {nil}}, false},
		{`F|fieldref: G`, record{"F": {""}, "G": {""}}, true},
		{`F|fieldref: G`, record{"F": {"x", "a"}, "G": {"y", "A"}}, true},
		{`F|fieldref: G`, record{"F": {"a*"}, "G": {"abc"}}, false},
		{`F|fieldref|cased: G`, record{"F": {"a"}, "G": {"A"}}, false},
		{`F|fieldref|startswith: G`, record{"F": {"ABC"}, "G": {"ab"}}, true},
		{`F|fieldref|startswith: G`, record{"F": {"xab"}, "G": {"ab"}}, false},
		{`F|fieldref|endswith: G`, record{"F": {"xAB"}, "G": {"ab"}}, true},
		{`F|fieldref|contains: G`, record{"F": {"xABx"}, "G": {"ab"}}, true},
		{`F|fieldref|neq: G`, record{"F": {"a"}, "G": {"b"}}, true},
		{`F|fieldref|neq: G`, record{"F": {"a"}}, true},
	} {
		if got := matches(t, tt.entry, tt.rec); got != tt.want {
			t.Errorf("%s on %v is %v", tt.entry, tt.rec, got)
		}
	}
}
