package source

import (
	"fmt"
	"slices"
	"strings"
)

// Sniffer is how a [Format] is recognised by content. A format without it is used only when it is asked for by
// name.
type Sniffer interface {
	// Sniff says how sure it is, from 0 (no) to 100 (a magic number), that a stream which starts with prefix is of
	// its format. prefix is the first 64 KiB, or all of a shorter stream; text is UTF-8 without byte order mark
	// already, whatever it was in the file. Blank lines may come first, and the last line may be cut off.
	//
	// Guidance, so that formats stay comparable: 100 magic bytes; 90 a header line that nothing else has; 80 several
	// lines that all parse as a format with a strict shape; 60 the same for a loose shape; 40 a family (any JSON, any
	// CSV with a header); 10 any text. On a tie the format that comes first in the list wins.
	Sniff(prefix []byte) int
}

// sniffLen is how much of a stream formats see to recognise themselves.
const sniffLen = 64 << 10

// newFormats lists every format, most specific first.
func newFormats() []Format {
	return []Format{
		newEVTX(),
		newIIS(),
		newExchange(),
		newZeek(),
		newAuditd(),
		newWinXML(),
		newJSON(),
		newWebAccess(),
		newSyslog(),
		newCSV(),
		newText(),
	}
}

// Formats returns every format that this package reads, most specific first.
func Formats() []Format { return newFormats() }

// ByName returns the format of that name, as --as takes it. The error lists the names there are.
func ByName(name string) (Format, error) {
	all := newFormats()
	for _, f := range all {
		if f.Name() == strings.ToLower(strings.TrimSpace(name)) {
			return f, nil
		}
	}
	names := make([]string, 0, len(all))
	for _, f := range all {
		names = append(names, f.Name())
	}
	slices.Sort(names)
	return nil, fmt.Errorf("no log format is called %q\nhint: use one of %s", name, strings.Join(names, ", "))
}

// detect returns the format that is surest of prefix, or nil where none is sure at all.
func detect(formats []Format, prefix []byte) Format {
	var (
		best  Format
		score int
	)
	for _, f := range formats {
		s, ok := f.(Sniffer)
		if !ok {
			continue
		}
		if n := s.Sniff(prefix); n > score {
			best, score = f, n
		}
		if score >= 100 {
			break
		}
	}
	return best
}
