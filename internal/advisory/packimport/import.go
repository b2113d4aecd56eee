// Package packimport makes advisory packs of what others publish: STIX 2.1 bundles, layers of the ATT&CK Navigator, CSAF 2.0
// documents, folders of Sigma rules and events of MISP.
//
// The result is a folder that loads. What could not be carried over is said line by line, and so is what the import had to
// supply itself; nothing is invented: a pack whose source has no tests has none, and `entente pack check` says so.
//
// What is imported is hostile: sizes, counts and nesting are bounded, names of files are made anew, and nothing of a source
// decides where a file is written.
package packimport

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"entente/internal/advisory"
	"entente/internal/attack"
)

// Format is what a pack can be made of.
type Format string

// The formats.
const (
	STIX      Format = "stix"      // STIX 2.1 bundle; 2.0 is read alike
	Navigator Format = "navigator" // ATT&CK Navigator layer
	CSAF      Format = "csaf"      // CSAF 2.0 document
	Sigma     Format = "sigma"     // folder of Sigma rules, or a file of them
	MISP      Format = "misp"      // MISP event in JSON
)

// Formats lists all formats.
func Formats() []Format { return []Format{STIX, Navigator, CSAF, Sigma, MISP} }

// ParseFormat reads a format's name.
func ParseFormat(s string) (Format, error) {
	f := Format(strings.ToLower(s))
	if !slices.Contains(Formats(), f) {
		names := make([]string, 0, 5)
		for _, k := range Formats() {
			names = append(names, string(k))
		}
		return "", fmt.Errorf("there is no format %q: use one of %s", s, strings.Join(names, ", "))
	}
	return f, nil
}

// Options shape an import. The zero value is ready.
type Options struct {
	Format Format // ""; told from the content
	ID     string // of the pack; "": made of the title
	TLP    string // handling; "": what the source says
	// Now is the date for what the source does not date; the zero time is the time of the call.
	Now time.Time
	// Facts are the facts of ATT&CK; nil: the embedded ones.
	Facts *attack.Facts
}

// Limits of a source.
const (
	maxSource = 64 << 20 // bytes of a JSON document
	maxNested = 64       // lists and objects of JSON in one another
)

// Read makes a pack of a file or a folder.
func Read(name string, o Options) (*Result, error) {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("import pack: %s: %w", name, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("import pack: %w", err)
	}
	if info.IsDir() {
		if o.Format != "" && o.Format != Sigma {
			return nil, fmt.Errorf("import pack: %s is a folder: only Sigma rules are read from folders", name)
		}
		root, err := os.OpenRoot(name)
		if err != nil {
			return nil, fmt.Errorf("import pack: %w", err)
		}
		defer root.Close() //nolint:errcheck // only read
		return fromFolder(root.FS(), filepath.Base(filepath.Clean(name)), o)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("import pack: %s is neither a file nor a folder", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("import pack: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	data, err := io.ReadAll(io.LimitReader(f, maxSource+1))
	if err != nil {
		return nil, fmt.Errorf("import pack: %w", err)
	}
	return FromData(filepath.Base(name), data, o)
}

// FromData makes a pack of a file in memory; name is what it is called, in messages and where nothing else gives the pack a
// name.
func FromData(name string, data []byte, o Options) (*Result, error) {
	if len(data) > maxSource {
		return nil, fmt.Errorf("import pack: %s is larger than %d MiB: split it", name, maxSource>>20)
	}
	data = trimBOM(data)
	if o.Format == "" {
		if o.Format = detect(name, data); o.Format == "" {
			if trimmed := bytes.TrimLeft(data, " \t\r\n"); len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[') {
				if err := checkJSON(data); err != nil {
					return nil, fmt.Errorf("import pack: %s: %w", name, err)
				}
			}
			return nil, fmt.Errorf("import pack: %s is nothing that is known\nhint: a STIX bundle, a Navigator layer, a CSAF document, "+
				"Sigma rules or a MISP event; name it with --format", name)
		}
	}
	d, err := newDraft(name, o)
	if err != nil {
		return nil, err
	}
	if o.Format == Sigma {
		d.addRuleFile(name, name, string(data))
		d.nameAfterFolder()
	} else {
		if err := checkJSON(data); err != nil {
			return nil, fmt.Errorf("import pack: %s: %w", name, err)
		}
		read := map[Format]func([]byte) error{STIX: d.readSTIX, Navigator: d.readLayer, CSAF: d.readCSAF, MISP: d.readMISP}[o.Format]
		if read == nil {
			_, err := ParseFormat(string(o.Format))
			return nil, err
		}
		if err := read(data); err != nil {
			return nil, fmt.Errorf("import pack: %s: %w", name, err)
		}
	}
	return d.finish(o.Format)
}

// newDraft begins a pack.
func newDraft(name string, o Options) (*draft, error) {
	if o.Facts == nil {
		facts, err := attack.Default()
		if err != nil {
			return nil, fmt.Errorf("import pack: %w", err)
		}
		o.Facts = facts
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	if o.ID != "" && !validID(o.ID) {
		return nil, fmt.Errorf("import pack: the id %q is none: lower-case letters, digits and hyphens, 2 to 64", o.ID)
	}
	return &draft{
		o: o, facts: o.Facts, source: name, byTTP: map[string]*advisory.TTP{}, byNow: map[string]*advisory.TTP{}, seenIndicators: map[string]bool{},
		mitigationIDs: map[string]bool{}, supplied: map[string]int{},
	}, nil
}

// Write writes the pack into a new folder, or one that is empty.
func (r *Result) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write pack: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("write pack: %w", err)
	}
	defer root.Close() //nolint:errcheck // each file is closed and looked at
	list, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("write pack: %w", err)
	}
	if len(list) > 0 {
		return fmt.Errorf("write pack: %s is not empty: name a folder that is, or none", dir)
	}
	for _, name := range r.Names() {
		if i := strings.LastIndexByte(name, '/'); i > 0 {
			if err := root.MkdirAll(name[:i], 0o755); err != nil {
				return fmt.Errorf("write pack: %w", err)
			}
		}
		f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return fmt.Errorf("write pack: %w", err)
		}
		_, err = f.Write(r.Files[name])
		if err := errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("write pack: %w", err)
		}
	}
	return nil
}
