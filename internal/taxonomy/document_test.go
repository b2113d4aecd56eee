package taxonomy

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of docs/formats/taxonomy.md anew")

// The tables of the document are made from the YAML between two marks; go test -update writes them.
func TestDocument(t *testing.T) {
	const (
		file  = "../../docs/formats/taxonomy.md"
		start = "<!-- made by `go test ./internal/taxonomy -update`; do not edit below -->\n"
	)
	doc, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, _, ok := bytes.Cut(doc, []byte(start))
	if !ok {
		t.Fatalf("%s has no mark %q", file, start)
	}
	want := slices.Concat(head, []byte(start), []byte(tablesOf(loaded(t))))
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(doc, want) {
		t.Errorf("%s does not say what the tables say; run go test ./internal/taxonomy -update", file)
	}
	for _, c := range allConversions() {
		if c != AsIs && !bytes.Contains(head, []byte("`"+string(c)+"`")) {
			t.Errorf("%s does not explain the conversion %s", file, c)
		}
	}
}

func tablesOf(table *Table) string {
	var w strings.Builder
	w.WriteString("\n## What serves a logsource\n\n| logsource | binding | records |\n|---|---|---|\n")
	type row struct{ serves, line string }
	var rows []row
	for _, b := range table.Bindings() {
		for _, s := range b.Serves {
			d := Describe(s)
			rows = append(rows, row{d, fmt.Sprintf("| %s | %s | %s |\n", d, b.Name, cell(records(&b.Match)))})
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return strings.Compare(a.serves, b.serves) })
	for _, r := range rows {
		w.WriteString(r.line)
	}
	w.WriteString("\n## Where fields stand\n\nFields that are not listed stand under their own names.\n\n")
	w.WriteString("| binding | field of the rule | in the record |\n|---|---|---|\n")
	// What many bindings share is listed once.
	const many = 8
	shared := map[string]int{}
	line := func(b *Binding, name string) string { return cell(name) + " | " + cell(place(b.Fields[name])) }
	for _, b := range table.Bindings() {
		for name := range b.Fields {
			shared[line(b, name)]++
		}
	}
	for _, l := range slices.Sorted(maps.Keys(shared)) {
		if shared[l] >= many {
			fmt.Fprintf(&w, "| %d bindings | %s |\n", shared[l], l)
		}
	}
	for _, b := range table.Bindings() {
		for _, name := range slices.Sorted(maps.Keys(b.Fields)) {
			if l := line(b, name); shared[l] < many {
				fmt.Fprintf(&w, "| %s | %s |\n", b.Name, l)
			}
		}
	}
	w.WriteString("\n## How to turn logs on\n\n| binding | |\n|---|---|\n")
	for _, b := range table.Bindings() {
		if b.Enable != "" {
			fmt.Fprintf(&w, "| %s | %s |\n", b.Name, cell(b.Enable))
		}
	}
	w.WriteString("\n## What is not served\n\n| logsource | why |\n|---|---|\n")
	for _, u := range table.unserved {
		fmt.Fprintf(&w, "| %s | %s |\n", Describe(u.source), cell(u.reason))
	}
	return w.String()
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// records describes a match in a few words.
func records(m *Match) string {
	var parts []string
	list := func(name string, values []string) {
		if len(values) > 0 {
			parts = append(parts, name+" "+strings.Join(values, ", "))
		}
	}
	var sources, ids []string
	for _, s := range m.Sources {
		sources = append(sources, string(s))
	}
	for _, id := range m.EventIDs {
		ids = append(ids, strconv.FormatUint(uint64(id), 10))
	}
	parts = append(parts, strings.Join(sources, ", "))
	none := func(values []string) []string {
		values = slices.Clone(values)
		for i := range values {
			if values[i] == "" {
				values[i] = "(none)"
			}
		}
		return values
	}
	list("channel", none(m.Channels))
	list("provider", m.Providers)
	list("event", ids)
	for _, name := range slices.Sorted(maps.Keys(m.Where)) {
		list(name, none(m.Where[name]))
	}
	if m.Pattern != nil {
		parts = append(parts, "text `"+m.Pattern.String()+"`")
	}
	return strings.Join(parts, "; ")
}

// place describes where a field stands.
func place(f Field) string {
	sep := ", "
	if f.As.Joins() {
		sep = " + "
	}
	s := strings.Join(f.From, sep)
	if f.As != AsIs {
		s += " → " + string(f.As)
	}
	for _, a := range f.Also {
		s += "; also " + place(a)
	}
	return s
}
