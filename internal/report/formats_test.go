package report

import (
	"bytes"
	"strings"
	"testing"
)

func TestFormatForFile(t *testing.T) {
	for path, want := range map[string]string{
		"out.html": "html", "OUT.HTM": "html", "a/b.c/findings.jsonl": "jsonl", "x.ndjson": "jsonl", "x.json": "jsonl", "x.csv": "csv", "x.timesketch.csv": "timesketch-csv",
		"x.timesketch.jsonl": "timesketch", "x.sarif": "sarif", "x.sarif.json": "sarif", "x.navigator.json": "navigator", "navigator.json": "navigator", "stix.json": "stix",
		"bundle.stix.json": "stix", "x.splunk.jsonl": "splunk", "x.ecs.jsonl": "ecs", "ecs.ndjson": "ecs", `C:\out\r.txt`: "terminal", "x.pdf": "", "": "", "html": "html", "x.": "",
	} {
		f, ok := FormatForFile(path)
		if f.Name != want || ok != (want != "") {
			t.Errorf("FormatForFile(%q) = %q, %v; want %q", path, f.Name, ok, want)
		}
	}
}

func TestParseTarget(t *testing.T) {
	for _, c := range []struct{ arg, format, path string }{
		{"report.html", "html", "report.html"},
		{"stix=bundle.json", "stix", "bundle.json"},
		{"SARIF=x", "sarif", "x"},
		{"a=b.csv", "csv", "a=b.csv"}, // no format is called a: the whole is a file name
		{"jsonl=a=b", "jsonl", "a=b"},
		{"nothing", "", "nothing"},
	} {
		f, path, ok := ParseTarget(c.arg)
		if f.Name != c.format || path != c.path || ok != (c.format != "") {
			t.Errorf("ParseTarget(%q) = %q, %q, %v; want %q, %q", c.arg, f.Name, path, ok, c.format, c.path)
		}
	}
}

func TestFormatsAreDistinct(t *testing.T) {
	names, extensions := map[string]bool{}, map[string]bool{}
	for _, f := range Formats() {
		if f.Description == "" || len(f.Extensions) == 0 || f.New == nil {
			t.Errorf("format %q is not complete", f.Name)
		}
		if names[f.Name] {
			t.Errorf("two formats are called %q", f.Name)
		}
		names[f.Name] = true
		for _, e := range f.Extensions {
			if extensions[e] || !strings.HasPrefix(e, ".") {
				t.Errorf("extension %q of %q is taken or has no dot", e, f.Name)
			}
			extensions[e] = true
			if got, _ := FormatForFile("some" + e); got.Name != f.Name {
				t.Errorf("a file some%s is taken for %q, wanted %q", e, got.Name, f.Name)
			}
		}
		if got, ok := FormatByName(strings.ToUpper(f.Name)); !ok || got.Name != f.Name {
			t.Errorf("FormatByName does not find %q", f.Name)
		}
		var b bytes.Buffer
		if f.New(&b, Options{}) == nil {
			t.Errorf("format %q makes no sink", f.Name)
		}
	}
}
