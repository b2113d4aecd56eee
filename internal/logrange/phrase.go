package logrange

import (
	"strconv"
	"strings"
)

// phrase is a text with gaps that are filled anew each time it is said:
//
//	%{user} %{upn} %{sid}          the acting account: name, name@example.org, security identifier
//	%{host} %{HOST} %{fqdn}        this host
//	%{dom}                         the domain's short name
//	%{ip} %{out} %{site}           some machine inside; some address outside; some web site
//	%{doc} %{word} %{share}        names of documents, things and shares
//	%{d4} %{x8} %{X8} %{n1-254}    digits, hexadecimal digits, a number of a range
//	%{guid} %{GUID}                a random identifier
//	%{day} %{clock}                20210303, 064946
type phrase []gap

// gap is literal text and what comes after it.
type gap struct {
	text string
	fill fill
	a, b int
}

type fill uint8

const (
	fillNone fill = iota
	fillUser
	fillUPN
	fillSID
	fillHost
	fillHOST
	fillFQDN
	fillDomain
	fillInside
	fillOutside
	fillSite
	fillDocument
	fillWord
	fillShare
	fillDigits
	fillHex
	fillHEX
	fillRange
	fillGUIDLower
	fillGUIDUpper
	fillDay
	fillClock
)

var fillNames = map[string]fill{
	"user": fillUser, "upn": fillUPN, "sid": fillSID, "host": fillHost, "HOST": fillHOST, "fqdn": fillFQDN,
	"dom": fillDomain, "ip": fillInside, "out": fillOutside, "site": fillSite, "doc": fillDocument, "word": fillWord,
	"share": fillShare, "guid": fillGUIDLower, "GUID": fillGUIDUpper, "day": fillDay, "clock": fillClock,
}

// say compiles a phrase. A gap that it does not know stays as it is written, which a test looks for.
func say(s string) phrase {
	var p phrase
	lit := ""
	for {
		before, rest, ok := strings.Cut(s, "%{")
		if !ok {
			break
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok {
			break
		}
		lit += before
		if g, known := gapOf(name); known {
			g.text = lit
			p = append(p, g)
			lit = ""
		} else {
			lit += "%{" + name + "}"
		}
		s = after
	}
	if lit += s; lit != "" {
		p = append(p, gap{text: lit})
	}
	return p
}

func gapOf(name string) (gap, bool) {
	if f, ok := fillNames[name]; ok {
		return gap{fill: f}, true
	}
	if name == "" {
		return gap{}, false
	}
	num := name[1:]
	switch name[0] {
	case 'd', 'x', 'X':
		n, err := strconv.Atoi(num)
		f := map[byte]fill{'d': fillDigits, 'x': fillHex, 'X': fillHEX}[name[0]]
		return gap{fill: f, a: n}, err == nil
	case 'n':
		lo, hi, _ := strings.Cut(num, "-")
		a, err1 := strconv.Atoi(lo)
		b, err2 := strconv.Atoi(hi)
		return gap{fill: fillRange, a: a, b: b}, err1 == nil && err2 == nil && a <= b
	}
	return gap{}, false
}

// said is say over a list.
func said(list ...string) []phrase {
	out := make([]phrase, len(list))
	for i, s := range list {
		out[i] = say(s)
	}
	return out
}

// appendPhrase says p. who fills the gaps for accounts.
func (h *host) appendPhrase(dst []byte, p phrase, who *account) []byte {
	for i := range p {
		g := &p[i]
		dst = append(dst, g.text...)
		if g.fill != fillNone {
			dst = h.appendFill(dst, g, who)
		}
	}
	return dst
}

func (h *host) appendFill(dst []byte, g *gap, who *account) []byte {
	r := h.rand
	switch g.fill {
	case fillNone:
	case fillUser:
		return append(dst, who.name...)
	case fillUPN:
		return append(append(dst, who.name...), "@"+domainDNS...)
	case fillSID:
		return append(dst, who.sidText...)
	case fillHost:
		return append(dst, h.name...)
	case fillHOST:
		return append(dst, h.upper...)
	case fillFQDN:
		return append(dst, h.fqdn...)
	case fillDomain:
		return append(dst, domainShort...)
	case fillInside:
		return appendInside(dst, r)
	case fillOutside:
		return appendOutside(dst, r)
	case fillSite:
		return append(dst, pick(r, webSites)...)
	case fillDocument:
		return append(dst, pick(r, documents)...)
	case fillWord:
		return append(dst, pick(r, words)...)
	case fillShare:
		return append(dst, pick(r, shares)...)
	case fillDigits:
		return appendDigits(dst, r, g.a)
	case fillHex:
		return appendHex(dst, r.next(), g.a, lowerHex)
	case fillHEX:
		return appendHex(dst, r.next(), g.a, upperHex)
	case fillRange:
		return strconv.AppendInt(dst, int64(r.between(g.a, g.b)), 10)
	case fillGUIDLower:
		return appendGUID(dst, randomGUID(r), lowerHex)
	case fillGUIDUpper:
		return appendGUID(dst, randomGUID(r), upperHex)
	case fillDay:
		b := h.clock.at(h.now)
		dst = append(dst, b[0:4]...)
		dst = append(dst, b[5:7]...)
		return append(dst, b[8:10]...)
	case fillClock:
		b := h.clock.at(h.now)
		dst = append(dst, b[11:13]...)
		dst = append(dst, b[14:16]...)
		return append(dst, b[17:19]...)
	}
	return dst
}

const (
	lowerHex = "0123456789abcdef"
	upperHex = "0123456789ABCDEF"
)

// appendHex appends n hexadecimal digits of v, going on with its mixture after sixteen.
func appendHex(dst []byte, v uint64, n int, digits string) []byte {
	x := v
	for i := range n {
		if i > 0 && i%16 == 0 {
			v = mix64(v + 1)
			x = v
		}
		dst = append(dst, digits[x&15])
		x >>= 4
	}
	return dst
}

func appendDigits(dst []byte, r *random, n int) []byte {
	x := r.next()
	for i := range n {
		if i > 0 && i%16 == 0 {
			x = r.next()
		}
		dst = append(dst, byte('0'+x%10))
		x /= 10
	}
	return dst
}

// guid is an identifier in the order in which its text is written.
type guid [16]byte

func randomGUID(r *random) guid {
	var g guid
	a, b := r.next(), r.next()
	for i := range 8 {
		g[i] = byte(a >> (8 * i))
		g[8+i] = byte(b >> (8 * i))
	}
	g[6] = g[6]&0x0F | 0x40
	g[8] = g[8]&0x3F | 0x80
	return g
}

// appendGUID appends 0a1b2c3d-0000-4000-8000-000000000001.
func appendGUID(dst []byte, g guid, digits string) []byte {
	for i, b := range g {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, digits[b>>4], digits[b&15])
	}
	return dst
}

// parseGUID reads an identifier with or without braces; what is no hexadecimal digit is passed over.
func parseGUID(s string) guid {
	var g guid
	n := 0
	for i := range len(s) {
		v, ok := hexValue(s[i])
		if !ok || n >= 32 {
			continue
		}
		g[n/2] = g[n/2]<<4 | v
		n++
	}
	return g
}

func hexValue(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
