package triage

import (
	"context"
	"errors"
	"io"
	"strconv"
	"sync"

	"entente/internal/event"
	"entente/internal/source"
)

// Format appends one event to dst. The event is valid only during the call. An event for which it appends nothing is not
// counted.
type Format func(dst []byte, f *source.File, ev *event.Event) []byte

// PrintOptions say what [Print] reads and how it writes.
type PrintOptions struct {
	Read   source.Options
	Filter Filter
	Limit  int64 // events written at most; 0: all
	// NewFormat returns the form in which events are written; it is called once for each goroutine.
	NewFormat func() Format
}

// Print writes the events of the inputs to w, in the order of the inputs, and returns how many. The text is made on all
// cores.
func Print(ctx context.Context, inputs []string, o PrintOptions, w io.Writer) (int64, error) {
	var (
		pool    sync.Pool
		written int64
	)
	err := source.Run(ctx, inputs, o.Read, func(int) source.Worker {
		return &printer{format: o.NewFormat(), keep: newMatcher(&o.Filter), limit: o.Limit, pool: &pool}
	}, func(_ *source.File, result any) error {
		p, ok := result.(*page)
		if !ok {
			return nil
		}
		defer pool.Put(p)
		n, end := int64(len(p.ends)), len(p.text)
		if o.Limit > 0 && written+n >= o.Limit {
			n = o.Limit - written
			if n > 0 {
				end = p.ends[n-1]
			} else {
				end = 0
			}
		}
		if _, err := w.Write(p.text[:end]); err != nil {
			return err
		}
		written += n
		if o.Limit > 0 && written >= o.Limit {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return written, err
}

// errEnough ends a run that has done what was asked for.
var errEnough = errors.New("enough")

// page is the text of a block's events.
type page struct {
	text []byte
	ends []int // of each event's text
}

// maxPage is how large a page's storage may stay.
const maxPage = 8 << 20

type printer struct {
	format Format
	keep   *matcher
	limit  int64
	pool   *sync.Pool
	file   *source.File
	page   *page
}

func (p *printer) Begin(f *source.File) {
	p.file = f
	if old, ok := p.pool.Get().(*page); ok && cap(old.text) <= maxPage {
		p.page = old
	} else {
		p.page = &page{}
	}
	p.page.text, p.page.ends = p.page.text[:0], p.page.ends[:0]
}

func (p *printer) Event(ev *event.Event) bool {
	if !p.keep.keep(ev) {
		return true
	}
	before := len(p.page.text)
	if p.page.text = p.format(p.page.text, p.file, ev); len(p.page.text) == before {
		return true
	}
	p.page.ends = append(p.page.ends, len(p.page.text))
	return p.limit <= 0 || int64(len(p.page.ends)) < p.limit
}

func (p *printer) End() any {
	out := p.page
	p.page = nil
	if len(out.ends) == 0 {
		p.pool.Put(out)
		return nil
	}
	return out
}

// JSONOptions shape [JSONLines].
type JSONOptions struct {
	// Fields are the only ones to write, in this order; names are compared without case, and the name of an object
	// stands for all of its members. Empty: all.
	Fields []string
	// Origin adds _file, _offset and _source, which say where a record stands, and _carved to one that its log does not hold
	// any more.
	Origin bool
}

// JSONLines returns a [Format] that writes one flat JSON object a line, as [event.Event.AppendJSON] does. A record that
// has none of the wanted fields is left out.
func JSONLines(o JSONOptions) Format {
	var (
		enc    event.JSONEncoder
		origin originKeys
		pick   *picker
		chosen event.Event
	)
	if len(o.Fields) > 0 {
		pick = newPicker(o.Fields)
	}
	return func(dst []byte, f *source.File, ev *event.Event) []byte {
		full := ev
		if pick != nil {
			chosen.Names, chosen.Values = ev.Names, chosen.Values[:0]
			for i := range pick.want {
				for j := range ev.Values {
					if pick.of(ev.Names, ev.Values[j].Slot) == i {
						chosen.Values = append(chosen.Values, ev.Values[j])
					}
				}
			}
			if len(chosen.Values) == 0 {
				return dst
			}
			ev = &chosen
		}
		start := len(dst)
		dst = enc.AppendJSON(dst, ev)
		if o.Origin {
			dst = origin.append(dst, len(dst)-start <= 2, f, full)
		}
		return append(dst, '\n')
	}
}

// originKeys writes where a record stands; the file's part is the same for many records.
type originKeys struct {
	file *source.File
	text []byte
}

// append puts the keys before the closing brace at the end of dst.
func (k *originKeys) append(dst []byte, empty bool, f *source.File, ev *event.Event) []byte {
	if k.file != f {
		k.file, k.text = f, event.AppendJSONString(append(k.text[:0], `"_file":`...), f.Name)
		k.text = append(k.text, `,"_offset":`...)
	}
	dst = dst[:len(dst)-1]
	if !empty {
		dst = append(dst, ',')
	}
	dst = append(dst, k.text...)
	dst = strconv.AppendInt(dst, ev.Offset, 10)
	dst = append(dst, `,"_source":"`...)
	dst = append(dst, ev.Source...)
	dst = append(dst, '"')
	if ev.Carved {
		dst = append(dst, `,"_carved":true`...)
	}
	return append(dst, '}')
}
