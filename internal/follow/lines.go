package follow

import (
	"bytes"
	"fmt"
	"os"

	"entente/internal/source"
)

// knowable is how long a text has to be, in bytes, to be taken for one that no format knows, as long as it grows.
const knowable = 1 << 10

// meet deals with a file that is not known by its number.
func (f *Follower) meet(now *fileNow) error {
	if now.size == 0 {
		return nil
	}
	if a, ok := f.aliases[now.id]; ok && !a.of.orphan() && f.entries[a.of.Number] == a.of && a.now == *now {
		return nil
	}
	if o, ok := f.others[now.id]; ok && o.now == *now {
		f.notRead(source.Printable(now.path), o.why, now.named)
		return nil
	}
	delete(f.others, now.id)
	h, err := os.Open(now.path)
	if err != nil {
		f.unreadable(now, err)
		return nil
	}
	var e *entry
	defer func() {
		if e == nil || e.open != h {
			_ = h.Close()
		}
	}()
	current, err := statFile(now.path, h)
	if err != nil || current.id != now.id {
		f.waiting++
		return nil // it was replaced between two looks: the next round sees by what
	}
	current.named = now.named
	now = &current
	t, err := openText(h, now.size, &f.opts.Read)
	if err != nil {
		f.unreadable(now, err)
		return nil
	}
	defer func() { t.stop() }()
	switch t.kind {
	case source.KindUnknown:
		f.waiting++
		return nil
	case source.KindOther:
		if len(f.others) >= maxEntries {
			clear(f.others)
		}
		f.others[now.id] = other{*now, t.why}
		f.notRead(source.Printable(now.path), t.why, now.named)
		return nil
	case source.KindEVTX:
		if !regular(h, now.size) {
			return f.meetWhole(now)
		}
		if log := f.add(now, asEVTX); log != nil {
			log.looked, log.lookedAt = *now, f.now.UnixNano()
			return f.eventLog(log, now)
		}
		return nil
	case source.KindWhole:
		return f.meetWhole(now)
	case source.KindLines, source.KindPacked:
	}
	if !f.passOver() && !f.settled(now) && (t.packed() || f.opts.Read.As == "" && t.tail.Format().Name() == "text" && now.size < knowable) {
		f.waiting++
		return nil // it may still be written, or turn out to be a table of which there is only the first line
	}
	known, x, alive := f.match(t, now)
	if known != nil && alive {
		f.alias(now, known)
		return nil
	}
	delete(f.aliases, now.id)
	if known != nil {
		e = known
		f.adopt(e, now, t.packed())
	} else {
		if t.packed() && t.at > int64(len(t.head)) { // it was read for a comparison
			t.stop()
			if t, err = openText(h, now.size, &f.opts.Read); err != nil {
				f.unreadable(now, err)
				return nil
			}
		}
		if e = f.add(now, asLines); e == nil {
			return nil
		}
		e.Packed = t.packed()
	}
	e.looked, e.lookedAt = *now, f.now.UnixNano()
	err = f.readText(e, now, t, x, f.idle(e, now))
	if err == nil && !e.Packed && e.ID == now.id && f.entries[e.Number] == e {
		f.hold(e, h, now.size)
	}
	return err
}

// alias notes that a file holds nothing but what another one does.
func (f *Follower) alias(now *fileNow, of *entry) {
	if len(f.aliases) >= maxEntries {
		clear(f.aliases)
	}
	f.aliases[now.id] = alias{of: of, now: *now}
}

// match finds the log whose content a text begins with: one that is no longer there, which the text goes on with, or one
// that is (alive), of which the text is a copy.
func (f *Follower) match(t *text, now *fileNow) (found *entry, x edges, alive bool) {
	var best *entry
	for n, m := range f.byHead {
		if len(t.head) < n {
			continue
		}
		for _, e := range m[digestOf(t.head[:n])] {
			if e.ID != now.id && (best == nil || e.now.Offset > best.now.Offset || e.now.Offset == best.now.Offset && e.Number < best.Number) {
				best = e
			}
		}
	}
	if best == nil {
		return nil, x, false
	}
	gone := best.orphan()
	x, same, err := t.edgesAt(&best.now)
	switch {
	case err != nil:
	case same && gone:
		// A short beginning is no proof, as all tables of a kind begin alike; but what is packed was rotated.
		if best.now.Offset >= 1<<10 || t.packed() {
			return best, x, false
		}
	case same:
		if best.now.Offset >= edgeLen {
			return best, x, true
		}
	case !gone && !best.Packed && samePlace(best, t, now.size):
		return best, x, true // a copy from earlier
	}
	return nil, edges{}, false
}

// samePlace says that a text is the beginning of a log that is there.
func samePlace(e *entry, t *text, size int64) bool {
	if t.packed() {
		size = t.end
	}
	if size < edgeLen || size >= e.now.Offset {
		return false
	}
	edge, err := t.edge(size)
	if err != nil || len(edge) < edgeLen {
		return false
	}
	h, err := os.Open(e.Path)
	if err != nil {
		return false
	}
	defer h.Close() //nolint:errcheck // only read
	own, err := readFull(h, make([]byte, edgeLen), size-edgeLen)
	return err == nil && bytes.Equal(own, edge)
}

// lines reads what a known log of lines has got.
func (f *Follower) lines(e *entry, now *fileNow, idle bool) error {
	h := e.open
	if h == nil {
		var err error
		if h, err = os.Open(now.path); err != nil {
			f.unreadable(now, err)
			return nil
		}
	}
	defer func() {
		if e.open != h {
			_ = h.Close()
		}
	}()
	current, err := statFile(now.path, h)
	if err != nil || current.id != e.ID {
		f.waiting++
		return nil // it was replaced between two looks
	}
	current.named = now.named
	now = &current
	t, err := openText(h, now.size, &f.opts.Read)
	if err != nil {
		f.unreadable(now, err)
		return nil
	}
	defer t.stop()
	same := now.size >= e.now.Offset && t.packed() == e.Packed
	var x edges
	if same {
		if x, same, err = t.edgesAt(&e.now); err != nil {
			f.unreadable(now, err)
			return nil
		}
	}
	if !same { // the file holds something else now
		f.detach(e)
		return f.meet(now)
	}
	if e.Packed && !idle {
		f.waiting++
		return nil
	}
	err = f.readText(e, now, t, x, idle)
	if err == nil && !e.Packed && (e.open == h || now.size != e.openSize) && f.entries[e.Number] == e && e.ID == now.id {
		f.hold(e, h, now.size)
	}
	return err
}

// readText reads a log of lines from where it was read to; x are the edges of that place.
func (f *Follower) readText(e *entry, now *fileNow, t *text, x edges, idle bool) error {
	tail := e.tail
	if e.Format == "text" && f.opts.Read.As == "" && t.tail != nil && e.now.Offset < knowable && e.now.Offset > int64(t.mark) {
		// So little of it was read that nothing was known. What more there is now may tell.
		t.tail.Piece(&source.File{}, t.head[t.mark:min(e.now.Offset, int64(len(t.head)))], 0)
		tail, e.tail, e.Format = t.tail, t.tail, t.tail.Format().Name()
	}
	if tail == nil || e.now.Offset <= int64(t.mark) {
		tail = nil
		if e.now.Offset > int64(t.mark) {
			tail, _ = source.ResumeTail(e.Format, e.now.Before, t.head)
		}
		if tail == nil { // nothing was read yet, or nobody knows how
			if tail = t.tail; tail == nil {
				f.forget(e)
				return f.meetWhole(now)
			}
			if e.now.Offset < int64(t.mark) {
				x.add(t.head[:t.mark])
				f.move(e, x.at(int64(t.mark), nil))
			}
		}
		e.tail, e.Format = tail, tail.Format().Name()
	}
	next := t.from(e.now.Offset, now.size)
	want := pieceLen
	for {
		off := e.now.Offset
		buf, last, err := next(off, want)
		if err != nil && len(buf) == 0 {
			if t.packed() {
				msg, limit := source.RestUnread(err)
				f.warn(source.Warning{File: source.Printable(now.path), Offset: off, Message: msg, Limit: limit})
				break
			}
			f.unreadable(now, err)
			return nil
		}
		if len(buf) == 0 {
			break
		}
		n := tail.Cut(buf, last && (idle || t.packed()))
		switch {
		case n > 0:
		case !last && want < maxRecordLen:
			want = maxRecordLen
			continue
		case len(buf) >= maxRecordLen:
			f.warn(source.Warning{File: source.Printable(now.path), Offset: off, Message: fmt.Sprintf("record is longer than %d MiB: it is read in parts", maxRecordLen>>20)})
			n = len(buf)
		default:
			f.waiting++
			return nil
		}
		want = pieceLen
		if err := f.piece(e, now, tail, buf[:n], &x); err != nil {
			return err
		}
		if f.entries[e.Number] != e || e.ID != now.id {
			return nil
		}
	}
	if e.Packed {
		size, mod := now.size, now.mod
		f.batch.after(func() { e.Size, e.Mod = size, mod; e.mark() })
	}
	return nil
}

// passOver says that what is there already is not wanted.
func (f *Follower) passOver() bool { return f.opts.FromEnd && f.first }

// piece takes whole records of a log into the batch, and moves the entry on.
func (f *Follower) piece(e *entry, now *fileNow, tail *source.Tail, piece []byte, x *edges) error {
	off := e.now.Offset
	file := &source.File{Name: source.Printable(now.path), Path: now.path, Size: now.size, ModTime: timeOf(now.mod)}
	s := tail.Piece(file, piece, off)
	x.add(piece)
	pos := x.at(off+int64(len(piece)), tail.Before())
	f.move(e, pos)
	if f.passOver() {
		f.batch.after(func() { e.Pos = pos; e.mark() })
		return nil
	}
	return f.batch.add(s, nil, int64(len(piece)), func() { e.Pos = pos; e.mark() })
}

// move changes where an entry is read to, and how it is found by its content.
func (f *Follower) move(e *entry, p position) {
	if p.Len == e.now.Len && p.Head == e.now.Head {
		e.now = p
		return
	}
	f.unindex(e)
	e.now = p
	f.index(e)
}
