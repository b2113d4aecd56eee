package event

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"testing"
	"unicode/utf16"
)

func utf16le(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// checkEncoder compares the encoder with the plain form, twice, as it remembers things.
func checkEncoder(t *testing.T, c *JSONEncoder, e *Event) {
	t.Helper()
	want := e.AppendJSON(nil)
	for range 2 {
		if got := c.AppendJSON([]byte("x"), e); string(got) != "x"+string(want) {
			t.Fatalf("encoder: %s\n   want: %s", got[1:], want)
		}
	}
	if !json.Valid(want) {
		t.Fatalf("not JSON: %s", want)
	}
}

func TestJSONEncoderEqualsAppendJSON(t *testing.T) {
	texts := []string{
		"", "a", "plain text of some length, more than sixteen", `C:\Windows\System32\cmd.exe /c "echo <b>&amp;"`, "tab\tnl\ncr\r\x00\x1f\x7f",
		"Grüße, 世界 and 😀", "\u2028\u2029\u202e\u2066", "eight by 8 bytes; then > one", "1234567\\", "12345678\"", "\ufffd",
	}
	names := NewNames()
	var c JSONEncoder
	e := &Event{Names: names}
	for i, s := range texts {
		e.Add(names.Slot(fmt.Sprintf("utf8-%d", i)), UTF8, []byte(s))
		e.Add(names.Slot(fmt.Sprintf("utf16-%d<", i)), UTF16, utf16le(s))
		quoted, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		e.Add(names.Slot(fmt.Sprintf("json-%d", i)), JSONStr, quoted[1:len(quoted)-1])
		e.Add(names.Slot("several"), UTF8, []byte(s))
		e.Add(names.SystemSlot("Channel"), UTF16, utf16le(s))
	}
	e.Add(names.Slot("odd"), UTF16, []byte{'a', 0, 'b'})
	e.Add(names.Slot("lone"), UTF16, []byte{0x00, 0xD8, 'a', 0, 0x00, 0xDC, 0x00, 0xDC})
	e.Add(names.Slot("broken"), UTF8, []byte("a\xff\xfeb\xc3"))
	e.Add(names.Slot("whole"), JSONText, []byte(`{"a":1}`))
	e.Add(names.Slot("empty"), JSONText, []byte(`{}`))
	e.Add(names.Slot("list"), JSONArray, []byte(`["a",1,null,"<"]`))
	for typ := Null; typ <= UTF16Array; typ++ {
		if typ == JSONNum || typ == JSONText || typ == JSONArray {
			continue // these are checked by the reader: not any bytes will do
		}
		for n := range 18 {
			e.Add(names.Slot(fmt.Sprintf("t%d-%d", typ, n)), typ, bytes.Repeat([]byte{0x81}, n))
		}
	}
	checkEncoder(t, &c, e)

	// A name of the envelope that the data uses too, first not and then in the same table.
	f := &Event{Names: names}
	f.Add(names.SystemSlot("Computer"), UTF8, []byte("system"))
	checkEncoder(t, &c, f)
	f.Add(names.Slot("Computer"), UTF8, []byte("data"))
	checkEncoder(t, &c, f)
	if got, want := string(c.AppendJSON(nil, f)), `{"System.Computer":"system","Computer":"data"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	f.Values = f.Values[:1]
	checkEncoder(t, &c, f)

	// Another table.
	g := &Event{Names: NewNames()}
	checkEncoder(t, &c, g)
	g.Add(g.Names.Slot("x"), Int64, []byte{1, 2, 3, 4, 5, 6, 7, 8})
	checkEncoder(t, &c, g)
}

func FuzzJSONEncoder(f *testing.F) {
	f.Add([]byte("plain"), uint8(UTF8))
	f.Add([]byte("p\x00l\x00\x00\xd8"), uint8(UTF16))
	f.Add([]byte(`a\u0041\n\ud83d\ude00`), uint8(JSONStr))
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8}, uint8(Filetime))
	names := NewNames()
	slot := names.Slot("a")
	f.Fuzz(func(t *testing.T, raw []byte, typ uint8) {
		if typ > uint8(UTF16Array) || Type(typ) == JSONNum || Type(typ) == JSONText || Type(typ) == JSONArray {
			return
		}
		e := &Event{Names: names}
		e.Add(slot, Type(typ), raw)
		var c JSONEncoder
		checkEncoder(t, &c, e)
	})
}

func BenchmarkJSONEncoder(b *testing.B) {
	names := NewNames()
	e := &Event{Names: names}
	for _, n := range []string{"Channel", "Computer", "Provider_Name"} {
		e.Add(names.SystemSlot(n), UTF16, utf16le("Microsoft-Windows-Sysmon/Operational"))
	}
	for i := range 20 {
		e.Add(names.Slot(fmt.Sprintf("Field%d", i)), UTF16, utf16le(`C:\Windows\System32\svchost.exe -k netsvcs -p -s Schedule`))
	}
	var c JSONEncoder
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = c.AppendJSON(buf[:0], e)
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkAppendJSON(b *testing.B) {
	names := NewNames()
	e := &Event{Names: names}
	for _, n := range []string{"Channel", "Computer", "Provider_Name"} {
		e.Add(names.SystemSlot(n), UTF16, utf16le("Microsoft-Windows-Sysmon/Operational"))
	}
	for i := range 20 {
		e.Add(names.Slot(fmt.Sprintf("Field%d", i)), UTF16, utf16le(`C:\Windows\System32\svchost.exe -k netsvcs -p -s Schedule`))
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = e.AppendJSON(buf[:0])
	}
	b.SetBytes(int64(len(buf)))
}
