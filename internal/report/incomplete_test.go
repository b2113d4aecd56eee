package report

import (
	"fmt"
	"strings"
	"testing"

	"entente/internal/hunt"
)

// Every format that has a place for it says of an incomplete hunt that it is one.
func TestIncompleteIsSaid(t *testing.T) {
	f := newFake(3)
	list := []*hunt.Finding{f.finding(0, 1)}
	for _, c := range []struct{ format, sign string }{
		{"terminal", "INCOMPLETE: the hunt was interrupted."},
		{"html", "incomplete:INCOMPLETE: the hunt was interrupted."},
		{"sarif", `"executionSuccessful":false`},
		{"jsonl", `} {"incomplete":"the hunt was interrupted"}`},
		{"splunk", `} {"source":"entente","sourcetype":"entente:finding","event":{"incomplete":"the hunt was interrupted"}}`},
		{"ecs", `"kind":"pipeline_error","type":["error"],"module":"entente","dataset":"entente.finding"},"error":{"message":"INCOMPLETE: the hunt was interrupted.`},
		{"stix", `"content":"INCOMPLETE: the hunt was interrupted.`},
		{"navigator", "INCOMPLETE: the hunt was interrupted."},
	} {
		for _, incomplete := range []string{"", "the hunt was interrupted"} {
			sum := f.summary(1)
			sum.Incomplete = incomplete
			text := render(t, c.format, Options{}, sum, list...)
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

// Tables have no place for it: each of their rows is a finding.
func TestIncompleteTables(t *testing.T) {
	f := newFake(3)
	for _, format := range []string{"csv", "timesketch", "timesketch-csv"} {
		sum := f.summary(1)
		whole := render(t, format, Options{}, sum)
		sum.Incomplete = "the hunt was interrupted"
		if got := render(t, format, Options{}, sum); got != whole {
			t.Errorf("%s: %q", format, got)
		}
	}
}

// The object of a hunt with packs names what could not be read.
func TestCoverageNamesTroubles(t *testing.T) {
	sum := &hunt.Summary{
		Warnings: []hunt.Warning{{File: "a.evtx", Offset: 4096, Message: "the chunk is damaged"}}, WarningsTotal: 7,
		Skipped: []hunt.Warning{{File: "b.zip", Offset: -1, Message: "encrypted"}},
	}
	j := jsonText{b: []byte{'{'}}
	troubleMembers(&j, sum)
	j.close('}')
	const want = `{"warnings_total":7,"warnings":[{"file":"a.evtx","offset":4096,"message":"the chunk is damaged"}],` +
		`"skipped_total":1,"skipped":[{"file":"b.zip","offset":-1,"message":"encrypted"}]}`
	if string(j.b) != want {
		t.Errorf("%s\nwant %s", j.b, want)
	}
}
