package report

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"

	"entente/internal/hunt"
)

// packer compresses blocks.
type packer struct {
	zip *gzip.Writer
	raw bytes.Buffer
	out []byte
}

func newPacker() *packer {
	p := &packer{}
	p.zip, _ = gzip.NewWriterLevel(&p.raw, 6) // 6 is a level that exists
	return p
}

// pack returns data as gzip in base64; the result is valid until the next call.
func (p *packer) pack(data []byte) []byte {
	p.raw.Reset()
	p.zip.Reset(&p.raw)
	_, _ = p.zip.Write(data) // a buffer takes everything
	_ = p.zip.Close()
	n := base64.StdEncoding.EncodedLen(p.raw.Len())
	if cap(p.out) < n {
		p.out = make([]byte, n)
	}
	p.out = p.out[:n]
	base64.StdEncoding.Encode(p.out, p.raw.Bytes())
	return p.out
}

// What the report should know about a row without looking at its details.
const (
	flagCaveat = 1 << iota
	flagCorrelation
	flagClipped // a value of the record was too long and was cut
	flagBare    // the record itself is left out
)

// indexBlock holds the columns by which rows are filtered and sorted, for some thousand findings at a time. Texts
// that repeat are numbers into one list that grows over the blocks; each block brings what is new in it.
type indexBlock struct {
	n                                                int
	time                                             []byte // milliseconds since the row before; null without time
	span                                             []byte // milliseconds from the first record to the last
	last                                             int64
	rule, host, user, channel, file, id, count, flag []byte
	text                                             []byte // one telling line of each finding
	dict                                             map[string]int
	dictBytes                                        int
	fresh                                            []byte
}

const (
	maxDictBytes = 64 << 20
	maxDictText  = 512
	maxHeadline  = 220
)

func newIndexBlock() *indexBlock {
	b := &indexBlock{dict: map[string]int{"": 0}}
	b.reset()
	return b
}

func (b *indexBlock) reset() {
	b.n, b.last = 0, 0
	for _, col := range b.columns() {
		*col.data = (*col.data)[:0]
	}
}

type indexColumn struct {
	name string
	data *[]byte
}

func (b *indexBlock) columns() []indexColumn {
	return []indexColumn{
		{"s", &b.fresh},
		{"t", &b.time},
		{"l", &b.span},
		{"r", &b.rule},
		{"h", &b.host},
		{"u", &b.user},
		{"c", &b.channel},
		{"f", &b.file},
		{"e", &b.id},
		{"n", &b.count},
		{"k", &b.flag},
		{"d", &b.text},
	}
}

// add takes a finding, with the number of its rule and that of the hosts that it is of.
func (b *indexBlock) add(f *hunt.Finding, rule int, hosts int32, flags int) {
	sep := func(col *[]byte) {
		if b.n > 0 {
			*col = append(*col, ',')
		}
	}
	num := func(col *[]byte, v int64) {
		sep(col)
		*col = strconv.AppendInt(*col, v, 10)
	}
	if hasTime(f.Time) {
		ms := f.Time.UnixMilli()
		num(&b.time, ms-b.last)
		b.last = ms
	} else {
		sep(&b.time)
		b.time = append(b.time, "null"...)
	}
	span := int64(0)
	if last := lastTime(f); hasTime(f.Time) && hasTime(last) && last.After(f.Time) {
		span = last.UnixMilli() - f.Time.UnixMilli()
	}
	num(&b.span, span)
	channel := f.Channel
	if channel == "" {
		channel = string(f.Source)
	}
	num(&b.rule, int64(rule))
	num(&b.host, int64(hosts))
	num(&b.user, b.number(f.User))
	num(&b.channel, b.number(channel))
	num(&b.file, b.number(f.File))
	num(&b.id, int64(f.EventID))
	num(&b.count, weight(f))
	if len(f.Caveats) > 0 {
		flags |= flagCaveat
	}
	if f.Correlation != nil {
		flags |= flagCorrelation
	}
	num(&b.flag, int64(flags))
	sep(&b.text)
	b.text = appendJSONString(b.text, clipBytes(headline(f), maxHeadline))
	b.n++
}

// number returns the number of a text in the list. When the list is full, which takes hostile logs, new texts share
// one number; the details still have them.
func (b *indexBlock) number(s string) int64 {
	s = clipBytes(s, maxDictText)
	n, ok := b.dict[s]
	if ok {
		return int64(n)
	}
	if b.dictBytes+len(s) > maxDictBytes {
		s = "(one of very many)"
		if n, ok = b.dict[s]; ok {
			return int64(n)
		}
	}
	n = len(b.dict)
	b.dict[strings.Clone(s)] = n
	b.dictBytes += len(s) + 64
	if len(b.fresh) > 0 {
		b.fresh = append(b.fresh, ',')
	}
	b.fresh = appendJSONString(b.fresh, s)
	return int64(n)
}

func (b *indexBlock) json() []byte {
	var out []byte
	for i, col := range b.columns() {
		out = append(out, "{,"[min(i, 1)])
		out = append(appendJSONString(out, col.name), ':', '[')
		out = append(out, *col.data...)
		out = append(out, ']')
	}
	return append(out, '}')
}

const (
	maxDetail      = 128 << 10 // of a record's JSON; longer ones have their long values cut
	maxDetailValue = 8 << 10
)

// slim cuts what is too long out of a copy of a finding. The file and the offset in it lead to the rest.
func slim(f *hunt.Finding) (flags int) {
	if len(f.Event) > maxDetail {
		flags |= flagClipped
		j := jsonText{b: []byte{'{'}}
		seen := map[string]bool{}
		for _, fd := range parseRecord(f.Event) {
			if len(j.b) > maxDetail {
				break
			}
			if name := clipText(fd.name, 512); !seen[name] {
				seen[name] = true
				j.str(name, clipText(fd.value, maxDetailValue))
			}
		}
		j.close('}')
		f.Event = j.b
	}
	total := 0
	for _, m := range f.Matched {
		total += len(m.Value)
	}
	if total > maxDetail {
		flags |= flagClipped
		cut := make([]hunt.FieldValue, 0, len(f.Matched))
		for _, m := range f.Matched[:min(len(f.Matched), 64)] {
			cut = append(cut, hunt.FieldValue{Name: clipText(m.Name, 512), Value: clipText(m.Value, maxDetailValue/4)})
		}
		f.Matched = cut
	}
	return flags
}

// clipText cuts s and says how much is missing.
func clipText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	kept := clipBytes(s, n)
	return kept + " […" + thousands(int64(utf8.RuneCountInString(s[len(kept):]))) + " more characters]"
}
