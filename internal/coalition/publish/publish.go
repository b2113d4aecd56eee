// Package publish makes the files that a statement is released as: what its members agreed on, byte for byte, and what people
// and tools read of it. The same statement gives the same bytes, wherever it is made. It signs and seals nothing.
package publish

import (
	"fmt"
	"maps"

	"entente/internal/coalition"
)

// Statement is what is published: the content as it was adopted, and what members say of it.
type Statement struct {
	Manifest *coalition.Manifest
	Digest   coalition.Digest // of the manifest
	Root     *coalition.Root  // whose members they are
	Said     []coalition.Said // in order of member
	Files    map[string][]byte
}

// Files are those of the release, by path. Names that are made here and are the name of an agreed file are an error: an
// agreed file is never written over.
func Files(s *Statement) (map[string][]byte, error) {
	out := maps.Clone(s.Files)
	for name, b := range map[string][]byte{
		"index.md":   markdown(s),
		"matrix.csv": Matrix(s),
	} {
		if _, taken := out[name]; taken {
			return nil, fmt.Errorf("publish: the statement has a file %s of its own: name it otherwise", name)
		}
		out[name] = b
	}
	return out, nil
}
