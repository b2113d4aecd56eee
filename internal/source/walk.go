package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Stdin is the input that stands for standard input.
const Stdin = "-"

// Skipped is an input that was not read, or not to its end, with the reason.
type Skipped struct {
	File   string
	Reason string
	// Named says that the user named this very input, so that a mistyped path is not lost among what a folder holds.
	Named bool
	// Limit says that it was not read because of a limit, as in [Warning].
	Limit bool
}

// entry is one file that the walk found.
type entry struct {
	path  string
	size  int64 // -1 where it is not known (standard input, pipes)
	named bool  // by the user, not found in a folder
	when  time.Time
	info  fs.FileInfo // nil for standard input and pipes
}

// maxWalkDepth bounds the nesting of folders.
const maxWalkDepth = 256

// walk finds the files of the inputs and hands them to visit in a fixed order: inputs as they were given, the matches
// of a pattern and the content of a folder sorted by name. Folders are walked to their bottom. A file is visited once,
// however often the inputs lead to it. Symbolic links are followed, unless they lead into a folder that is walked
// anyway; so a loop of links ends. What is left out goes to skip. The error is visit's or the context's.
func walk(ctx context.Context, inputs []string, visit func(entry) error, skip func(Skipped)) error {
	w := walker{ctx: ctx, visit: visit, skip: skip, files: map[string]bool{}}
	for _, in := range inputs {
		if err := w.input(in); err != nil {
			return err
		}
	}
	return nil
}

type walker struct {
	ctx   context.Context //nolint:containedctx // a walker lives for one call
	visit func(entry) error
	skip  func(Skipped)
	roots []string        // real paths of folders walked or being walked
	files map[string]bool // real paths of files that were named or reached through links
	stdin bool
}

func (w *walker) input(in string) error {
	if in == Stdin {
		if w.stdin {
			return nil
		}
		w.stdin = true
		return w.visit(entry{path: Stdin, size: -1, named: true})
	}
	if in == "" {
		w.skip(Skipped{File: `""`, Reason: "an empty path names nothing", Named: true})
		return nil
	}
	if _, err := os.Lstat(in); err != nil && isGlob(in) { //nolint:gosec // the user names the files to read
		found, err := glob(in)
		switch {
		case errors.Is(err, filepath.ErrBadPattern):
			w.skip(Skipped{File: in, Reason: "no such file, and no valid pattern either", Named: true})
		case err != nil:
			w.skip(Skipped{File: in, Reason: err.Error(), Named: true})
		case len(found) == 0:
			w.skip(Skipped{File: in, Reason: "no file matches", Named: true})
		}
		for _, p := range found {
			if err := w.named(p); err != nil {
				return err
			}
		}
		return nil
	}
	return w.named(in)
}

// named visits a path that the user gave, or that a pattern of the user's matched.
func (w *walker) named(path string) error {
	fi, err := os.Stat(path) //nolint:gosec // the user names the files to read
	if err != nil {
		w.skip(Skipped{File: path, Reason: whyNot(err), Named: true})
		return nil
	}
	actual := realPath(path)
	switch {
	case fi.IsDir():
		if w.covered(actual) {
			return nil
		}
		w.roots = append(w.roots, actual)
		return w.dir(path, actual, 0)
	case fi.Mode().IsRegular():
		if w.files[actual] || w.covered(actual) {
			return nil
		}
		w.files[actual] = true
		return w.visit(entry{path: path, size: fi.Size(), named: true, when: fi.ModTime(), info: fi})
	case fi.Mode()&(fs.ModeNamedPipe|fs.ModeCharDevice) != 0:
		// A shell's process substitution is a pipe with a name.
		return w.visit(entry{path: path, size: -1, named: true})
	default:
		w.skip(Skipped{File: path, Reason: special(fi.Mode()), Named: true})
		return nil
	}
}

func (w *walker) dir(path, actual string, depth int) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if depth > maxWalkDepth {
		w.skip(Skipped{File: path, Reason: fmt.Sprintf("folders are nested deeper than %d", maxWalkDepth)})
		return nil
	}
	list, err := os.ReadDir(path)
	if err != nil {
		w.skip(Skipped{File: path, Reason: whyNot(err), Named: depth == 0})
	}
	for _, d := range list {
		p, r := filepath.Join(path, d.Name()), filepath.Join(actual, d.Name())
		switch t := d.Type(); {
		case t.IsDir():
			if slices.Contains(w.roots, r) {
				continue // it was walked as an input of its own
			}
			if err := w.dir(p, r, depth+1); err != nil {
				return err
			}
		case t&fs.ModeSymlink != 0:
			if err := w.link(p, depth); err != nil {
				return err
			}
		case t.IsRegular():
			if w.files[r] {
				continue
			}
			fi, err := d.Info()
			if err != nil {
				w.skip(Skipped{File: p, Reason: whyNot(err)})
				continue
			}
			if err := w.visit(entry{path: p, size: fi.Size(), when: fi.ModTime(), info: fi}); err != nil {
				return err
			}
		default:
			w.skip(Skipped{File: p, Reason: special(t)})
		}
	}
	return nil
}

func (w *walker) link(path string, depth int) error {
	actual, err := filepath.EvalSymlinks(path)
	if err != nil {
		w.skip(Skipped{File: path, Reason: "symbolic link that leads nowhere: " + whyNot(err)})
		return nil
	}
	actual = realPath(actual)
	fi, err := os.Stat(actual) //nolint:gosec // the user names the files to read
	if err != nil {
		w.skip(Skipped{File: path, Reason: whyNot(err)})
		return nil
	}
	if w.covered(actual) || w.files[actual] {
		w.skip(Skipped{File: path, Reason: "symbolic link to " + printable(actual) + ", which is read under its own name"})
		return nil
	}
	switch {
	case fi.IsDir():
		for _, r := range w.roots {
			if within(r, actual) {
				w.skip(Skipped{File: path, Reason: "symbolic link to a folder that contains it"})
				return nil
			}
		}
		w.roots = append(w.roots, actual)
		return w.dir(path, actual, depth+1)
	case fi.Mode().IsRegular():
		w.files[actual] = true
		return w.visit(entry{path: path, size: fi.Size(), when: fi.ModTime(), info: fi})
	default:
		w.skip(Skipped{File: path, Reason: special(fi.Mode())})
		return nil
	}
}

// covered says that a real path lies in a folder that is walked.
func (w *walker) covered(actual string) bool {
	return slices.ContainsFunc(w.roots, func(root string) bool { return within(actual, root) })
}

// within says that path is root or below it.
func within(path, root string) bool {
	if path == root {
		return true
	}
	if !strings.HasSuffix(root, string(filepath.Separator)) {
		root += string(filepath.Separator)
	}
	return strings.HasPrefix(path, root)
}

// realPath is the absolute path without symbolic links, as far as the system tells.
func realPath(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if actual, err := filepath.EvalSymlinks(path); err == nil {
		path = actual
	}
	return filepath.Clean(path)
}

// whyNot words an error of the file system without the path, which stands beside it already.
func whyNot(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "no such file or folder"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	}
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err.Error()
	}
	return err.Error()
}

func special(m fs.FileMode) string {
	switch {
	case m&fs.ModeNamedPipe != 0:
		return "named pipe; name it as an input to read it"
	case m&fs.ModeSocket != 0:
		return "socket"
	case m&fs.ModeDevice != 0:
		return "device"
	default:
		return "not a regular file"
	}
}
