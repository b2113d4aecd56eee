// Package rpscat reads the tokens that clients of Exchange's back end hand over in the address, as X-Rps-CAT: the
// serialized identity in whose name a request is to be carried out. The front end writes them for those who have logged
// on; with ProxyShell (CVE-2021-34523) an intruder writes one, and the account in it is the one that was impersonated.
//
// The layout, as captures have it: the Base64 of a sequence of fields, each a letter and its value: V, a version of two
// bytes; T, the type; C, one byte that says whether the rest is packed with gzip; A, the kind of logon; L, the name; U, the
// SID; G, groups, a count of four bytes and for each its attributes and SID; E, extensions. Texts have their length before
// them, in groups of seven bits.
//
// Tokens are hostile. What is read of one is bounded, and a token that is cut off, packed wrongly or odd in another way
// gives what was there before the damage. The package reads no logs, and says nothing of whether a token was accepted.
package rpscat

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Token is what a token says.
type Token struct {
	Type   string // Windows, …
	Logon  string // kind of logon: Kerberos, …
	Name   string // of the account: administrator@example.org, EXAMPLE\administrator
	SID    string // S-1-5-21-…-500
	Groups []string
}

// Who is the account, by name and SID.
func (t *Token) Who() string {
	switch {
	case t.SID == "":
		return t.Name
	case t.Name == "":
		return t.SID
	}
	return t.Name + " (" + t.SID + ")"
}

// Limits of what is read.
const (
	maxToken  = 64 << 10  // bytes of Base64
	maxPlain  = 256 << 10 // bytes unpacked
	maxText   = 512       // bytes of a name
	maxGroups = 64        // that are kept
)

const parameter = "x-rps-cat"

// Find reads the first token that an address or a record holds; ok is false where there is none, or where it names no
// account.
func Find(text []byte) (t Token, ok bool) {
	for {
		i := indexParameter(text)
		if i < 0 {
			return Token{}, false
		}
		text = text[i+len(parameter):]
		rest, ok := cutFold(text, "=", "%3d")
		if !ok {
			continue
		}
		if t, ok := Parse(value(rest)); ok {
			return t, true
		}
	}
}

// indexParameter finds the parameter, whatever the case of the text. Every finding's record is looked through, and of its
// characters the hyphen is the rarest in logs.
func indexParameter(text []byte) int {
	hyphen := strings.IndexByte(parameter, '-')
	for at := 0; ; at++ {
		i := bytes.IndexByte(text[at:], '-')
		if i < 0 {
			return -1
		}
		at += i
		if from := at - hyphen; from >= 0 && from+len(parameter) <= len(text) && strings.EqualFold(string(text[from:from+len(parameter)]), parameter) {
			return from
		}
	}
}

// cutFold cuts off one of several beginnings.
func cutFold(text []byte, begins ...string) ([]byte, bool) {
	for _, b := range begins {
		if len(text) >= len(b) && strings.EqualFold(string(text[:len(b)]), b) {
			return text[len(b):], true
		}
	}
	return nil, false
}

// value is the Base64 at the start of a text, with what addresses write otherwise undone, and without its padding.
func value(text []byte) []byte {
	out := make([]byte, 0, min(len(text), 1024))
	for i := 0; i < len(text) && len(out) < maxToken; i++ {
		switch c := text[i]; {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/':
			out = append(out, c)
		case c == '-':
			out = append(out, '+')
		case c == '_':
			out = append(out, '/')
		case c == '%' && i+2 < len(text):
			switch strings.ToLower(string(text[i+1 : i+3])) {
			case "2b":
				out = append(out, '+')
			case "2f":
				out = append(out, '/')
			default:
				return out
			}
			i += 2
		default:
			return out
		}
	}
	return out
}

// Parse reads a token out of its Base64, without padding. ok is false where it names no account.
func Parse(text []byte) (t Token, ok bool) {
	if len(text) > maxToken {
		text = text[:maxToken]
	}
	text = bytes.TrimRight(text, "=")
	if len(text)%4 == 1 { // one character alone is nothing
		text = text[:len(text)-1]
	}
	data := make([]byte, base64.RawStdEncoding.DecodedLen(len(text)))
	n, _ := base64.RawStdEncoding.Decode(data, text) // what was read before the damage counts
	t.fields(data[:n], false)
	return t, t.Name != "" || t.SID != ""
}

// fields reads the fields of a token one after the other, until something is odd.
func (t *Token) fields(data []byte, unpacked bool) {
	if !unpacked && (len(data) < 3 || data[0] != 'V') {
		return
	}
	for len(data) > 0 {
		kind := data[0]
		data = data[1:]
		switch kind {
		case 'V':
			if len(data) < 2 {
				return
			}
			data = data[2:]
		case 'C':
			if len(data) < 1 {
				return
			}
			packed := data[0] != 0
			data = data[1:]
			if packed && !unpacked {
				t.fields(unpack(data), true)
				return
			}
		case 'T', 'A', 'L', 'U':
			s, rest, ok := text(data)
			if !ok {
				return
			}
			data = rest
			switch kind {
			case 'T':
				t.Type = s
			case 'A':
				t.Logon = s
			case 'L':
				t.Name = s
			default:
				if isSID(s) {
					t.SID = s
				}
			}
		case 'G':
			if data = t.groups(data); data == nil {
				return
			}
		default: // extensions, which are not read
			return
		}
	}
}

// groups reads a list of groups, and returns what follows; nil where it is cut off.
func (t *Token) groups(data []byte) []byte {
	if len(data) < 4 {
		return nil
	}
	n := binary.LittleEndian.Uint32(data)
	data = data[4:]
	for range n {
		if len(data) < 4 {
			return nil
		}
		s, rest, ok := text(data[4:])
		if !ok {
			return nil
		}
		if data = rest; isSID(s) && len(t.Groups) < maxGroups {
			t.Groups = append(t.Groups, s)
		}
	}
	return data
}

// text reads a text with its length before it.
func text(data []byte) (s string, rest []byte, ok bool) {
	n, used := binary.Uvarint(data)
	if used <= 0 || n > maxText || uint64(len(data)-used) < n {
		return "", nil, false
	}
	b := data[used : used+int(n)]
	if !utf8.Valid(b) || bytes.ContainsFunc(b, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "", nil, false
	}
	return string(b), data[used+int(n):], true
}

// unpack undoes gzip, as far as it goes and as much as is read.
func unpack(data []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	defer r.Close()                                   //nolint:errcheck // only read
	out, _ := io.ReadAll(io.LimitReader(r, maxPlain)) // what was read before the damage counts
	return out
}

func isSID(s string) bool {
	return len(s) <= 184 && strings.HasPrefix(s, "S-1-") && strings.Trim(s[4:], "0123456789-") == "" && len(s) > 4
}
