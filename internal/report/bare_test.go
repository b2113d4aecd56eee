package report

import (
	"encoding/base64"
	"strings"
	"testing"
	"unicode/utf16"

	"entente/internal/event"
	"entente/internal/rpscat"
)

// TestBareFormatsShowNoRecords: a format is bare if it says the same without the records of findings, and only then.
func TestBareFormatsShowNoRecords(t *testing.T) {
	for _, f := range Formats() {
		out := func(whole bool) string {
			o, p := coverageOf(t, "")
			o.Terminal.Top = 5
			list, sum := hitHunt(p, "")
			for _, x := range list {
				if !whole {
					x.Event = nil
				}
				o.Coverage.Add(x)
			}
			return render(t, f.Name, o, sum, list...)
		}
		if same := out(true) == out(false); same != f.Bare {
			t.Errorf("%s is the same without records: %t, and bare: %t", f.Name, same, f.Bare)
		}
	}
}

func TestNeedsEvent(t *testing.T) {
	token := base64.StdEncoding.EncodeToString([]byte("V\x01\x00T\x07WindowsC\x00A\x08KerberosL\x11admin@example.org"))
	query := "a-b=c&x-RPS-Cat=" + token
	escaped := strings.ReplaceAll(query, "x-", `\u0078\u002d`)
	wide := func(s string) string {
		var b strings.Builder
		for _, u := range utf16.Encode([]rune(s)) {
			b.Write([]byte{byte(u), byte(u >> 8)})
		}
		return b.String()
	}
	for _, c := range []struct {
		name   string
		source event.Source
		field  string
		typ    event.Type
		raw    string
		want   bool
	}{
		{"a token", event.SourceWebAccess, "cs-uri-query", event.UTF8, query, true},
		{"one in UTF-16", event.SourceWindows, "ScriptBlockText", event.UTF16, wide("ä " + query), true},
		{"in a list", event.SourceWindows, "Data", event.UTF16Array, wide("a\x00" + query), true},
		{"in one byte a character", event.SourceWindows, "Data", event.ANSI, "\xe4 " + query, true},
		{"in JSON", event.SourceJSON, "query", event.JSONStr, query, true},
		{"behind escapes", event.SourceJSON, "query", event.JSONStr, escaped, true},
		{"in an array", event.SourceJSON, "query", event.JSONArray, `["a","` + escaped + `"]`, true},
		{"the name at the start", event.SourceJSON, "query", event.UTF8, "X-Rps-CAT=" + token, true},
		{"nothing of the kind", event.SourceWindows, "CommandLine", event.UTF16, wide("x - r a-b tar -x -r"), false},
		{"an end", event.SourceWindows, "CommandLine", event.UTF16, wide("x-"), false},
		{"a beginning", event.SourceWindows, "CommandLine", event.UTF8, "-r", false},
		{"empty", event.SourceWindows, "CommandLine", event.UTF16, "", false},
		{"bytes", event.SourceWindows, "Data", event.Binary, query, false},
		{"the whole of members", event.SourceJSON, "a", event.JSONText, `{"q":"` + query + `"}`, false},
		{"a name of the host", event.SourceIIS, "s-computername", event.UTF8, "EX01", true},
		{"which other logs may have", event.SourceWebAccess, "s-computername", event.UTF8, "EX01", false},
		{"no name of the host", event.SourceIIS, "cs-host", event.UTF8, "mail.example.org", false},
	} {
		ev := event.Event{Source: c.source, Names: event.NewNames()}
		ev.Add(ev.Names.Slot("first"), event.UTF8, []byte("x"))
		ev.Add(ev.Names.Slot(c.field), c.typ, []byte(c.raw))
		if got := NeedsEvent(&ev); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
		if _, found := rpscat.Find(ev.AppendJSON(nil)); found && !c.want {
			t.Errorf("%s: the table is wrong", c.name)
		}
	}
}

// FuzzNeedsEvent: of a record that is said not to be needed the JSON holds no token.
func FuzzNeedsEvent(f *testing.F) {
	token := base64.StdEncoding.EncodeToString([]byte("V\x01\x00T\x07WindowsC\x00L\x05admin"))
	for typ := range event.Types {
		for _, name := range []string{"X-Rps-CAT=", "x-\x00rps-cat%3d", `\u0058-Rps-CAT=`, `["\u0078-rps-cat=`} {
			f.Add(uint8(typ), []byte(name+token+`"]`))
		}
	}
	f.Fuzz(func(t *testing.T, typ uint8, raw []byte) {
		ev := event.Event{Source: event.SourceJSON, Names: event.NewNames()}
		ev.Add(ev.Names.Slot("a"), event.Type(int(typ)%event.Types), raw)
		if _, found := rpscat.Find(ev.AppendJSON(nil)); found && !NeedsEvent(&ev) {
			t.Errorf("%d %q", ev.Values[0].Type, raw)
		}
	})
}
