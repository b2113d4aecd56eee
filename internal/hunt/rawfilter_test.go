package hunt

import (
	"testing"
	"unicode/utf16"

	"entente/internal/event"
)

func utf16Value(s string) *event.Value {
	var raw []byte
	for _, u := range utf16.Encode([]rune(s)) {
		raw = append(raw, byte(u), byte(u>>8))
	}
	return &event.Value{Type: event.UTF16, Raw: raw}
}

func TestRawFilter(t *testing.T) {
	f := newRawFilter([]*gramLiteral{{text: []byte("mimikatz")}, {text: []byte("task list")}})
	for _, s := range []string{"mimikatz", "xx MIMIKATZ yy", "日本 Mimikatz", "mimi\u212Aatz", "ta\u017Fk list", "Task List"} {
		if !f.may(utf16Value(s)) {
			t.Errorf("%q is passed over", s)
		}
	}
	for _, s := range []string{"", "mim", "日本語日本語", `C:\Windows\System32\svchost.exe`} {
		if f.may(utf16Value(s)) {
			t.Errorf("%q is not passed over", s)
		}
	}
	if f.may(&event.Value{Type: event.Uint32, Raw: []byte{1, 0, 0, 0}}) || f.may(&event.Value{Type: event.Null}) {
		t.Error("a number cannot hold these keywords")
	}
	if !f.may(&event.Value{Type: event.JSONStr, Raw: []byte(`mimi\u006batz`)}) {
		t.Error("a JSON string has to be decoded first")
	}
	for _, typ := range []event.Type{event.UTF8, event.JSONStr} {
		for _, text := range []string{"mimikatz", "xx MIMIKATZ", "1MimiKatz2", "aa task LIST", "größe mimikatz", "mimi\u212Aatz", "ta\u017Fk list"} {
			if !f.may(&event.Value{Type: typ, Raw: []byte(text)}) {
				t.Errorf("%q is passed over", text)
			}
		}
		for _, text := range []string{"", "mim", `C:\\Windows\\System32\\svchost.exe`, "GET /owa/auth/logon.aspx 200 0 0"} {
			if f.may(&event.Value{Type: typ, Raw: []byte(text)}) {
				t.Errorf("%q is not passed over", text)
			}
		}
	}
	if g := newRawFilter([]*gramLiteral{{text: []byte(`\\a\\b\\c`)}}); !g.may(&event.Value{Type: event.JSONStr, Raw: []byte(`\\\\a\\\\b\\\\c`)}) {
		t.Error("backslashes are doubled in JSON")
	}
	if f := newRawFilter([]*gramLiteral{{text: []byte("0x1f")}}); !f.may(&event.Value{Type: event.HexInt32, Raw: []byte{0x1F, 0, 0, 0}}) {
		t.Error("a number can be 0x1f")
	}
	for _, lit := range []string{"abc", "größe"} {
		if f := newRawFilter([]*gramLiteral{{text: []byte(lit)}}); !f.may(utf16Value("whatever")) {
			t.Errorf("the filter cannot tell of %q", lit)
		}
	}
}
