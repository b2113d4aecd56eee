package evtx

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/event"
)

func raw(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// Every stored type, from its bytes to its text.
func TestStoredTypes(t *testing.T) {
	tests := []struct {
		name string
		v    Value
		typ  event.Type
		want []string // texts; one per value of the field
	}{
		{"null", Null(), event.Null, []string{""}},
		{"string", Text("Grüße, 世界 😀"), event.UTF16, []string{"Grüße, 世界 😀"}},
		{"string empty", Text(""), event.UTF16, []string{""}},
		{"string terminated", Raw(typeString, raw("4100 0000 0000")), event.UTF16, []string{"A"}},
		{"string with a zero inside", Raw(typeString, raw("4100 0000 4200")), event.UTF16, []string{"A\x00B"}},
		{"string of odd length", Raw(typeString, raw("4100 42")), event.UTF16, []string{"A"}},
		{"string with a lone surrogate", Raw(typeString, raw("00d8 4100")), event.UTF16, []string{"\ufffdA"}},
		{"ansi", Raw(typeANSI, []byte("caf\xe9\x80\x00")), event.ANSI, []string{"café€"}},
		{"int8", Int8(-128), event.Int8, []string{"-128"}},
		{"uint8", Uint8(255), event.Uint8, []string{"255"}},
		{"int16", Int16(-2), event.Int16, []string{"-2"}},
		{"uint16", Uint16(65535), event.Uint16, []string{"65535"}},
		{"int32", Int32(math.MinInt32), event.Int32, []string{"-2147483648"}},
		{"uint32", Uint32(math.MaxUint32), event.Uint32, []string{"4294967295"}},
		{"int64", Int64(math.MinInt64), event.Int64, []string{"-9223372036854775808"}},
		{"uint64", Uint64(math.MaxUint64), event.Uint64, []string{"18446744073709551615"}},
		{"float32", Float32(1.5), event.Float32, []string{"1.5"}},
		{"float64", Float64(-0.1), event.Float64, []string{"-0.1"}},
		{"true", Bool(true), event.Bool32, []string{"true"}},
		{"false", Bool(false), event.Bool32, []string{"false"}},
		{"bool of one byte", Raw(typeBool, []byte{1}), event.Bool32, []string{"true"}},
		{"binary", Binary(raw("00ff10")), event.Binary, []string{"00FF10"}},
		{"binary empty", Binary([]byte{}), event.Binary, []string{""}},
		{"guid", MustGUID("{54849625-5478-4994-a5ba-3e3b0328c30d}").Value(), event.GUID, []string{"{54849625-5478-4994-A5BA-3E3B0328C30D}"}},
		{"pointer of 64 bits", Pointer(0x1410), event.SizeT, []string{"0x1410"}},
		{"pointer of 32 bits", Raw(typeSize, raw("10140000")), event.SizeT, []string{"0x1410"}},
		{"filetime", Time(sampleTime), event.Filetime, []string{"2024-03-01T12:30:15.1234567Z"}},
		{"filetime zero", Raw(typeFiletime, make([]byte, 8)), event.Filetime, []string{"1601-01-01T00:00:00.0000000Z"}},
		{"systemtime", SystemTime(sampleTime), event.Systemtime, []string{"2024-03-01T12:30:15.123Z"}},
		{"sid", SID("S-1-5-21-1-2-3-1001"), event.SID, []string{"S-1-5-21-1-2-3-1001"}},
		{"sid without numbers", SID("S-1-0"), event.SID, []string{"S-1-0"}},
		{"sid of a large authority", SID("S-1-0x123456789abc-7"), event.SID, []string{"S-1-0x123456789abc-7"}},
		{"hex32", Hex32(0xc000006d), event.HexInt32, []string{"0xc000006d"}},
		{"hex64", Hex64(0x3e7), event.HexInt64, []string{"0x3e7"}},
		{"handle", Raw(typeEvtHandle, make([]byte, 8)), event.Null, []string{""}},
		{"xml handle", Raw(typeEvtXML, make([]byte, 8)), event.Null, []string{""}},
		{"unknown type", Raw(0x17, raw("0102")), event.Binary, []string{"0102"}},
		{"number too short", Raw(typeUint32, raw("0102")), event.Uint32, []string{""}},

		{"strings", Texts("a", "", "ü"), event.UTF16, []string{"a", "", "ü"}},
		{"strings without last terminator", Raw(0x81, raw("6100 0000 6200")), event.UTF16, []string{"a", "b"}},
		{"strings, none", Texts(), event.UTF16, []string{""}},
		{"ansi strings", Raw(0x82, []byte("a\x00\x00b\x00")), event.ANSI, []string{"a", "", "b"}},
		{"int8s", Raw(0x83, raw("ff01")), event.Int8, []string{"-1", "1"}},
		{"uint8s", Raw(0x84, raw("ff01")), event.Uint8, []string{"255", "1"}},
		{"int16s", Raw(0x85, raw("feff 0100")), event.Int16, []string{"-2", "1"}},
		{"uint16s", Raw(0x86, raw("feff 0100")), event.Uint16, []string{"65534", "1"}},
		{"int32s", Raw(0x87, raw("feffffff 01000000")), event.Int32, []string{"-2", "1"}},
		{"uint32s", Raw(0x88, raw("feffffff 01000000")), event.Uint32, []string{"4294967294", "1"}},
		{"int64s", Raw(0x89, raw("feffffffffffffff 0100000000000000")), event.Int64, []string{"-2", "1"}},
		{"uint64s", Raw(0x8a, raw("0200000000000000 0100000000000000")), event.Uint64, []string{"2", "1"}},
		{"float32s", Raw(0x8b, raw("0000c03f 00000040")), event.Float32, []string{"1.5", "2"}},
		{"float64s", Raw(0x8c, raw("000000000000f83f")), event.Float64, []string{"1.5"}},
		{"bools", Raw(0x8d, raw("01000000 00000000")), event.Bool32, []string{"true", "false"}},
		{"binary array", Raw(0x8e, raw("0102")), event.Binary, []string{"0102"}},
		{
			"guids", Raw(0x8f, make([]byte, 32)), event.GUID,
			[]string{"{00000000-0000-0000-0000-000000000000}", "{00000000-0000-0000-0000-000000000000}"},
		},
		{"pointers of 64 bits", Raw(0x90, raw("0100000000000000 0200000000000000")), event.SizeT, []string{"0x1", "0x2"}},
		{"pointers of 32 bits", Raw(0x90, raw("01000000")), event.SizeT, []string{"0x1"}},
		{
			"several filetime", Raw(0x91, make([]byte, 16)), event.Filetime,
			[]string{"1601-01-01T00:00:00.0000000Z", "1601-01-01T00:00:00.0000000Z"},
		},
		{
			"systemtimes", Raw(0x92, raw("e807 0300 0500 0100 0c00 1e00 0f00 7b00")), event.Systemtime,
			[]string{"2024-03-01T12:30:15.123Z"},
		},
		{
			"sids", Raw(0x93, raw("0101000000000005 12000000 0102000000000005 20000000 20020000")), event.SID,
			[]string{"S-1-5-18", "S-1-5-32-544"},
		},
		{"sids cut", Raw(0x93, raw("0102000000000005 20000000")), event.SID, []string{"S-1-5-32"}},
		{"hex32s", Raw(0x94, raw("01000000 ff000000")), event.HexInt32, []string{"0x1", "0xff"}},
		{"hex64s", Raw(0x95, raw("ff00000000000000")), event.HexInt64, []string{"0xff"}},
		{"numbers, none", Raw(0x88, []byte{}), event.UTF16, []string{""}},
		{"numbers with a rest", Raw(0x88, raw("01000000 02")), event.Uint32, []string{"1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := clearedRecord()
			r.UserData = ""
			r.Data = []Field{{"Before", Text("b")}, {"Field", tt.v}, {"After", Text("a")}}
			chunks, _, _ := splitAll(t, bytes.NewReader(logOf(t, r)))
			n := 0
			NewDecoder().Decode(0, chunks[0], Options{Warn: func(_ int64, m string) { t.Error(m) }}, func(e *event.Event) bool {
				n++
				var got []string
				for _, v := range e.Values {
					if e.Names.At(v.Slot).Text == "Field" {
						got = append(got, string(v.AppendText(nil)))
						if v.Type != tt.typ {
							t.Errorf("type %d, want %d", v.Type, tt.typ)
						}
					}
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("text %q, want %q", got, tt.want)
				}
				if e.Text("Before") != "b" || e.Text("After") != "a" {
					t.Error("the neighbours are not what they were")
				}
				return true
			})
			if n != 1 {
				t.Errorf("%d events", n)
			}
		})
	}
}

func TestMalformedTexts(t *testing.T) {
	for _, s := range []string{"", "S", "S-1", "S-1-", "S-1-x", "S-2-5", "S-1-5-", "S-1-5-4294967296", "S-1-5" + strings.Repeat("-1", 16), "S-1-0x1000000000000"} {
		if b, err := appendSID([]byte{1}, s); err == nil || len(b) != 1 {
			t.Errorf("sid %q: %v %v", s, b, err)
		}
	}
	for _, s := range []string{"", "x", "{54849625-5478-4994-a5ba-3e3b0328c30}", "54849625-5478-4994-a5ba-3e3b0328c30g", "548496255478-4994-a5ba-3e3b0328c30d----"} {
		if _, err := ParseGUID(s); err == nil {
			t.Errorf("guid %q is taken", s)
		}
	}
}

func TestFiletimeRange(t *testing.T) {
	for _, tt := range []struct {
		t    time.Time
		want uint64
	}{
		{time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC), 0},
		{time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC), 0},
		{time.Date(1970, 1, 1, 0, 0, 0, 199, time.UTC), 116444736000000001},
		{time.Date(60000, 1, 1, 0, 0, 0, 0, time.UTC), math.MaxInt64},
	} {
		if got := filetime(tt.t); got != tt.want {
			t.Errorf("%v: %d, want %d", tt.t, got, tt.want)
		}
	}
}

func TestISOTime(t *testing.T) {
	d := NewDecoder()
	tests := map[string]string{
		"2021-07-19T10:11:12Z":             "2021-07-19T10:11:12Z",
		"2021-07-19T10:11:12.5Z":           "2021-07-19T10:11:12.5Z",
		" 2021-07-19T10:11:12.123456789Z ": "2021-07-19T10:11:12.123456789Z",
		"2021-07-19T10:11:12.1234567891Z":  "2021-07-19T10:11:12.123456789Z",
		"2021-07-19 10:11:12Z":             "",
		"2021-07-19T10:11:12":              "",
		"2021-13-19T10:11:12Z":             "",
		"0001-01-01T00:00:00Z":             "",
		"2021-07-19T10:11:12,5Z":           "",
		"2021-07-19T10:11:12.x5Z":          "",
		"":                                 "",
		strings.Repeat("0", 100):           "",
	}
	for in, want := range tests {
		v := event.Value{Raw: []byte(in), Type: event.UTF8}
		got := ""
		if ns, ok := d.isoTime(&v); ok {
			got = time.Unix(0, ns).UTC().Format(time.RFC3339Nano)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestNameHash(t *testing.T) {
	// As stored by Windows.
	for name, want := range map[string]uint16{"Channel": 24963, "EventData": 33348, "Data": 28554, "ActivityID": 61706} {
		if got := nameHash(appendUTF16(nil, name)); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
}

func TestInternedIsBounded(t *testing.T) {
	var n interned
	for i := range 3 * maxInterned {
		text := binary.LittleEndian.AppendUint32(nil, uint32(i)|0x00410041)
		v := event.Value{Raw: append(text, 'x', 0), Type: event.UTF16}
		want := string(v.AppendText(nil))
		if got := n.get(&v); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
		if got := n.get(&v); got != want {
			t.Fatalf("again: %q, want %q", got, want)
		}
	}
	if len(n.known) > maxInterned {
		t.Error(len(n.known))
	}
}
