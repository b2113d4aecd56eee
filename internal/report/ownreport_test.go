package report

import (
	"bytes"
	"testing"

	"entente/internal/source"
)

// What this program wrote about a folder is no log of it when the folder is hunted once more.
func TestReportsAreKnownAsReports(t *testing.T) {
	for _, f := range Formats() {
		if f.Packs {
			continue // see the script of the command line
		}
		for i, finding := range append(hostile(), newFake(3).finding(5, 10)) {
			var b bytes.Buffer
			s := f.New(&b, Options{})
			if err := s.Finding(finding); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(newFake(3).summary(1)); err != nil {
				t.Fatal(err)
			}
			head := b.Bytes()
			if _, ok := source.IsReport(head[:min(len(head), 64<<10)]); !ok {
				t.Errorf("%s, finding %d is not known as a report: %.200q", f.Name, i, head)
			}
		}
	}
	for _, log := range []string{
		`{"rule":{"id":"5710","level":5},"agent":{"name":"a"},"full_log":"{\"matched\":{}}"}`,
		`{"@timestamp":"2021-03-01T00:00:00Z","ecs":{"version":"8.0.0"},"message":"\"tags\":[\"sigma\"","tags":["beats"]}`,
		`{"time":1614556800,"host":"a","sourcetype":"syslog","event":"\"sourcetype\":\"entente:finding\""}`,
		"time,level,message\n2021,info,x\n", "<!doctype html>\n<html lang=\"en\"><title>a</title>", "",
	} {
		if what, ok := source.IsReport([]byte(log)); ok {
			t.Errorf("%q is taken for %s", log, what)
		}
	}
}
