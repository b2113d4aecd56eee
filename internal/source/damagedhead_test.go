package source

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// oddIIS is a log whose columns are not those that IIS writes by default.
func oddIIS(rows int) string {
	var b strings.Builder
	b.WriteString("#Software: Microsoft Internet Information Services 10.0\n#Fields: date time cs-method cs-uri-stem c-ip sc-status\n")
	for i := range rows {
		fmt.Fprintf(&b, "2021-03-03 05:00:%02d GET /a%d 192.0.2.7 200\n", i%60, i)
	}
	return b.String()
}

func zeekRows(rows int) string {
	var b strings.Builder
	b.WriteString(zeekHead)
	for i := range rows {
		fmt.Fprintf(&b, "16147541%02d.123456\tC%d\t192.0.2.1\ta.example.org\tT\t-\t-\n", i%100, i)
	}
	return b.String()
}

// documentOf is an array of records, on many lines each or all on one.
func documentOf(rows int, pretty bool) string {
	var b strings.Builder
	for i := range rows {
		sep := ",\n"
		if i == 0 {
			sep = "[\n"
		}
		fmt.Fprintf(&b, "%s {\n  \"k%d\": {\n   \"who\": \"bob%d\"\n  },\n  \"list\": [\n   {\n    \"x\": 1\n   },\n   {\n    \"x\": 2\n   }\n  ],\n  \"n\": %d\n }", sep, i%3, i, i)
	}
	b.WriteString("\n]\n")
	if !pretty {
		return `{"Records":` + strings.NewReplacer("\n", "", " ", "").Replace(b.String()) + "}"
	}
	return b.String()
}

func TestLeadingZeroes(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"iis": oddIIS(50), "zeek": zeekRows(50), "lines": strings.Repeat("{\"a\":1,\"b\":2}\n", 50), "document": documentOf(50, true),
		"csv": "name,size,when\n" + strings.Repeat("a,1,2021\n", 50), "text": strings.Repeat("just a line\n", 50),
		"syslog": strings.Repeat("<34>1 2021-03-03T05:00:00Z h app 1 - - hello\n", 50), "mark": "\ufeff" + oddIIS(50),
		"utf-16": string(utf16Text(strings.Repeat("just ä line\n", 50), true)),
	} {
		whole := collect(t, Options{}, write(t, dir, name, []byte(text)))
		for _, n := range []int{2, 201, sniffLen, 70_000, 300_001} {
			data := append(make([]byte, n), text...)
			for _, p := range []string{write(t, dir, name, data), write(t, dir, name+".gz", gz(t, data))} {
				got := collect(t, Options{MaxRatio: -1}, p)
				if name == "utf-16" && n&1 == 1 {
					continue // text does not begin at an odd place
				}
				zeroes := fmt.Sprintf("@0 %d zero bytes stand where text should", n)
				if len(got.events) != len(whole.events) || len(got.warnings) != 1+len(whole.warnings) || !strings.Contains(got.warnings[0], zeroes) {
					t.Errorf("%s behind %d: %d of %d records; %q %q", p, n, len(got.events), len(whole.events), got.warnings, got.skipped)
				}
			}
		}
	}
	for _, n := range []int{2, sniffLen, 200_000} {
		got := collect(t, Options{MaxRatio: -1}, write(t, dir, "zeroes", make([]byte, n)))
		if len(got.skipped) != 1 || got.skipped[0] != "zeroes: nothing but zero bytes" {
			t.Errorf("%d zero bytes: %q %q", n, got.skipped, got.warnings)
		}
	}
}

// Lines before the header are text, and hide nothing.
func TestLateHeader(t *testing.T) {
	for name, text := range map[string]string{"iis": oddIIS(30), "zeek": zeekRows(30)} {
		for before, want := range map[string]int{" 1.2.3.4 python mail.x 200\n": 1, "\xff\x00\x01#x\r\n\n": 1, strings.Repeat("x\n", 90): 90} {
			f := detect(newFormats(), []byte(before+text))
			events, warnings := read(t, f, before+text, 0)
			rows := 0
			for _, e := range events {
				if strings.HasPrefix(e, name+" ") {
					rows++
				}
			}
			if f.Name() != name || rows != 30 || len(events) != 30+want || len(warnings) == 0 || headlessReason(name, []byte(before+text)) != "" {
				t.Errorf("%s after %q: %s with %d rows, %d records; %v", name, before, f.Name(), rows, len(events), warnings)
			}
		}
	}
	for _, text := range []string{
		"a note\n#Fields: date time\nis what such a line looks like\nand here the note ends\n",
		"a note\n#fields\ta\tb\nis what such a line looks like\n",
		strings.Repeat("x\n", 150) + oddIIS(3),
	} {
		if f := detect(newFormats(), []byte(text)); f.Name() != textName {
			t.Errorf("%.60q is taken for %s", text, f.Name())
		}
	}
}

func TestZeekWithoutHeader(t *testing.T) {
	if why := plainReason("conn.log", []byte(zeekRows(30)[len(zeekHead)+5:])); !strings.Contains(why, "no #fields line") {
		t.Errorf("got %q", why)
	}
}

func TestHeadlessBeforeHeader(t *testing.T) {
	const line = "2021-03-03 05:00:00 192.0.2.1 GET /a - 443 - 192.0.2.7 agent - 200 0 0 15\n"
	if why := headlessReason("iis", []byte(line+oddIIS(3))); !strings.HasPrefix(why, "the #Fields line comes after its first lines") {
		t.Errorf("got %q", why)
	}
	if why := headlessReason("iis", []byte("rest of a line\n"+oddIIS(3))); why != "" {
		t.Errorf("got %q", why)
	}
}

func TestDocumentWithoutItsBeginning(t *testing.T) {
	dir := t.TempDir()
	junk := make([]byte, 4096)
	chacha := rand.NewChaCha8([32]byte{7})
	_, _ = chacha.Read(junk)
	for _, pretty := range []bool{true, false} {
		whole := []byte(documentOf(2000, pretty))
		record := len(whole) / 2000
		for name, data := range map[string][]byte{
			"cut":    whole[5*record+37:],
			"zeroed": append(make([]byte, 100), whole[100:]...),
			"zeroes": append(make([]byte, 100_000), whole[100_000:]...),
			"junk":   append(bytes.Clone(junk[:200]), whole[200:]...),
			"more":   append(bytes.Clone(junk), whole[4096:]...),
			"small":  append(bytes.Clone(junk[:200]), []byte(documentOf(30, pretty))[200:]...),
		} {
			for _, p := range []string{write(t, dir, "a.json", data), write(t, dir, "a.json.gz", gz(t, data))} {
				got := collect(t, Options{MaxRatio: -1}, p)
				lost := len(whole) - len(data)
				switch name {
				case "zeroes":
					lost = 100_000
				case "more":
					lost = 4096
				}
				want := (len(whole)-lost)/record*98/100 - 10
				if name == "small" {
					want = 30 - 200/record - 3
				}
				if len(got.events) < want || len(got.warnings) == 0 || !strings.Contains(strings.Join(got.warnings, "\n"), "the beginning of the JSON is missing") {
					t.Errorf("pretty %v, %s: %d records, want %d; %q %q", pretty, name, len(got.events), want, got.warnings, got.skipped)
				}
				for _, e := range got.events {
					if strings.Contains(e, ` {"x":`) {
						t.Fatalf("%s: a part of a record is one: %s", name, e)
					}
				}
			}
		}
	}
}

// Neither text with JSON in it nor data of other kinds is a document without its beginning.
func TestNoDocument(t *testing.T) {
	chacha := rand.NewChaCha8([32]byte{8})
	noise := make([]byte, 50_000)
	_, _ = chacha.Read(noise)
	object := `{"a":1,"b":{"c":[{"d":2},{"d":3}]}}`
	list := strings.Repeat(object+",\n", 40) + object
	for _, text := range []string{
		"", "{", "[", "},{", string(noise), string(noise) + object,
		"rows = [\n" + list + "\n]\nprint(rows)\n", "rows = [\n" + list + "\n]", "Example:\n```\n" + list + "\n```\n", "2021-03-03 info " + object + "\n2021-03-03 info " + object + "\n",
		"SQLitX format 3\x00" + string(noise[:100]) + strings.Repeat(object+"\x00\x05\x07", 50), "\x7fELX" + string(noise[:3000]) + list + string(noise[:3000]),
		"x },{ y },{ z },{\"a\":" + strings.Repeat("{", 100) + "1",
	} {
		if at := resumeJSON([]byte(text)); at >= 0 {
			t.Errorf("%.60q is taken for a document from %d on", text, at)
		}
	}
	if at := resumeJSON([]byte(strings.Repeat(`{"a":[`, 10_000))); at >= 0 {
		t.Errorf("a record begins at %d", at)
	}
}

// Damage between records may turn texts inside out; the records behind it are found all the same.
func TestDamageBetweenRecords(t *testing.T) {
	for _, pretty := range []bool{true, false} {
		whole := documentOf(400, pretty)
		record := len(whole) / 400
		for at := len(whole)/2 - record; at < len(whole)/2; at += 3 {
			for _, fill := range []string{"\x00", `"`, `"}`, "]}", "x"} {
				in := whole[:at] + strings.Repeat(fill, 300)[:300] + whole[at+300:]
				events, warnings := read(t, newJSON(), in, 0)
				if least := 400 - 300/record - 5; len(events) < least || fill == `"` && len(warnings) == 0 {
					t.Errorf("pretty %v, %q at %d: %d records, want %d; %v", pretty, fill, at, len(events), least, warnings)
				}
			}
		}
	}
}

func FuzzDamagedHead(f *testing.F) {
	seeds := []string{
		documentOf(3, true)[60:], documentOf(3, false)[60:], oddIIS(2), "x\n" + oddIIS(2), "x\n" + zeekRows(2), zeekRows(2)[20:],
		`},{"a":1},{"a":2}]},{"a":3}`, "\x00\x00" + documentOf(2, true)[30:],
	}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		if at := resumeJSON(head); at >= 0 && (at >= len(head) || head[at] != '{') {
			t.Fatalf("a record begins at %d", at)
		}
		if d, late := sniffDirectives(head); late && d.fields == "" {
			t.Fatal("a late header without names")
		}
		headlessReason("iis", head)
		zeekFormat{}.Sniff(head)
		n, rest, _, _ := pastZeroes(t.Context(), bytes.NewReader(head))
		if !bytes.Equal(head[n:], rest) && len(head) < sniffLen {
			t.Fatalf("%q behind %d zero bytes", rest, n)
		}
	})
}
