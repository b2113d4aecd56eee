package report

import (
	"bytes"

	"entente/internal/event"
	"entente/internal/hunt"
	"entente/internal/rpscat"
)

// impersonated is the account in whose name a request of a finding was to be carried out, by the token in its address;
// ok is false where the record holds none. It is the intruder's claim: whether it was believed, the status says.
func impersonated(f *hunt.Finding) (t rpscat.Token, ok bool) { return rpscat.Find(f.Event) }

// withImpersonated puts the account that a token names before what else is told of a finding.
func withImpersonated(f *hunt.Finding, text string) string {
	t, ok := impersonated(f)
	if !ok {
		return text
	}
	return "in the name of " + t.Who() + " · " + text
}

// mayImpersonate says that a record may hold a token: in the JSON of others there is none. It looks at the values as they lie
// in the log, for the letters around the first hyphen of the parameter's name.
func mayImpersonate(ev *event.Event) bool {
	for i := range ev.Values {
		v := &ev.Values[i]
		switch v.Type {
		case event.UTF16, event.UTF16Array:
			if aroundHyphen(v.Raw, 2) {
				return true
			}
		case event.UTF8, event.ANSI, event.JSONNum:
			if aroundHyphen(v.Raw, 1) {
				return true
			}
		case event.JSONStr, event.JSONArray: // where an escape may stand for any letter
			if aroundHyphen(v.Raw, 1) || bytes.Contains(v.Raw, jsonEscape) {
				return true
			}
		default: // no text, or one that stands there in parts as well
		}
	}
	return false
}

var jsonEscape = []byte(`\u00`)

// aroundHyphen says that a text has an x before a hyphen and an r after it; a character of those takes so many bytes.
func aroundHyphen(text []byte, size int) bool {
	for at := size; at < len(text)-size; at++ {
		i := bytes.IndexByte(text[at:len(text)-size], '-')
		if i < 0 {
			return false
		}
		if at += i; text[at-size]|0x20 == 'x' && text[at+size]|0x20 == 'r' {
			return true
		}
	}
	return false
}
