package rpscat

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

func field(kind byte, s string) []byte {
	return append(binary.AppendUvarint([]byte{kind}, uint64(len(s))), s...)
}

// token is one as the front end writes it.
func token(packed bool, rest ...[]byte) []byte {
	body := bytes.Join(rest, nil)
	out := append([]byte{'V', 1, 0}, field('T', "Windows")...)
	if !packed {
		return append(append(out, 'C', 0), body...)
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(body)
	_ = w.Close()
	return append(append(out, 'C', 1), b.Bytes()...)
}

const sid = "S-1-5-21-1-2-3-500"

func body() [][]byte {
	groups := binary.LittleEndian.AppendUint32([]byte{'G'}, 2)
	for _, g := range []string{"S-1-1-0", "S-1-5-11"} {
		groups = append(binary.LittleEndian.AppendUint32(groups, 7), field(0, g)[1:]...)
	}
	return [][]byte{field('A', "Kerberos"), field('L', "administrator@example.org"), field('U', sid), groups, {'E', 0, 0, 0, 0}}
}

var whole = Token{Type: "Windows", Logon: "Kerberos", Name: "administrator@example.org", SID: sid, Groups: []string{"S-1-1-0", "S-1-5-11"}}

func TestFind(t *testing.T) {
	plain := base64.StdEncoding.EncodeToString(token(false, body()...))
	packed := base64.StdEncoding.EncodeToString(token(true, body()...))
	for _, c := range []struct{ name, text string }{
		{"address", "@evil.example/powershell/?X-Rps-CAT=" + plain + "&Email=autodiscover/autodiscover.json%3F@evil.example"},
		{"percent", "x-rps-cat=" + url.QueryEscape(plain)},
		{"both percent", "X-RPS-CAT%3D" + url.QueryEscape(plain) + "%26Email"},
		{"for addresses", "X-Rps-CAT=" + strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(plain)},
		{"packed", "X-Rps-CAT=" + packed},
		{"record", `{"cs-uri-query":"X-Rps-CAT=` + plain + `\u0026Email=a"}`},
		{"the second", "X-Rps-CAT=AAAA&X-Rps-CAT=" + plain},
		{"the word before it", "X-Rps-CAT and X-Rps-CAT=" + plain},
	} {
		got, ok := Find([]byte(c.text))
		if !ok || !reflect.DeepEqual(got, whole) {
			t.Errorf("%s: %+v, %t", c.name, got, ok)
		}
	}
	if got := whole.Who(); got != "administrator@example.org ("+sid+")" {
		t.Error(got)
	}
}

// TestDamage: of a token that is damaged counts what was there before; none of a thing that is no token.
func TestDamage(t *testing.T) {
	find := func(data []byte) (Token, bool) {
		return Find([]byte("X-Rps-CAT=" + base64.RawStdEncoding.EncodeToString(data)))
	}
	data := token(false, body()...)
	named := bytes.Index(data, []byte("administrator@example.org")) + len("administrator@example.org")
	for n := range data {
		got, ok := find(data[:n])
		if ok != (n >= named) {
			t.Fatalf("cut at %d: %+v", n, got)
		}
	}
	packed := token(true, body()...)
	if _, ok := find(packed[:len(packed)-8]); !ok { // without the checksum
		t.Error("a packed token that is cut says nothing")
	}
	for name, data := range map[string][]byte{
		"nothing":          nil,
		"no version":       data[3:],
		"control":          token(false, field('L', "a\x1b[31mb")),
		"no UTF-8":         token(false, field('L', "\xff\xfe")),
		"long name":        token(false, field('L', strings.Repeat("a", maxText+1))),
		"long length":      append(token(false), 'L', 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
		"no SID":           token(false, field('U', "S-1-x")),
		"packed in packed": token(true, token(true, body()...)[12:]),
	} {
		if got, ok := find(data); ok {
			t.Errorf("%s: %+v", name, got)
		}
	}
	many := binary.LittleEndian.AppendUint32(append(field('L', "a"), 'G'), 1<<31)
	for range 1000 {
		many = append(many, append([]byte{0, 0, 0, 0}, field(0, "S-1-5-11")[1:]...)...)
	}
	if got, ok := find(token(false, many)); !ok || len(got.Groups) != maxGroups {
		t.Errorf("%d groups, %t", len(got.Groups), ok)
	}
	bomb := token(true, bytes.Repeat([]byte{0}, 64<<20))
	if got, ok := find(bomb); ok {
		t.Errorf("%+v", got)
	}
}

func FuzzFind(f *testing.F) {
	for _, b := range [][]byte{token(false, body()...), token(true, body()...), nil} {
		f.Add("X-Rps-CAT=" + base64.StdEncoding.EncodeToString(b))
	}
	f.Add("x-rps-cat%3D%2b%2")
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := Find([]byte(s))
		if ok && got.Who() == "" || len(got.Name) > maxText || len(got.Groups) > maxGroups {
			t.Errorf("%+v, %t", got, ok)
		}
	})
}
