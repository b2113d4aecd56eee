package translog

import "testing"

func TestTilePath(t *testing.T) {
	for path, want := range map[string]tile{
		"tile/0/000":                  {0, 0, 256},
		"tile/63/999":                 {63, 999, 256},
		"tile/0/x001/x234/067":        {0, 1234067, 256},
		"tile/1/x001/000.p/255":       {1, 1000, 255},
		"tile/entries/000.p/1":        {entriesLevel, 0, 1},
		"tile/entries/x123/x456/789":  {entriesLevel, 123456789, 256},
		"tile/2/x001/x000/x000/000":   {2, 1000000000, 256},
		"tile/entries/x999/999.p/254": {entriesLevel, 999999, 254},
	} {
		got, err := parseTilePath(path)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", path, got, err)
		}
		if got := want.path(); got != path {
			t.Errorf("%+v has the path %s, want %s", want, got, path)
		}
	}
	for _, bad := range []string{
		"", "tile", "tile/", "tile/0", "tile/0/", "tile/0/00", "tile/0/0000", "tile/0/x000/000", "tile/0/001/000", "tile/0/x001", "tile/64/000",
		"tile/00/000", "tile/-1/000", "tile/+1/000", "tile/data/000", "tile/8/0/000", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/256",
		"tile/0/000.p/01", "tile/0/000.p/1/", "tile/0/000.p/1.p/1", "tile/0/../0/000", "tile//0/000", "/tile/0/000", "tile/0/x0001/000", "tile/0/xx01/000",
		"tile/0/x999/x999/x999/x999/x999/x999/x999/999", "tile/0/000\x00", "checkpoint", "pending", "lock", "tile/entries", "tile/0/٠٠٠",
	} {
		if got, err := parseTilePath(bad); err == nil {
			t.Errorf("%q is %+v", bad, got)
		}
	}
}

// TestTileOf has the examples of C2SP tlog-tiles, Partial Tiles.
func TestTileOf(t *testing.T) {
	for _, test := range []struct {
		level   int
		n, size int64
		width   int
	}{
		{0, 272, 70_000, 256},
		{0, 273, 70_000, 112},
		{0, 274, 70_000, 0},
		{1, 0, 70_000, 256},
		{1, 1, 70_000, 17},
		{2, 0, 70_000, 1},
		{3, 0, 70_000, 0},
		{0, 0, 256, 256},
		{1, 0, 256, 1},
		{0, 1, 256, 0},
		{entriesLevel, 273, 70_000, 112},
		{63, 0, MaxSize, 0},
		{7, 0, MaxSize, 16},
		{0, 0, 0, 0},
	} {
		if got := tileOf(test.level, test.n, test.size); got.width != test.width {
			t.Errorf("tile %d of level %d of a tree of %d has width %d, want %d", test.n, test.level, test.size, got.width, test.width)
		}
	}
}
