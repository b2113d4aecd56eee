package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"entente/internal/report"
	"entente/internal/source"
)

// beingRead are paths that a verb reads, and what they are to it.
type beingRead struct {
	what  string
	paths []string
}

// guardOutputs refuses to write over what is read: evidence and rules are not to be had again. An output may lie in a
// folder that is read where it is a report of an earlier hunt, which no hunt reads, or empty. targets are those of -o.
func guardOutputs(ctx context.Context, targets []string, reads ...beingRead) error {
	type output struct {
		arg  string
		info fs.FileInfo
		ours bool
	}
	var there []output
	met := map[string]string{}
	for _, arg := range targets {
		_, path, ok := report.ParseTarget(arg)
		if !ok {
			continue // the caller says so
		}
		if abs, err := filepath.Abs(path); err == nil {
			if other, ok := met[abs]; ok {
				return usagef("-o %s and -o %s are one file", printable(other), printable(arg))
			}
			met[abs] = arg
		}
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			there = append(there, output{arg, info, info.Size() == 0 || isReport(path)})
		}
	}
	if len(there) == 0 {
		return nil
	}
	for _, r := range reads {
		paths := make([]string, 0, len(r.paths))
		for _, p := range r.paths {
			if p != "" && p != source.Stdin {
				paths = append(paths, p)
			}
		}
		err := source.Files(ctx, paths, func(f source.Found) error {
			info, err := os.Stat(f.Path)
			if err != nil {
				return nil //nolint:nilerr // whoever reads it will say so
			}
			for _, o := range there {
				if os.SameFile(o.info, info) && (f.Named || !o.ours) {
					return usagef("-o %s would write over %s, which is %s\nhint: name another file", printable(o.arg), printable(f.Path), r.what)
				}
			}
			return nil
		}, func(source.Skipped) {})
		if err != nil {
			return err
		}
	}
	return nil
}

// isReport says that a file is one of our reports.
func isReport(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close() //nolint:errcheck // only read
	head := make([]byte, 64<<10)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false
	}
	_, ok := source.IsReport(head[:n])
	return ok
}

// own are the files under the outputs, which lie in the folder that is read at times.
func (o *outputs) own(env Env) []fs.FileInfo {
	var list []fs.FileInfo
	add := func(w io.Writer) {
		if f, ok := fileOf(w); ok {
			if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
				list = append(list, info)
			}
		}
	}
	add(env.Stdout)
	add(env.Stderr)
	for _, f := range o.files {
		add(f.f)
	}
	return list
}

// placeWriter names the output in errors of writing, in the place of the temporary file or device under it.
type placeWriter struct {
	place string
	w     io.Writer
}

// Write implements [io.Writer].
func (p *placeWriter) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	if err != nil {
		err = cannotWrite(p.place, err)
	}
	return n, err
}

// cannotWrite words an error of writing to place.
func cannotWrite(place string, err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		err = pe.Err
	} else if le, ok := errors.AsType[*os.LinkError](err); ok { // of a rename
		err = le.Err
	}
	return fmt.Errorf("cannot write %s: %w", place, err)
}
