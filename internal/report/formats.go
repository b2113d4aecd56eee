package report

import (
	"io"
	"path/filepath"
	"strings"
)

// Format is one kind of output.
type Format struct {
	Name        string // what --format and NAME= in -o take
	Description string // one line for --help
	// Extensions are ends of file names that mean this format, most usual first. The longest that fits wins, so
	// .navigator.json is not mistaken for .json.
	Extensions []string
	// Text says that the output is for reading in a terminal.
	Text bool
	// Packs says that the output has something to say only about hunts with advisory packs: Options.Coverage.
	Packs bool
	// Bare says that the output shows no records: of them it needs what [NeedsEvent] says.
	Bare bool
	New  func(io.Writer, Options) Sink
}

// Formats lists every output, in the order in which help should show them.
func Formats() []Format {
	return []Format{
		{
			Name: "terminal", Description: "summary for people: levels, tactics, hosts, rules, timeline", Extensions: []string{".txt"}, Text: true, Bare: true,
			New: func(w io.Writer, o Options) Sink {
				o.Terminal.Coverage = o.Coverage
				return NewTerminal(w, o.Terminal)
			},
		},
		{
			Name: "html", Description: "interactive report in one self-contained file, works offline", Extensions: []string{".html", ".htm"},
			New: NewHTML,
		},
		{
			Name: "jsonl", Description: "one JSON object per finding and line, with the whole record", Extensions: []string{".jsonl", ".ndjson", ".json"},
			New: func(w io.Writer, _ Options) Sink { return NewJSONL(w) },
		},
		{
			Name: "json", Description: "with packs: one JSON object per host and line: was it hit, how, when", Extensions: []string{".verdicts.jsonl", ".verdicts.json"},
			New: func(w io.Writer, o Options) Sink { return NewVerdicts(w, o.Coverage) }, Packs: true, Bare: true,
		},
		{
			Name: "coverage", Description: "with packs: one JSON object: hosts, the state of each TTP, missing logs", Extensions: []string{".coverage.json"},
			New: NewCoverage, Packs: true, Bare: true,
		},
		{
			Name: "csv", Description: "spreadsheet, safe against formula injection", Extensions: []string{".csv"},
			New: func(w io.Writer, _ Options) Sink { return NewCSV(w) },
		},
		{
			Name: "timesketch", Description: "Timesketch import, JSON lines", Extensions: []string{".timesketch.jsonl", ".timesketch.json"},
			New: func(w io.Writer, _ Options) Sink { return NewTimesketch(w) },
		},
		{
			Name: "timesketch-csv", Description: "Timesketch import, CSV", Extensions: []string{".timesketch.csv"},
			New: func(w io.Writer, _ Options) Sink { return NewTimesketchCSV(w) },
		},
		{
			Name: "sarif", Description: "SARIF 2.1.0, for code scanning and viewers of results", Extensions: []string{".sarif", ".sarif.json"},
			New: func(w io.Writer, _ Options) Sink { return NewSARIF(w) },
		},
		{
			Name: "navigator", Description: "ATT&CK Navigator layer 4.5", Extensions: []string{".navigator.json", ".layer.json"}, Bare: true,
			New: func(w io.Writer, o Options) Sink {
				if o.Coverage != nil {
					return NewCoverageNavigator(w, o)
				}
				return NewNavigator(w)
			},
		},
		{
			Name: "stix", Description: "STIX 2.1 bundle: indicators, observed data, sightings", Extensions: []string{".stix.json", ".stix"},
			New: NewSTIX,
		},
		{
			Name: "splunk", Description: "Splunk HTTP Event Collector, one event a line", Extensions: []string{".splunk.jsonl", ".splunk.json", ".hec.json"},
			New: func(w io.Writer, o Options) Sink { return NewSplunk(w, o.Splunk) },
		},
		{
			Name: "ecs", Description: "Elastic Common Schema, one document a line", Extensions: []string{".ecs.jsonl", ".ecs.json", ".ecs.ndjson"},
			New: NewECS,
		},
	}
}

// FormatByName finds a format by its name, without regard to case.
func FormatByName(name string) (Format, bool) {
	for _, f := range Formats() {
		if strings.EqualFold(f.Name, name) {
			return f, true
		}
	}
	return Format{}, false
}

// FormatForFile guesses the format from a file name: from its extensions, or where the name is nothing but
// extension-like parts (navigator.json, stix.json) from these.
func FormatForFile(path string) (Format, bool) {
	name := "." + strings.ToLower(filepath.Base(filepath.ToSlash(path)))
	var (
		best Format
		long int
	)
	for _, f := range Formats() {
		for _, ext := range f.Extensions {
			if len(ext) > long && strings.HasSuffix(name, ext) {
				best, long = f, len(ext)
			}
		}
	}
	return best, long > 0
}

// ParseTarget reads an argument of -o: "FILE" or "FORMAT=FILE". The first form guesses the format. ok is false
// where FORMAT is not known or the file name says nothing; a file whose name holds an equals sign can be written
// as FORMAT=FILE.
func ParseTarget(arg string) (f Format, path string, ok bool) {
	if name, rest, found := strings.Cut(arg, "="); found && rest != "" {
		if f, ok = FormatByName(name); ok {
			return f, rest, true
		}
	}
	f, ok = FormatForFile(arg)
	return f, arg, ok
}
