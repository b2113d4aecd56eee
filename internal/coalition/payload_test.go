package coalition

import (
	"strings"
	"testing"
)

func TestPayloadHasOneForm(t *testing.T) {
	type payload struct {
		List []string `json:"list"`
		More []string `json:"more,omitempty"`
		N    int64    `json:"n"`
	}
	for text, good := range map[string]bool{
		`{"list":[],"n":1}`:                         true,
		`{"list":["null -1 1e9 .\\\"-"],"n":1}`:     true,
		`{"list":["é"],"n":999999999999999}`:        true,
		`{"list":null,"n":1}`:                       false, // another form of []
		`{"list":[],"more":[],"n":1}`:               false, // another form of none
		`{"list":[],"n":9007199254740992}`:          false, // not the same number in every language
		`{"list":[],"n":-1}`:                        false,
		`{"list":[],"n":1e21}`:                      false,
		`{"list":[],"n":1} `:                        false,
		`{"n":1,"list":[]}`:                         false,
		`{"list":[],"n":1,"other":1}`:               false,
		`{"List":[],"n":1}`:                         false,
		`{"list":["\u00e9"],"n":1}`:                 false,
		`{"list":["` + "\xff" + `"],"n":1}`:         false,
		`{"list":["\ud800"],"n":1}`:                 false,
		`{"list":[],"n":` + strings.Repeat("1", 16): false,
	} {
		if err := read([]byte(text), new(payload)); (err == nil) != good {
			t.Errorf("%s: %v", text, err)
		}
	}
}
