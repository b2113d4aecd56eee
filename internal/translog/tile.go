package translog

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Tiles of C2SP tlog-tiles: 256 hashes.
const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	maxLevel   = 63
)

// entriesLevel stands for bundles of entries where a level is asked for.
const entriesLevel = -1

// tile names a file of a log: width hashes of a level from index n*256, or as many entries.
type tile struct {
	level int   // 0 to 63, or entriesLevel
	n     int64 // from 0
	width int   // 1 to 256
}

// path returns where a tile lies in a log (C2SP tlog-tiles, Merkle Tree, Log entries).
func (t tile) path() string {
	if t.width == tileWidth {
		return t.fullPath()
	}
	return t.partialDir() + "/" + strconv.Itoa(t.width)
}

func (t tile) fullPath() string {
	name := fmt.Sprintf("%03d", t.n%1000)
	for n := t.n / 1000; n > 0; n /= 1000 {
		name = fmt.Sprintf("x%03d/%s", n%1000, name)
	}
	if t.level == entriesLevel {
		return "tile/entries/" + name
	}
	return fmt.Sprintf("tile/%d/%s", t.level, name)
}

// partialDir returns the folder of the tile's states before it was full.
func (t tile) partialDir() string { return t.fullPath() + ".p" }

// bytes returns the length of the file.
func (t tile) bytes() int {
	if t.level == entriesLevel {
		return t.width * bundleEntry
	}
	return t.width * tlog.HashSize
}

// tileOf returns the tile of a level that has n as number and as many hashes as a tree of size entries gives it; its width is
// 0 where there is none.
func tileOf(level int, n, size int64) tile {
	shift := uint(tileHeight * max(level, 0))
	if shift > 62 {
		return tile{level: level, n: n}
	}
	return tile{level: level, n: n, width: int(max(0, min(tileWidth, size>>shift-n*tileWidth)))}
}

var errPath = errors.New("not the path of a tile")

// parseTilePath reads a path. Every path but the one that [tile.path] gives is refused.
func parseTilePath(path string) (tile, error) {
	rest, ok := strings.CutPrefix(path, "tile/")
	if !ok || len(path) > 100 {
		return tile{}, errPath
	}
	t := tile{width: tileWidth}
	level, rest, _ := strings.Cut(rest, "/")
	if level == "entries" {
		t.level = entriesLevel
	} else {
		n, err := strconv.ParseUint(level, 10, 8)
		if err != nil || n > maxLevel {
			return tile{}, errPath
		}
		t.level = int(n)
	}
	if full, width, ok := strings.Cut(rest, ".p/"); ok {
		w, err := strconv.ParseUint(width, 10, 16)
		if err != nil || w < 1 || w >= tileWidth {
			return tile{}, errPath
		}
		rest, t.width = full, int(w)
	}
	for part := range strings.SplitSeq(rest, "/") {
		n, err := strconv.ParseUint(strings.TrimPrefix(part, "x"), 10, 16)
		if err != nil || n > 999 || t.n > MaxSize/1000 {
			return tile{}, errPath
		}
		t.n = t.n*1000 + int64(n)
	}
	if t.path() != path {
		return tile{}, errPath
	}
	return t, nil
}

// parseHashes reads the hashes of a tile.
func parseHashes(data []byte, width int) ([]Hash, error) {
	if len(data) != width*tlog.HashSize {
		return nil, fmt.Errorf("%d bytes instead of %d", len(data), width*tlog.HashSize)
	}
	hashes := make([]Hash, width)
	for i := range hashes {
		hashes[i] = Hash(data[i*tlog.HashSize:])
	}
	return hashes, nil
}

// appendHashes writes the hashes of a tile.
func appendHashes(dst []byte, hashes []Hash) []byte {
	for _, h := range hashes {
		dst = append(dst, h[:]...)
	}
	return dst
}
