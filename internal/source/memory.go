package source

import (
	"bytes"
	"context"
	"time"
)

// Memory is a log that is in memory. It is read as a file with these bytes would be: unpacked, recognised, cut and
// decoded.
type Memory struct {
	Name    string    // for messages
	Data    []byte    // not changed, and not kept longer than Run works
	ModTime time.Time // as its sender states it: it is taken to be right, see [Yearless]
}

// memory reads one log that is in memory. The error is visit's or the context's.
func (o *opener) memory(ctx context.Context, m Memory) error {
	r := bytes.NewReader(m.Data)
	size := int64(len(m.Data))
	c := container{
		name: printable(m.Name), path: m.Name, size: size, named: true, when: m.ModTime, stated: !m.ModTime.IsZero(),
		r: r, at: r, whole: m.Data,
		x: &expansion{max: o.max, maxRatio: o.ratio, floor: ratioFloor, packed: func() int64 { return size }},
	}
	return o.content(ctx, c)
}
