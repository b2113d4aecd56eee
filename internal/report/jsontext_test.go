package report

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
	"unicode"
)

func TestAppendJSONString(t *testing.T) {
	for in, want := range map[string]string{
		"plain é 漢 🙂": `"plain é 漢 🙂"`, "a\x1bb": `"a\u001Bb"`, "\u202e": `"\u202e"`, "\u009b": `"\u009b"`, "<&>": `"\u003C\u0026\u003E"`, "\x7f": `"\u007F"`,
		"\u200b\ufeff": `"\u200b\ufeff"`, "\U000e0041": `"\udb40\udc41"`, "\xff": "\"\ufffd\"", `"\`: `"\"\\"`, "\n\t": `"\n\t"`, "\u2028": `"\u2028"`, "\ue000": `"\ue000"`,
	} {
		got := string(appendJSONString(nil, in))
		if !strings.EqualFold(got, want) {
			t.Errorf("%q became %s, wanted %s", in, got, want)
		}
	}
}

func TestAppendRaw(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":1}`:                    `{"a":1}`,
		"{\n \"a\": [1,\n2]\n}":      `{"a":[1,2]}`,
		`{"a":"</script>"}`:          `{"a":"\u003c/script\u003e"}`,
		"{\"a\":\"\u202e\u009b\"}":   `{"a":"\u202e\u009b"}`,
		"{\"a\":\"x\xffy\"}":         `{"a":"x\ufffdy"}`,
		`{"a":"\u202e\\<"}`:          `{"a":"\u202e\\\u003c"}`,
		"{broken \x1b":               `"{broken \u001B"`,
		"":                           `""`,
		"{\"\U000e0041<\":\"🙂 ok\"}": `{"\udb40\udc41\u003c":"🙂 ok"}`,
	} {
		if got := string(appendRaw(nil, json.RawMessage(in))); got != want {
			t.Errorf("%q became %s, wanted %s", in, got, want)
		}
	}
}

func TestJSONTextNumbersAndTimes(t *testing.T) {
	var j jsonText
	j.item(func() {
		j.big("a", 1<<53)
		j.big("b", 1<<53+1)
		j.float("c", math.NaN())
		j.float("d", math.Inf(-1))
		j.float("e", 0.25)
		j.when("f", time.Time{})
		j.when("g", time.Date(30828, 1, 1, 0, 0, 0, 0, time.UTC))
		j.when("h", time.Date(2024, 1, 2, 3, 4, 5, 600, time.FixedZone("x", 3600)))
		j.some("i", "")
		j.list("k", nil)
		j.array("l", func() {})
		j.object("m", func() { j.boolean("n", true) })
	})
	const want = `{"a":9007199254740992,"b":"9007199254740993","c":null,"d":null,"e":0.25,"h":"2024-01-02T02:04:05.0000006Z","l":[],"m":{"n":true}}`
	if string(j.b) != want {
		t.Errorf("got  %s\nwant %s", j.b, want)
	}
}

// FuzzJSONText: what goes in comes out, and nothing unsafe stands in between.
func FuzzJSONText(f *testing.F) {
	for _, x := range hostileTexts {
		f.Add(x)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b := appendJSONString(nil, s)
		var back string
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatalf("%q became %s: %v", s, b, err)
		}
		if want := strings.ToValidUTF8(string([]rune(s)), "\uFFFD"); back != want {
			t.Fatalf("%q came back as %q", s, back)
		}
		for _, r := range string(b) {
			if r == '<' || r == '>' || r == '&' || unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) {
				t.Fatalf("%q became %s, which holds %q", s, b, r)
			}
		}
		raw := appendRaw(nil, json.RawMessage(s))
		if !json.Valid(raw) {
			t.Fatalf("appendRaw(%q) = %s", s, raw)
		}
		if json.Valid([]byte(s)) {
			var a, b any
			_ = json.Unmarshal([]byte(s), &a)
			_ = json.Unmarshal(raw, &b)
			x, _ := json.Marshal(a)
			y, _ := json.Marshal(b)
			if string(x) != string(y) {
				t.Fatalf("%q changed its meaning: %s", s, raw)
			}
		}
	})
}
