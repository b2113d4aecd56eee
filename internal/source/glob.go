package source

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// maxGlob bounds the files and folders that one pattern may look at.
const maxGlob = 10_000_000

var errGlobTooWide = errors.New("the pattern matches too many files; name a folder instead")

// isGlob says that a path holds a meta character of [filepath.Match].
func isGlob(path string) bool { return strings.ContainsAny(path, "*?[") }

// glob returns the paths that match a pattern, sorted by folder. An element ** stands for any number of folders, none
// included; the rest is as in [filepath.Match]. Symbolic links to folders are not followed below **.
func glob(pattern string) ([]string, error) {
	vol := filepath.VolumeName(pattern)
	rest := filepath.ToSlash(pattern[len(vol):])
	base := vol
	if strings.HasPrefix(rest, "/") {
		base += string(filepath.Separator)
		rest = strings.TrimLeft(rest, "/")
	}
	var elems []string
	for e := range strings.SplitSeq(rest, "/") {
		if e == "" || e == "." {
			continue
		}
		if e == "**" && len(elems) > 0 && elems[len(elems)-1] == "**" {
			continue
		}
		if _, err := filepath.Match(e, ""); err != nil {
			return nil, err
		}
		elems = append(elems, e)
	}
	g := globber{seen: map[string]bool{}}
	if err := g.match(base, elems); err != nil {
		return nil, err
	}
	return g.found, nil
}

type globber struct {
	found []string
	seen  map[string]bool // two ways through ** may lead to one path
	looks int
}

func (g *globber) match(dir string, elems []string) error {
	if len(elems) == 0 {
		if dir != "" && !g.seen[dir] {
			g.seen[dir] = true
			g.found = append(g.found, dir)
		}
		return nil
	}
	elem, rest := elems[0], elems[1:]
	if !isGlob(elem) {
		p := filepath.Join(dir, elem)
		if dir == "" && elem == ".." {
			p = elem
		}
		if _, err := os.Stat(p); err != nil { //nolint:gosec // the user names the files to read
			return nil //nolint:nilerr // a path that is not there does not match
		}
		return g.match(p, rest)
	}
	if elem == "**" {
		if len(rest) == 0 {
			rest = []string{"*"} // a/** is everything below a
		}
		if err := g.match(dir, rest); err != nil {
			return err
		}
	}
	from := dir
	if from == "" {
		from = "."
	}
	list, err := os.ReadDir(from)
	if err != nil {
		return nil //nolint:nilerr // a folder that cannot be read matches nothing
	}
	for _, d := range list {
		if g.looks++; g.looks > maxGlob {
			return errGlobTooWide
		}
		p := filepath.Join(dir, d.Name())
		if elem == "**" {
			if d.IsDir() {
				if err := g.match(p, elems); err != nil {
					return err
				}
			}
			continue
		}
		// As in a shell, a leading dot must be written out.
		if strings.HasPrefix(d.Name(), ".") && !strings.HasPrefix(elem, ".") {
			continue
		}
		if ok, _ := filepath.Match(elem, d.Name()); !ok {
			continue
		}
		if len(rest) > 0 && !isDir(p) {
			continue
		}
		if err := g.match(p, rest); err != nil {
			return err
		}
	}
	return nil
}

func isDir(p string) bool {
	fi, err := os.Stat(p) //nolint:gosec // the user names the files to read
	return err == nil && fi.IsDir()
}
