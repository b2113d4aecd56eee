package advisory

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// Limits on what a pack may be. docs/formats/pack.md states them.
const (
	maxFiles    = 5000
	maxFile     = 4 << 20
	maxUnpacked = 64 << 20
	maxName     = 200 // bytes of a file's name in a pack
	maxDepth    = 8   // folders in one another
)

// Files of a pack.
const (
	manifestFile    = "pack.yml"
	mitigationsFile = "mitigations.yml"
	indicatorsFile  = "indicators.yml"
	ttpsDir         = "ttps/"
	rulesDir        = "rules/"
	testsDir        = "tests/"
	yamlExt         = ".yml"
)

// fileSet is what a pack holds, by name: slashes between folders, none at the ends.
type fileSet struct {
	data  map[string][]byte
	fold  map[string]string // names without case
	total int64
}

func newFileSet() *fileSet { return &fileSet{data: map[string][]byte{}, fold: map[string]string{}} }

// names lists the files in order.
func (s *fileSet) names() []string { return slices.Sorted(maps.Keys(s.data)) }

// admit says whether a file of that name may be added.
func (s *fileSet) admit(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if !known(name) {
		return errors.New("the format knows no such file: a pack holds pack.yml, ttps/*.yml, mitigations.yml, indicators.yml, rules/**/*.yml and tests/**/*.yml")
	}
	if other, ok := s.fold[strings.ToLower(name)]; ok {
		return fmt.Errorf("the name is taken by %s: where case does not count, one would overwrite the other", other)
	}
	if len(s.data) >= maxFiles {
		return fmt.Errorf("the pack holds more than %d files", maxFiles)
	}
	return nil
}

// add reads a file that admit has let in.
func (s *fileSet) add(name string, r io.Reader) error {
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(r, maxFile+1))
	if err != nil {
		return err
	}
	if n > maxFile {
		return fmt.Errorf("the file is larger than %d MiB", maxFile>>20)
	}
	if s.total += n; s.total > maxUnpacked {
		return fmt.Errorf("the pack is larger than %d MiB", maxUnpacked>>20)
	}
	s.data[name], s.fold[strings.ToLower(name)] = b.Bytes(), name
	return nil
}

// known says that the format has a file of that name.
func known(name string) bool {
	switch name {
	case manifestFile, mitigationsFile, indicatorsFile:
		return true
	}
	if path.Ext(name) != yamlExt || strings.HasPrefix(path.Base(name), ".") {
		return false
	}
	if rest, ok := strings.CutPrefix(name, ttpsDir); ok {
		return !strings.Contains(rest, "/")
	}
	return strings.HasPrefix(name, rulesDir) || strings.HasPrefix(name, testsDir)
}

// checkName refuses names that mean something else on some system, or nothing good anywhere.
func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("the name is empty")
	case len(name) > maxName:
		return fmt.Errorf("the name is longer than %d bytes", maxName)
	case strings.HasPrefix(name, "/"):
		return errors.New("the name is absolute")
	}
	for _, c := range []byte(name) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case strings.IndexByte("._-/+", c) >= 0:
		default:
			return fmt.Errorf("the name holds %q: only letters, digits and . _ - + / may stand in it", string(rune(c)))
		}
	}
	parts := strings.Split(name, "/")
	if len(parts) > maxDepth {
		return fmt.Errorf("the file lies deeper than %d folders", maxDepth)
	}
	for _, p := range parts {
		switch {
		case p == "" || p == "." || p == "..":
			return errors.New("the name leaves its folder or walks in place")
		case strings.HasSuffix(p, "."):
			return errors.New("a part of the name ends with a dot, which Windows drops")
		case reserved(p):
			return fmt.Errorf("%q is the name of a device on Windows", p)
		}
	}
	return nil
}

// reserved says that Windows takes a name for a device, whatever its extension.
func reserved(name string) bool {
	stem, _, _ := strings.Cut(strings.ToUpper(name), ".")
	switch stem {
	case "CON", "PRN", "AUX", "NUL":
		return true
	}
	return len(stem) == 4 && (strings.HasPrefix(stem, "COM") || strings.HasPrefix(stem, "LPT")) && stem[3] >= '0' && stem[3] <= '9'
}

// readFS reads the folder of a pack. Names that begin with a dot are left out: they are of the tools that work there.
func readFS(fsys fs.FS) (*fileSet, Problems) {
	s := newFileSet()
	var ps Problems
	bad := func(name string, err error) {
		ps = append(ps, Problem{Kind: KindFormat, File: name, Reason: cause(err)})
	}
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if len(ps) > maxFiles {
			return fs.SkipAll
		}
		switch {
		case err != nil:
			bad(p, err)
			return nil
		case p == ".":
			return nil
		case strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			if strings.Count(p, "/") >= maxDepth {
				bad(p, fmt.Errorf("folders lie deeper than %d in one another", maxDepth))
				return fs.SkipDir
			}
			return nil
		case d.Type()&fs.ModeSymlink != 0:
			bad(p, errors.New("this is a symbolic link: a pack holds files only"))
			return nil
		case !d.Type().IsRegular():
			bad(p, errors.New("this is neither a file nor a folder"))
			return nil
		}
		if err := s.admit(p); err != nil {
			bad(p, err)
			return nil
		}
		f, err := fsys.Open(p)
		if err != nil {
			bad(p, err)
			return nil
		}
		defer f.Close() //nolint:errcheck // only read
		if err := s.add(p, f); err != nil {
			bad(p, err)
			if s.total > maxUnpacked {
				return fs.SkipAll
			}
		}
		return nil
	})
	if err != nil {
		bad("", err)
	}
	return s, ps
}

// cause is the reason of an error without the path.
func cause(err error) string {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err.Error()
	}
	return err.Error()
}
