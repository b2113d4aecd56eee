package sigma

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Load reads files and folders, the latter with everything below them that ends in .yml or .yaml. Symbolic links
// are followed, and no file is read twice. The result does not depend on the number of processors: documents come
// in the order of the paths, and in a folder in the order of names.
//
// The error is about a path that is not there or cannot be read. A document that is not loaded is a [Problem] and
// costs no other one.
func Load(opts Options, paths ...string) (*Collection, error) {
	w := walker{seen: map[string]bool{}}
	for _, p := range paths {
		if err := w.add(p); err != nil {
			return nil, err
		}
	}
	return load(opts, w.found, w.problems), nil
}

// LoadFS reads every .yml and .yaml file of a file system, such as one that is embedded.
func LoadFS(opts Options, fsys fs.FS) (*Collection, error) {
	var found []input
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() && ruleFile(p) {
			found = append(found, input{name: p, open: func() (io.ReadCloser, error) { return fsys.Open(p) }})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	return load(opts, found, nil), nil
}

// File is a file of documents that is in memory.
type File struct {
	Name string // in messages
	Data []byte
}

// ParseFiles reads the documents of files that are in memory, as [Load] does those of files on disk.
func ParseFiles(opts Options, files ...File) *Collection {
	found := make([]input, len(files))
	for i, f := range files {
		found[i] = input{name: f.Name, open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(f.Data)), nil }}
	}
	return load(opts, found, nil)
}

// Parse reads the documents of one file that is in memory. file is its name in messages; it may be "". The error
// is about the file as a whole: that it is too large, or in another encoding.
func Parse(opts Options, file string, data []byte) (*Collection, error) {
	res := &fileResult{}
	l := newFileLoader(&opts)
	l.file, l.out = file, res
	if err := l.parse(data); err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	return link([]*fileResult{res}, nil), nil
}

func ruleFile(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".yml" || ext == ".yaml"
}

// input is a file to read.
type input struct {
	name string
	open func() (io.ReadCloser, error)
}

// walker finds files.
type walker struct {
	seen     map[string]bool // files and folders, by their path without symbolic links
	found    []input
	problems []Problem
}

// add adds a path that the caller has named.
func (w *walker) add(p string) error {
	info, err := os.Stat(p)
	if err != nil {
		return unread(p, err)
	}
	if !info.IsDir() && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is neither a file nor a folder", p)
	}
	f, err := os.Open(p)
	if err != nil {
		return unread(p, err)
	}
	_ = f.Close()
	if info.IsDir() {
		w.folder(p, resolve(p), 0)
	} else {
		w.file(p, resolve(p))
	}
	return nil
}

// unread is the error of a path that cannot be read, without the call that failed.
func unread(p string, err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		err = pe.Err
	}
	return fmt.Errorf("%s cannot be read: %w", p, err)
}

// resolve returns the absolute path without symbolic links, by which a file is known whichever way it is reached.
func resolve(p string) string {
	if resolved, err := filepath.EvalSymlinks(p); err == nil {
		p = resolved
	}
	if abs, err := filepath.Abs(p); err == nil {
		p = abs
	}
	return p
}

// maxFolders bounds how deep folders are followed.
const maxFolders = 128

// folder adds what is below dir; resolved is its path without links. Resolving costs a system call for every part
// of a path, so it is done for links only.
func (w *walker) folder(dir, resolved string, depth int) {
	if w.seen[resolved] {
		return
	}
	w.seen[resolved] = true
	if depth > maxFolders {
		w.trouble(dir, fmt.Sprintf("the folder is more than %d levels down: name it itself", maxFolders))
		return
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		w.trouble(dir, "the folder cannot be read: "+cause(err))
	}
	for _, e := range list { // in order of name
		p, r, mode := filepath.Join(dir, e.Name()), filepath.Join(resolved, e.Name()), e.Type()
		if mode&fs.ModeSymlink != 0 {
			info, err := os.Stat(p)
			if err != nil {
				if ruleFile(p) {
					w.trouble(p, "the link cannot be followed: "+cause(err))
				}
				continue
			}
			r, mode = resolve(p), info.Mode().Type()
		}
		switch {
		case mode.IsDir():
			w.folder(p, r, depth+1)
		case !ruleFile(p):
		case mode.IsRegular():
			w.file(p, r)
		default:
			w.trouble(p, "this is not a file")
		}
	}
}

func (w *walker) file(p, resolved string) {
	if !w.seen[resolved] {
		w.seen[resolved] = true
		w.found = append(w.found, input{name: p, open: func() (io.ReadCloser, error) { return os.Open(p) }})
	}
}

func (w *walker) trouble(p, reason string) {
	w.problems = append(w.problems, Problem{File: p, Reason: reason})
}

// cause returns the reason of an error without the path, which the problem has already.
func cause(err error) string {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err.Error()
	}
	return err.Error()
}

// load reads the files with all processors.
func load(opts Options, files []input, problems []Problem) *Collection {
	results := make([]*fileResult, len(files))
	var (
		next atomic.Int64
		wg   sync.WaitGroup
	)
	for range min(runtime.GOMAXPROCS(0), len(files)) {
		wg.Go(func() {
			var buf []byte
			l := newFileLoader(&opts)
			for {
				i := int(next.Add(1)) - 1
				if i >= len(files) {
					return
				}
				results[i] = &fileResult{}
				l.file, l.out = files[i].name, results[i]
				buf = l.read(files[i], buf)
			}
		})
	}
	wg.Wait()
	return link(results, problems)
}

// read reads one file, but never more of it than the limit. It returns the buffer for the next one.
func (l *fileLoader) read(in input, buf []byte) []byte {
	f, err := in.open()
	if err == nil {
		buf, err = readAll(f, buf[:0])
		_ = f.Close()
		if err == nil {
			err = l.parse(buf)
		}
	}
	switch {
	case err != nil:
		l.problem(0, "", "the file cannot be read: "+cause(err))
	case l.out.documents > 0:
		return buf
	case len(buf) == 0: // as a copy onto a full disk leaves it
		l.problem(0, "", "it is empty: there is no rule in it")
	default:
		l.problem(0, "", "there is no rule in it, only blanks and comments")
	}
	l.out.documents++ // every file counts
	return buf
}

// readAll appends a file to buf, up to a little beyond the limit, with as few reads as possible.
func readAll(r io.Reader, buf []byte) ([]byte, error) {
	for {
		if len(buf) > maxFileSize+8 {
			return buf, nil
		}
		buf = slices.Grow(buf, 32<<10)
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if errors.Is(err, io.EOF) {
			return buf, nil
		}
		if err != nil {
			return buf, err
		}
	}
}
