package packexport

import (
	"io/fs"
	"testing/fstest"
)

func emptyPack() fs.FS {
	return fstest.MapFS{"pack.yml": &fstest.MapFile{Data: []byte("format: entente-pack/1\nid: empty\n"), Mode: 0o644}}
}
