package packexport

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"entente/internal/advisory"
)

// clean writes out the characters of a text that show nothing and do something: control characters, bidirectional overrides,
// private use. Tabs and line breaks stay.
func clean(s string) string {
	ok := true
	for _, r := range s {
		if r == utf8.RuneError || !shows(r) {
			ok = false
			break
		}
	}
	if ok {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case shows(r):
			b.WriteString(s[i : i+n])
		case r == '\r':
			if !strings.HasPrefix(s[i+n:], "\n") {
				b.WriteByte('\n')
			}
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		i += n
	}
	return b.String()
}

func shows(r rune) bool { return r == '\n' || r == '\t' || unicode.IsGraphic(r) }

// line is clean on one line.
func line(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// defang makes an indicator's value harmless to click and to paste: hxxps://example[.]org, 192.0.2[.]1.
func defang(kind, value string) string {
	switch kind {
	case "domain", "ip":
		if i := strings.LastIndexByte(value, '.'); i >= 0 {
			return value[:i] + "[.]" + value[i+1:]
		}
		return strings.Replace(value, ":", "[:]", 1)
	case "url":
		scheme, rest, ok := strings.Cut(value, "://")
		if !ok {
			scheme, rest = "", value
		} else {
			scheme = strings.NewReplacer("tt", "xx", "TT", "XX").Replace(scheme) + "://"
		}
		host, path, slash := strings.Cut(rest, "/")
		if slash {
			path = "/" + path
		}
		return scheme + strings.ReplaceAll(host, ".", "[.]") + path
	default:
		return value
	}
}

// webURL gives an address back where it is one of the web.
func webURL(s string) (string, bool) {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return "", false
	}
	return u.String(), true
}

// stamp is a date as a time in RFC 3339 with milliseconds; otherwise where the date is none.
func stamp(d advisory.Date, otherwise string) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil || t.Year() < 1 {
		return otherwise
	}
	return t.Format("2006-01-02T15:04:05.000Z")
}

// epoch stands where a manifest has no date in order, so that an export still is the same every time.
const epoch = "1980-01-01T00:00:00.000Z"

// issued and modified are the times of a pack.
func (b *book) issued() string { return stamp(b.m.Issued, epoch) }

func (b *book) modified() string { return max(stamp(b.m.Modified, b.issued()), b.issued()) }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// jsonText is v as indented JSON in which every character that shows nothing is an escape.
func jsonText(v any) ([]byte, error) {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	for i := 0; i < len(raw); {
		r, n := utf8.DecodeRune(raw[i:])
		switch {
		case r < utf8.RuneSelf && r != 0x7F, r != utf8.RuneError && unicode.IsGraphic(r):
			b.Write(raw[i : i+n])
		case r > 0xFFFF:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xD800+r>>10, 0xDC00+r&0x3FF)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		i += n
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// firstOf is the first text that is not empty.
func firstOf(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return t
		}
	}
	return ""
}

// tlpName is a label the way it is shown: TLP:AMBER+STRICT.
func tlpName(label string) string { return "TLP:" + strings.ToUpper(label) }
