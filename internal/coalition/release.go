package coalition

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// Index lists the files of a release: what everybody gets at the hour. Its salt hides what it lists until then.
type Index struct {
	Type      string  `json:"type"` // "release"
	Coalition string  `json:"coalition"`
	Statement string  `json:"statement"`
	Manifest  Digest  `json:"manifest"`
	Salt      string  `json:"salt"`
	Files     []Entry `json:"files"` // in order of path
}

// Entry is a file of a release.
type Entry struct {
	Path   string `json:"path"`
	Digest Digest `json:"digest"`
	Size   int64  `json:"size"` // bytes
}

// maxRelease bounds a release, in bytes: the files of a statement, and what is made of them.
const maxRelease = 2 * MaxFileSize

var errRelease = errors.New("release")

// WriteRelease puts files together as they are sealed: the index as canonical JSON, a line feed, and the contents of the
// files in its order. The same files and salt give the same bytes.
func WriteRelease(m *Manifest, manifest Digest, files map[string][]byte, random io.Reader) (release []byte, contents Digest, err error) {
	salt, err := newSalt(random)
	if err != nil {
		return nil, "", err
	}
	x := &Index{Type: "release", Coalition: m.Coalition, Statement: m.Statement, Manifest: manifest, Salt: salt, Files: []Entry{}}
	for _, p := range slices.Sorted(maps.Keys(files)) {
		x.Files = append(x.Files, Entry{p, DigestOf(files[p]), int64(len(files[p]))})
	}
	if err := x.check(); err != nil {
		return nil, "", err
	}
	head, err := write(x)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", errRelease, err)
	}
	b := append(bytes.Clone(head), '\n')
	for _, f := range x.Files {
		b = append(b, files[f.Path]...)
	}
	if len(b) > maxRelease {
		return nil, "", fmt.Errorf("%w: it is larger than %d bytes", errRelease, int64(maxRelease))
	}
	return b, DigestOf(head), nil
}

// ReadRelease takes a release apart whose index has the digest that the seal names. The files share its memory.
func ReadRelease(b []byte, contents Digest) (*Index, map[string][]byte, error) {
	head, rest, ok := bytes.Cut(b, []byte{'\n'})
	if !ok || DigestOf(head) != contents {
		return nil, nil, fmt.Errorf("%w: its index is not the one that the seal names", errRelease)
	}
	x, err := ReadIndex(head)
	if err != nil {
		return nil, nil, err
	}
	files := make(map[string][]byte, len(x.Files))
	for _, f := range x.Files {
		if f.Size > int64(len(rest)) {
			return nil, nil, fmt.Errorf("%w: it ends within file %s", errRelease, f.Path)
		}
		content := rest[:f.Size:f.Size]
		if DigestOf(content) != f.Digest {
			return nil, nil, fmt.Errorf("%w: file %s is not the one that the index names", errRelease, f.Path)
		}
		files[f.Path], rest = content, rest[f.Size:]
	}
	if len(rest) > 0 {
		return nil, nil, fmt.Errorf("%w: there is more behind its last file", errRelease)
	}
	return x, files, nil
}

// ReadIndex reads an index in its one form.
func ReadIndex(b []byte) (*Index, error) {
	x := new(Index)
	if err := read(b, x); err != nil {
		return nil, fmt.Errorf("%w: %w", errRelease, err)
	}
	return x, x.check()
}

func (x *Index) check() error {
	if x.Type != "release" || !uuidForm.MatchString(x.Coalition) || !uuidForm.MatchString(x.Statement) || !x.Manifest.Valid() || !saltForm.MatchString(x.Salt) {
		return fmt.Errorf("%w: its index is none", errRelease)
	}
	files := make([]File, 0, len(x.Files))
	for _, f := range x.Files {
		if f.Path == ProofFile {
			return fmt.Errorf("%w: %s is the name of the proof, which is made afterwards", errRelease, ProofFile)
		}
		files = append(files, File{f.Path, f.Digest, f.Size, FileText})
	}
	if err := checkFiles(files); err != nil {
		return fmt.Errorf("%w: %w", errRelease, err)
	}
	return nil
}

// ProofFile is what the proof is called that lies beside the files of a release.
const ProofFile = "proof.json"
