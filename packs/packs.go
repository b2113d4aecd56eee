// Package packs holds the advisory packs that come with the program: data only, written for it.
package packs

import (
	"embed"
	"io/fs"
	"slices"
)

//go:embed */*.yml */*/*.yml */*/*/*.yml
var files embed.FS

// IDs lists the packs, in order.
func IDs() []string {
	list, err := files.ReadDir(".")
	if err != nil { // the root of an embedded file system is always there
		return nil
	}
	var out []string
	for _, d := range list {
		if _, err := fs.Stat(files, d.Name()+"/pack.yml"); d.IsDir() && err == nil {
			out = append(out, d.Name())
		}
	}
	return out
}

// Open returns the folder of a pack as a file system, nil where there is no such pack.
func Open(id string) fs.FS {
	if !slices.Contains(IDs(), id) {
		return nil
	}
	return sub(id)
}

func sub(dir string) fs.FS {
	s, err := fs.Sub(files, dir)
	if err != nil { // the names are valid paths
		return nil
	}
	return s
}
