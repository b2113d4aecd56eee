package event

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

func TestCleanJSON(t *testing.T) {
	for text, want := range map[string]bool{
		`{}`: true,
		`{"a":"C:\\Windows\\System32\\cmd.exe","b":[1,-2.5,0,"x",{}],"c":null,"d":true,"e":false}`: true,
		`{"a":"\u202e and more than eight characters"}`:                                            true,
		``:                     false,
		`[]`:                   false,
		`{"a":1} `:             false,
		`{"a": 1}`:             false,
		`{"a":1`:               false,
		`{"a":1,}`:             false,
		`{"a"}`:                false,
		`{a:1}`:                false,
		`{"a":01}`:             false,
		`{"a":1.}`:             false,
		`{"a":-}`:              false,
		`{"a":1e5}`:            false,
		`{"a":tru}`:            false,
		`{"a":"x`:              false,
		`{"a":"\`:              false,
		`{"a":"\x"}`:           false,
		`{"a":"\u12"}`:         false,
		`{"a":"<"}`:            false,
		`{"a":"é"}`:            false,
		"{\"a\":\"\x1b[31m\"}": false,
		`{"a":[1,2}`:           false,
		`{"a":{"b":1]}`:        false,
	} {
		if CleanJSON([]byte(text)) != want {
			t.Errorf("%s: clean is %t", text, !want)
		}
	}
}

// FuzzCleanJSON: what is clean is valid, printable and in one line.
func FuzzCleanJSON(f *testing.F) {
	f.Add(`{"a":"C:\\x","b":[1,-2.5,{"c":null}],"d":true}`)
	f.Add(`{"a":"\ud800","b":0.5}`)
	f.Fuzz(func(t *testing.T, s string) {
		if !CleanJSON([]byte(s)) {
			return
		}
		if !json.Valid([]byte(s)) {
			t.Fatalf("%q is no JSON", s)
		}
		for _, c := range []byte(s) {
			if c < ' ' || c >= utf8.RuneSelf || c == '<' || c == '>' || c == '&' || c == 0x7F {
				t.Fatalf("%q holds %q", s, c)
			}
		}
	})
}
