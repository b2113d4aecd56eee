package follow

import (
	"crypto/sha256"
	"io"
	"os"
	"time"

	"entente/internal/source"
)

// meetWhole deals with a file that is read as a whole and not known by its number.
func (f *Follower) meetWhole(now *fileNow) error {
	if !f.passOver() && !f.settled(now) {
		f.waiting++
		return nil
	}
	sum, err := sumOf(now.path, now.size)
	if err != nil {
		f.unreadable(now, err)
		return nil
	}
	for _, e := range f.entries {
		if e.How == asWhole && e.Sum == sum && e.Size == now.size {
			if e.orphan() { // it was moved, or copied and removed
				f.adopt(e, now, false)
				e.Size, e.Mod, e.Sum = now.size, now.mod, sum
				e.looked = *now
				return nil
			}
			// A copy. It is remembered as read, whatever becomes of the other one.
			if own := f.add(now, asWhole); own != nil {
				size, mod, events := now.size, now.mod, e.Events
				f.batch.after(func() { own.Size, own.Mod, own.Sum, own.Events = size, mod, sum, events; own.mark() })
			}
			return nil
		}
	}
	e := f.add(now, asWhole)
	if e == nil {
		return nil
	}
	e.looked, e.lookedAt = *now, f.now.UnixNano()
	return f.readWhole(e, now, sum, 0)
}

// whole reads a file that has changed since it was read: what was added to it, if the rest is as it was, else all of it.
func (f *Follower) whole(e *entry, now *fileNow, idle bool) error {
	if !idle {
		f.waiting++
		return nil
	}
	skip := int64(0)
	if e.Size > 0 && now.size >= e.Size {
		sum, err := sumOf(now.path, e.Size)
		if err != nil {
			f.unreadable(now, err)
			return nil
		}
		if sum == e.Sum {
			skip = e.Events
			if now.size == e.Size { // only its time has changed
				mod := now.mod
				f.batch.after(func() { e.Mod = mod; e.mark() })
				return nil
			}
		}
	}
	if skip == 0 && e.Size > 0 {
		// Something else is in it: what it held is no longer there.
		f.detach(e)
		return f.meet(now)
	}
	sum, err := sumOf(now.path, now.size)
	if err != nil {
		f.unreadable(now, err)
		return nil
	}
	return f.readWhole(e, now, sum, skip)
}

// readWhole reads a file, behind the first events of it.
func (f *Follower) readWhole(e *entry, now *fileNow, sum digest, skip int64) error {
	if f.passOver() {
		size, mod := now.size, now.mod
		f.batch.after(func() { e.Size, e.Mod, e.Sum = size, mod, sum; e.mark() })
		return nil
	}
	x := &extract{skip: skip}
	file := &source.File{Name: source.Printable(now.path), Path: now.path, Size: now.size, ModTime: timeOf(now.mod)}
	size, mod := now.size, now.mod
	return f.batch.add(source.Stream{File: file, Packed: true}, x, 0, func() {
		e.Size, e.Mod, e.Sum, e.Events = size, mod, sum, max(x.events.Load(), skip)
		e.mark()
	})
}

// sumOf hashes the first size bytes of a file.
func sumOf(path string, size int64) (digest, error) {
	h, err := os.Open(path)
	if err != nil {
		return digest{}, err
	}
	defer h.Close() //nolint:errcheck // only read
	s := sha256.New()
	if _, err := io.Copy(s, io.LimitReader(h, size)); err != nil {
		return digest{}, err
	}
	return digest(s.Sum(nil)[:16]), nil
}

// timeOf is a time of the file system.
func timeOf(ns int64) time.Time { return time.Unix(0, ns).UTC() }
