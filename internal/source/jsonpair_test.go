package source

import (
	"slices"
	"strings"
	"testing"
)

// The value in a pair of name and value may be an object or a list of them: its text is then the field's.
func TestJSONPairOfAnObject(t *testing.T) {
	const record = `{"Event":{"System":{"EventID":1,"Channel":"x"},"EventData":{"Data":`
	tests := []struct{ name, data, want string }{
		{"object", `[{"Name":"A","Value":{"b":"evil","c":[1,2]}},{"Name":"D","Value":"e"}]`, `"A":"{\"b\":\"evil\",\"c\":[1,2]}","D":"e"`},
		{"in text", `[{"@Name":"A","#text":{"b":"evil"}}]`, `"A":"{\"b\":\"evil\"}"`},
		{"value first", `[{"Value":{"b":"evil"},"Name":"A"}]`, `"A":"{\"b\":\"evil\"}"`},
		{"list of objects", `[{"Name":"A","Value":[{"b":"evil"},{"b":"other"}]}]`, `"A":"[{\"b\":\"evil\"},{\"b\":\"other\"}]"`},
		{"list of texts", `[{"Name":"A","Value":["evil","other"]}]`, `"A":["evil","other"]`},
		{"empty object", `[{"Name":"A","Value":{}}]`, `"A":""`},
		{"a pair alone", `{"Name":"A","Value":{"b":"evil"}}`, `"A":"{\"b\":\"evil\"}"`},
		{"without value", `[{"Name":"A"}]`, `"A":""`},
		{"name of an object", `[{"Name":{"b":"evil"},"Value":"v"}]`, `"Name.b":"evil","Value":"v"`},
	}
	for _, tt := range tests {
		got, warnings := readJSON(t, 0, "", record+tt.data+"}}}\n", flat)
		if want := `{"EventID":1,"Channel":"x",` + tt.want + `}`; len(got) != 1 || got[0] != want || len(warnings) > 0 {
			t.Errorf("%s: %s %q, want %s", tt.name, got, warnings, want)
		}
	}
}

// However deep a record is nested, it is found between others in an array, in pretty JSON and on a line, cut into
// blocks of any size.
func TestJSONDeepAmongOthers(t *testing.T) {
	for _, n := range []int{100, 4095, 4096, 4097, 5000, 100_000} {
		deep := `{"id":2,"deep":` + deepIn(n, `"evil"`) + `,"list":` + strings.Repeat("[", n) + `"worse"` + strings.Repeat("]", n) + `}`
		for name, text := range map[string]string{
			"lines":        `{"id":1}` + "\n" + deep + "\n" + `{"id":3}` + "\n",
			"array":        `[{"id":1},` + deep + `,{"id":3}]`,
			"pretty":       "{\n \"id\": 1\n}\n" + strings.Replace(deep, "{", "{\n ", 1) + "\n{\n \"id\": 3\n}\n",
			"concatenated": `{"id":1}` + deep + `{"id":3}`,
			"wrapper":      `{"Records":[{"id":1},` + deep + `,{"id":3}]}`,
			"deep first":   "[" + deep + `,{"id":1},{"id":3}]`,
		} {
			for _, block := range []int{0, 1000} {
				got, warnings := readJSON(t, block, "", text, flat)
				ids := make([]string, 0, 3)
				for _, e := range got {
					ids = append(ids, e[:len(`{"id":1`)])
					if strings.HasPrefix(e, `{"id":2`) && (!strings.Contains(e, "evil") || !strings.Contains(e, "worse")) {
						t.Errorf("%d deep, %s: what lies deep is lost: %.200s", n, name, e)
					}
				}
				slices.Sort(ids)
				if want := []string{`{"id":1`, `{"id":2`, `{"id":3`}; !slices.Equal(ids, want) {
					t.Errorf("%d deep, %s, blocks of %d: records %q", n, name, block, ids)
				}
				if len(warnings) != 1 || !strings.Contains(warnings[0], "nested deeper than 64") {
					t.Errorf("%d deep, %s, blocks of %d: warnings %.300q", n, name, block, warnings)
				}
			}
		}
	}
}
