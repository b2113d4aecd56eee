// Package packexport writes advisory packs in formats that other tools and people read: STIX 2.1, CSAF 2.0, layers of the
// ATT&CK Navigator, Markdown, a page of HTML and a table.
//
// The same pack gives the same bytes: identifiers are made of the pack's id, and times come from its manifest. What a format
// has no place for is said in remarks. The text of a pack is hostile: it is escaped for the place where it stands, characters
// that show nothing are written out, and no address becomes a link unless it is one of the web.
//
// Tests of rules are carried over by no format: whoever wants them reads the pack itself.
package packexport

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"entente/internal/advisory"
	"entente/internal/attack"
)

// Format is a way to write a pack.
type Format string

// The formats.
const (
	STIX      Format = "stix"      // STIX 2.1 bundle
	CSAF      Format = "csaf"      // CSAF 2.0 document
	Navigator Format = "navigator" // ATT&CK Navigator layer 4.5
	Markdown  Format = "markdown"
	HTML      Format = "html" // one page that needs nothing else
	CSV       Format = "csv"  // one row for each TTP
)

// Formats lists all formats.
func Formats() []Format { return []Format{STIX, CSAF, Navigator, Markdown, HTML, CSV} }

// ParseFormat reads a format's name.
func ParseFormat(s string) (Format, error) {
	f := Format(strings.ToLower(s))
	if f == "md" {
		f = Markdown
	}
	if !slices.Contains(Formats(), f) {
		names := make([]string, 0, 6)
		for _, k := range Formats() {
			names = append(names, string(k))
		}
		return "", fmt.Errorf("there is no format %q: use one of %s", s, strings.Join(names, ", "))
	}
	return f, nil
}

// Options shape an export. The zero value is ready.
type Options struct {
	// Today writes ATT&CK ids as they are now rather than as they were published.
	Today bool
	// Facts are the facts of ATT&CK to take names from; nil: the embedded ones.
	Facts *attack.Facts
}

// Write writes a pack. The remarks say what the format could not hold.
func Write(w io.Writer, f Format, p *advisory.Pack, o Options) ([]advisory.Remark, error) {
	if o.Facts == nil {
		facts, err := attack.Default()
		if err != nil {
			return nil, fmt.Errorf("export pack: %w", err)
		}
		o.Facts = facts
	}
	b := newBook(p, o)
	var out bytes.Buffer
	var err error
	switch f {
	case STIX:
		err = b.writeSTIX(&out)
	case CSAF:
		err = b.writeCSAF(&out)
	case Navigator:
		err = b.writeNavigator(&out)
	case Markdown:
		b.writeMarkdown(&out)
	case HTML:
		err = b.writeHTML(&out)
	case CSV:
		b.writeCSV(&out)
	default:
		_, err = ParseFormat(string(f))
	}
	if err != nil {
		return nil, fmt.Errorf("export pack: %w", err)
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return nil, fmt.Errorf("export pack: %w", err)
	}
	return b.remarks, nil
}
