package coalition

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// Manifest is the content of one revision of a statement, as its members agree on it: its digest is what they sign. What
// it names by digest alone is frozen with it.
type Manifest struct {
	Type       string    `json:"type"` // "statement"
	Coalition  string    `json:"coalition"`
	Statement  string    `json:"statement"` // UUID
	Revision   int64     `json:"revision"`  // from 1
	Supersedes Digest    `json:"supersedes,omitempty"`
	Salt       string    `json:"salt"` // 16 random bytes in hexadecimal: nobody can guess the content from its digest
	Title      []Wording `json:"title"`
	TLP        string    `json:"tlp"`    // of what is released to everybody: clear or green
	Claims     []Claim   `json:"claims"` // in order of id
	Files      []File    `json:"files"`  // in order of path
	// Annex is the digest of the list of the files that only members get; its own salt hides what stands in it.
	Annex Digest `json:"annex,omitempty"`
}

// Annex lists files for members alone.
type Annex struct {
	Type  string `json:"type"` // "annex"
	Salt  string `json:"salt"`
	TLP   string `json:"tlp"` // amber or amber+strict
	Files []File `json:"files"`
}

// Claim is one thing that a statement says, so that members can say which they stand for.
type Claim struct {
	ID   string    `json:"id"`
	Text []Wording `json:"text"` // in order of language
}

// File is one that belongs to a statement.
type File struct {
	Path   string `json:"path"` // with slashes, below the statement's folder
	Digest Digest `json:"digest"`
	Size   int64  `json:"size"` // bytes
	Role   string `json:"role"` // pack, text, or annex
}

// Roles of files.
const (
	FilePack  = "pack"  // an archive of an advisory pack, which allies hunt with
	FileText  = "text"  // a text of the statement
	FileAnnex = "annex" // anything else that belongs to it
)

// Bounds on content.
const (
	maxClaims   = 1024
	maxFiles    = 1024
	MaxFileSize = 256 << 20 // bytes, of one file and of all of a statement's
)

var errManifest = errors.New("manifest")

// Bytes are the manifest in its one form.
func (m *Manifest) Bytes() ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	return write(m)
}

// ReadManifest reads what Bytes writes, and nothing else.
func ReadManifest(b []byte) (*Manifest, error) {
	m := new(Manifest)
	if err := read(b, m); err != nil {
		return nil, fmt.Errorf("%w: %w", errManifest, err)
	}
	return m, m.check()
}

// Bytes are the annex in its one form.
func (a *Annex) Bytes() ([]byte, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	return write(a)
}

// ReadAnnex reads what Bytes writes, and nothing else.
func ReadAnnex(b []byte) (*Annex, error) {
	a := new(Annex)
	if err := read(b, a); err != nil {
		return nil, fmt.Errorf("annex: %w", err)
	}
	return a, a.check()
}

func (m *Manifest) check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: %w", errManifest, fmt.Errorf(format, args...))
	}
	switch {
	case m.Type != "statement":
		return bad("it is of type %.30q, not statement", m.Type)
	case !uuidForm.MatchString(m.Coalition) || !uuidForm.MatchString(m.Statement):
		return bad("it does not name a coalition and a statement by their UUIDs")
	case m.Revision < 1 || (m.Revision == 1) != (m.Supersedes == "") || m.Supersedes != "" && !m.Supersedes.Valid():
		return bad("revision %d and the one that it supersedes do not go together", m.Revision)
	case !saltForm.MatchString(m.Salt):
		return bad("its salt is not 16 bytes in hexadecimal")
	case m.TLP != "clear" && m.TLP != "green":
		return bad("what is released is TLP clear or green, not %.30q; what only members may have belongs into the annex", m.TLP)
	case m.Annex != "" && !m.Annex.Valid():
		return bad("%.80q is no digest of an annex", m.Annex)
	case len(m.Claims) > maxClaims:
		return bad("it has %d claims, more than %d", len(m.Claims), maxClaims)
	case len(m.Title) == 0:
		return bad("it has no title")
	}
	if reason := wordings(m.Title); reason != "" {
		return bad("its title: %s", reason)
	}
	for i, c := range m.Claims {
		if !claimForm.MatchString(c.ID) || i > 0 && m.Claims[i-1].ID >= c.ID {
			return bad("%.70q is no id of a claim (lower-case letters, digits, dots and hyphens), or not in order", c.ID)
		}
		if reason := wordings(c.Text); reason != "" || len(c.Text) == 0 {
			return bad("claim %s: it has no text, or %s", c.ID, reason)
		}
	}
	if err := checkFiles(m.Files); err != nil {
		return bad("%w", err)
	}
	return nil
}

func (a *Annex) check() error {
	if a.Type != "annex" || !saltForm.MatchString(a.Salt) || a.TLP != "amber" && a.TLP != "amber+strict" {
		return errors.New("annex: its type, its salt, or its TLP (amber or amber+strict) is wrong")
	}
	if err := checkFiles(a.Files); err != nil {
		return fmt.Errorf("annex: %w", err)
	}
	return nil
}

func checkFiles(files []File) error {
	if len(files) > maxFiles {
		return fmt.Errorf("it has %d files, more than %d", len(files), maxFiles)
	}
	var sum int64
	folded := map[string]bool{} // two files that some systems take for one
	for i, f := range files {
		sum += f.Size
		if folded[strings.ToLower(f.Path)] {
			return fmt.Errorf("file %s stands there in another case, too", f.Path)
		}
		folded[strings.ToLower(f.Path)] = true
		switch {
		case !safePath(f.Path) || i > 0 && files[i-1].Path >= f.Path:
			return fmt.Errorf("%.100q is no path of a file below its folder, or not in order", f.Path)
		case !f.Digest.Valid():
			return fmt.Errorf("file %s: %.80q is no digest", f.Path, f.Digest)
		case f.Size < 0 || f.Size > MaxFileSize || sum > MaxFileSize:
			return fmt.Errorf("file %s: the files are larger than %d bytes", f.Path, int64(MaxFileSize))
		case f.Role != FilePack && f.Role != FileText && f.Role != FileAnnex:
			return fmt.Errorf("file %s: there is no role %.30q", f.Path, f.Role)
		}
	}
	return nil
}

// safePath says that a path stays below its folder on every system: parts of letters, digits and ._- that neither begin
// with a dot nor end with one, and are no name of a device.
func safePath(p string) bool {
	if p == "" || len(p) > 255 || path.Clean(p) != p || !utf8.ValidString(p) {
		return false
	}
	for part := range strings.SplitSeq(p, "/") {
		if part == "" || part[0] == '.' || part[len(part)-1] == '.' || part[0] == '-' {
			return false
		}
		for i := range len(part) {
			switch c := part[i]; {
			case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '_', c == '-':
			default:
				return false
			}
		}
		stem, _, _ := strings.Cut(strings.ToLower(part), ".")
		if slices.Contains(devices, stem) {
			return false
		}
	}
	return true
}

// devices are names that Windows keeps for itself, with any extension.
var devices = []string{
	"aux", "com0", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "con",
	"lpt0", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9", "nul", "prn",
}

// wordings says what is wrong with texts in languages, or "".
func wordings(list []Wording) string {
	if len(list) > maxList {
		return "it has too many wordings"
	}
	for i, w := range list {
		switch {
		case !languageForm.MatchString(w.Language):
			return fmt.Sprintf("%.40q is no tag of a language (BCP 47)", w.Language)
		case strings.TrimSpace(w.Text) == "" || len(w.Text) > maxWording:
			return "a wording is empty or too long"
		case i > 0 && list[i-1].Language >= w.Language:
			return "its wordings are not in order of language"
		}
	}
	return ""
}

// In returns the text in a language, or in the first one where there is none in that.
func In(list []Wording, language string) string {
	for _, w := range list {
		if w.Language == language {
			return w.Text
		}
	}
	if len(list) == 0 {
		return ""
	}
	return list[0].Text
}
