package follow

import (
	"slices"
	"strings"
	"testing"
)

// What a packed log unpacks to is limited as it is for a hunt, and the limit can be raised.
func TestPackedLimits(t *testing.T) {
	_, list := lines("a", 0, 1000)
	list = slices.Repeat(list, 300)
	text := strings.Join(list, "\n") + "\n" // 24 MB: three pieces
	for _, c := range []struct {
		name        string
		max         int64
		least, most int // lines that come
	}{
		{"as it is", 0, len(list), len(list)},
		{"none", -1, len(list), len(list)},
		{"within the first piece", 1 << 20, 1, len(list) / 8},
		{"behind the first piece", 12 << 20, len(list) / 3, len(list) * 2 / 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.opts.Read.MaxUnpacked = c.max
			b.asText()
			b.write("app.log.gz", gzipped(text))
			for range 8 {
				b.round()
			}
			if n := len(b.got); n < c.least || n > c.most || !slices.Equal(b.got[:n-1], list[:n-1]) {
				t.Errorf("%d of %d lines", n, len(list))
			}
			limited := slices.ContainsFunc(b.told, func(s string) bool { return strings.Contains(s, "raise --max-unpacked") })
			if limited != (c.most < len(list)) || len(b.told) > 1 {
				t.Errorf("told %q", b.told)
			}
			b.got = nil
			b.restart()
			for range 8 {
				b.round()
			}
			if len(b.got) > 0 {
				t.Errorf("%d lines again after a restart", len(b.got))
			}
		})
	}
}
