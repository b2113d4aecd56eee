package hunt

import (
	"path/filepath"
	"testing"

	"entente/internal/evtx"
)

// What Sigma means by a value is easily got wrong in an engine that is made to be fast. Package sigma tests the meaning; this
// is the whole way from a rule's text over the guards to a finding, in an event log.
func TestTrapSigma(t *testing.T) {
	log := writeLog(t, filepath.Join(t.TempDir(), "a.evtx"), evtx.Record{
		Provider: "App", Channel: "Application", Computer: "h", EventID: 7, Time: epoch,
		Data: []evtx.Field{
			{Name: "Plain", Value: evtx.Text(`C:\Windows\System32\RunDLL32.exe`)},
			{Name: "Greek", Value: evtx.Text("ΣΊΣΥΦΟΣ Kelvin straße")},
			{Name: "Lines", Value: evtx.Text("first\r\nsecond\tthird")},
			{Name: "Stars", Value: evtx.Text(`a*b?c\d \\srv\share`)},
			{Name: "Dash", Value: evtx.Text(`tool.exe –Enc /noprofile a-b`)},
			{Name: "Packed", Value: evtx.Text("powershell -e SQBFAFgA Zm9vYmFy")},
			{Name: "Number", Value: evtx.Uint32(500)},
			{Name: "Empty", Value: evtx.Text("")},
			{Name: "Address", Value: evtx.Text("::ffff:192.0.2.77")},
			{Name: "Twice", Value: evtx.Text("one")},
			{Name: "Twice", Value: evtx.Text("two")},
		},
	})
	checkTraps(t, log, "product: windows, service: application", []trap{
		{"yes case does not matter", `s: {Plain|endswith: '\RUNdll32.EXE'}` + "\ncondition: s"},
		{"yes case of other letters", "s: {Greek|contains: [σίσυφοσ, nothing]}\ncondition: s"},
		{"yes a sigma at the end of a word", "s: {Greek|startswith: σίσυφος}\ncondition: s"},
		{"yes the sign of Kelvin", "s: {Greek|contains: \"\\u212aelvin\"}\ncondition: s"},
		{"yes the large sharp s", "s: {Greek|contains: STRAẞE}\ncondition: s"},
		{"no ss for a sharp s", "s: {Greek|contains: strasse}\ncondition: s"},
		{"no cased in another case", "s: {Plain|cased|endswith: rundll32.exe}\ncondition: s"},
		{"yes cased", "s: {Plain|cased|endswith: RunDLL32.exe}\ncondition: s"},

		{"yes expression", `s: {Plain|re: 'RunDLL\d+\.exe$'}` + "\ncondition: s"},
		{"no expression in another case", "s: {Plain|re: rundll32}\ncondition: s"},
		{"yes expression without case", "s: {Plain|re|i: rundll32}\ncondition: s"},

		{"yes base64", "s: {Packed|contains: Zm9vYmFy}\nb: {Packed|base64|contains: foobar}\ncondition: s and b"},
		{"no base64 in another case", "s: {Packed|base64|contains: FOOBAR}\ncondition: s"},
		{"yes base64 of wide text", "s: {Packed|wide|base64offset|contains: IEX}\ncondition: s"},

		{"yes another dash", "s: {Dash|windash|contains: ' -enc '}\ncondition: s"},
		{"yes a slash for a dash", "s: {Dash|windash|contains: '-noprofile'}\ncondition: s"},
		{"yes dashes at the end", "s: {Dash|windash|endswith: '/noprofile a-b'}\ncondition: s"},
		{"no dash inside a word", "s: {Dash|windash|endswith: a/b}\ncondition: s"},

		{"yes wildcards inside contains", "s: {Plain|contains: 'win*32\\rundll??.'}\ncondition: s"},
		{"yes wildcards inside endswith", "s: {Plain|endswith: 'system*dll32.*'}\ncondition: s"},
		{"yes wildcards inside startswith", `s: {Plain|startswith: '?:\w*s\system'}` + "\ncondition: s"},
		{"no question mark for two", "s: {Plain|contains: 'rund?32'}\ncondition: s"},
		{"yes a star crosses lines", "s: {Lines: 'first*third'}\ncondition: s"},
		{"yes a question mark is a line end", "s: {Lines: \"first?\\nsecond*\"}\ncondition: s"},

		{"yes escaped star", `s: {Stars|startswith: 'a\*b\?c'}` + "\ncondition: s"},
		{"no escaped star for another letter", `s: {Stars|startswith: 'a*b\?d'}` + "\ncondition: s"},
		{"yes a backslash as it is", `s: {Stars|contains: 'c\d'}` + "\ncondition: s"},
		{"yes two backslashes for one", `s: {Stars|contains: 'c\\d'}` + "\ncondition: s"},
		{"yes four for two", `s: {Stars|endswith: ' \\\\srv\share'}` + "\ncondition: s"},
		{"no two before another name", `s: {Stars|endswith: '\\\\share'}` + "\ncondition: s"},

		{"yes missing is null", "s: {Gone: null}\ncondition: s"},
		{"no empty is not null", "s: {Empty: null}\ncondition: s"},
		{"yes empty", "s: {Empty: ''}\ncondition: s"},
		{"no missing is not empty", "s: {Gone: ''}\ncondition: s"},
		{"yes empty is there", "s: {Empty|exists: true, Gone|exists: false}\ncondition: s"},
		{"yes any text is also none", "s: {Empty: '*'}\ncondition: s"},
		{"yes at least one letter", "s: {Empty: '?*'}\nt: {Plain: '?*'}\ncondition: not s and t"},
		{"yes a filter on what is missing", "s: {EventID: 7}\nf: {Gone|contains: x}\ncondition: s and not f"},

		{"yes keyword anywhere", "k: [SECOND, nowhere]\ncondition: k"},
		{"yes number as keyword", "k: [500]\ncondition: k"},
		{"no keyword across fields", "k: ['one*two']\ncondition: k"},
		{"no name as keyword", "k: [Stars]\ncondition: k"},
		{"yes all keywords in different fields", "k:\n  '|all': [rundll32, kelvin, third]\ncondition: k"},

		{"yes number", "s: {Number: 500, Number|gt: 499, Number|lte: 500.0}\ncondition: s"},
		{"no text is no number", "s: {Plain|gt: 0}\ncondition: s"},
		{"yes network", "s: {Address|cidr: 192.0.2.0/24}\ncondition: s"},
		{"no other network", "s: {Address|cidr: 192.0.2.0/26}\ncondition: s"},
		{"yes one of several values", "s: {Twice: two}\ncondition: s"},
		{"yes each of several values", "s: {Twice|contains|all: [one, tw]}\ncondition: s"},
		{"no negation of several values", "s: {EventID: 7}\nf: {Twice: one}\ncondition: s and not f"},
		{"yes other field", "s: {Twice|fieldref: Twice}\ncondition: s"},
	})
}
