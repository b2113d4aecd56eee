package carrier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"entente/internal/coalition"
	"entente/internal/logserver"
)

// carry sends what is in the outbox and takes in what has come. came says that there is something new.
func (r *Runner) carry(ctx context.Context) (came bool, err error) {
	now := r.opt.Now()
	if r.memory == nil || now.Before(r.network.until) {
		return false, nil
	}
	if len(r.outbox) == 0 && !r.waiting && now.Sub(r.Status().Good) < r.opt.Every {
		return false, nil
	}
	within, stop := r.untilHour(ctx)
	defer stop()
	before := r.Status().Taken
	err = errors.Join(r.send(within), r.receive(within))
	came = r.Status().Taken > before
	if within.Err() != nil && ctx.Err() == nil {
		return came, nil // the hour has come, which does not wait for a slow network
	}
	if err != nil {
		r.network.failed(now, 15*time.Second)
		return came, r.part(ctx, "collection", err)
	}
	r.network = failing{}
	_ = r.part(ctx, "collection", nil)
	r.mu.Lock()
	r.status.Good = now
	r.mu.Unlock()
	return came, nil
}

// untilHour ends at the hour, if there is one to come.
func (r *Runner) untilHour(ctx context.Context) (context.Context, context.CancelFunc) {
	if d := r.hour.Sub(r.opt.Now()); !r.hour.IsZero() && d > 0 {
		return context.WithTimeout(ctx, d)
	}
	return context.WithCancel(ctx)
}

// send brings what is in the outbox to the collection. What it will never take keeps nothing else back.
func (r *Runner) send(ctx context.Context) error {
	if len(r.outbox) > 0 && !r.defined {
		err := r.opt.Collection.Add(ctx, Definition())
		if _, refused := errors.AsType[*RefusedError](err); err != nil && !refused {
			return err
		}
		r.defined = true // packets are understood without it, too
	}
	for most := batchFiles; len(r.outbox) > 0 && ctx.Err() == nil; {
		items, n := r.batch(ctx, most)
		err := r.sendItems(ctx, items)
		if _, refused := errors.AsType[*RefusedError](err); refused {
			if len(items) > 1 {
				most = 1 // which of them it is
				continue
			}
			r.passOver(ctx, "a file is not sent", err)
			err = nil
		}
		if err != nil {
			return err
		}
		for _, f := range r.outbox[:n] {
			delete(r.queued, f.Digest)
		}
		r.outbox = r.outbox[n:]
	}
	return ctx.Err()
}

// batch reads files of the outbox, as many as travel together; n is how many of it that were, or that cannot be sent.
func (r *Runner) batch(ctx context.Context, most int) (items []coalition.Item, n int) {
	size := 0
	for ; n < len(r.outbox) && len(items) < most; n++ {
		f := r.outbox[n]
		it, err := r.folder.Read(f)
		switch {
		case err != nil:
			r.passOver(ctx, "a file is not sent", err)
			continue
		case len(it.Data) > MaxCarried:
			r.passOver(ctx, "a file is not sent", fmt.Errorf("%s has %d bytes, and nodes carry files of at most %d\nhint: entente coalition export", f.Digest, len(it.Data), MaxCarried))
			continue
		}
		if size > 0 && size+len(it.Data) > batchBytes {
			break
		}
		items, size = append(items, it), size+len(it.Data)
	}
	return items, n
}

func (r *Runner) sendItems(ctx context.Context, items []coalition.Item) error {
	if len(items) == 0 {
		return nil
	}
	root := r.folder.Book().Chain().Latest()
	packet, err := coalition.Pack(root, items)
	if err != nil {
		return err
	}
	ids, raws, err := Wrap(packet, r.id, root.Version, r.opt.Author, r.opt.Now())
	if err != nil {
		return err
	}
	if len(r.mine) > 1000 {
		clear(r.mine) // they are only met again
	}
	for i, raw := range raws {
		if err := r.opt.Collection.Add(ctx, raw); err != nil {
			return err
		}
		r.mine[ids[i]] = true
	}
	for _, it := range items {
		if err := r.memory.note(coalition.DigestOf(it.Data), carried{int32(root.Version), true}); err != nil {
			return err
		}
	}
	r.mu.Lock()
	r.status.Sent += int64(len(items))
	r.mu.Unlock()
	return r.memory.keep(r.memory.place)
}

// receive takes in what others have brought.
func (r *Runner) receive(ctx context.Context) error {
	for ctx.Err() == nil {
		place, more, err := r.opt.Collection.After(ctx, r.memory.place, func(raw []byte) { r.object(ctx, raw) })
		if keeping := r.memory.keep(place); err != nil || keeping != nil {
			return errors.Join(err, keeping)
		}
		if !more {
			return nil
		}
	}
	return ctx.Err()
}

// object takes in an object of the collection. Whatever it is, the next one comes.
func (r *Runner) object(ctx context.Context, raw []byte) {
	o, err := Unwrap(raw, r.id)
	if r.mine[o.ID] || errors.Is(err, errForeign) {
		return
	}
	packet := o.Payload
	if err == nil && o.Parts != nil {
		if packet, err = r.parts.take(o); packet == nil && err == nil {
			return // others are missing
		}
	}
	if err != nil {
		r.passOver(ctx, "an object is passed over", fmt.Errorf("%s: %w", o.ID, err))
		return
	}
	defer func() { // when all of it was taken in: what is cut off before is read again
		if err := r.parts.drop(o.Parts); err != nil {
			r.passOver(ctx, "parts of a packet stay", err)
		}
	}()
	items, err := coalition.Unpack(packet, r.id, r.opt.Identities...)
	if errors.Is(err, coalition.ErrNotForUs) {
		r.mu.Lock()
		r.status.NotForUs++
		r.mu.Unlock()
		return
	}
	if err != nil {
		r.passOver(ctx, "an object is passed over", fmt.Errorf("%s: %w", o.ID, err))
		return
	}
	taken := int64(0)
	for _, it := range items {
		isNew, err := r.folder.Take(it)
		if err != nil && !errors.Is(err, coalition.ErrWaits) {
			r.passOver(ctx, "a file of a packet is passed over", fmt.Errorf("%s: %s %s: %w", o.ID, it.Kind, coalition.DigestOf(it.Data), err))
			continue
		}
		if isNew {
			taken++
		}
		// Who says more than there is would keep us from bringing it to those who cannot open it.
		known := min(o.Root, r.folder.Book().Chain().Latest().Version)
		if err := r.memory.note(coalition.DigestOf(it.Data), carried{int32(known), false}); err != nil {
			r.passOver(ctx, "what came cannot be remembered", err)
		}
	}
	r.mu.Lock()
	r.status.Taken += taken
	r.mu.Unlock()
}

// passOver says that something is passed over, as long as there is not too much of it.
func (r *Runner) passOver(ctx context.Context, what string, err error) {
	r.mu.Lock()
	r.status.Bad++
	r.mu.Unlock()
	if say, more := r.bad.may(r.opt.Now()); say {
		r.opt.Log.LogAttrs(ctx, slog.LevelWarn, "coalition", slog.String("folder", r.folder.Dir()), slog.String("what", what), slog.Any("error", err), slog.Int("not_said_before", more))
	}
}

// limiter bounds what hostile objects can write into the log.
type limiter struct {
	minute time.Time
	n      int
	unsaid int
}

const mostSaid = 20 // in a minute

func (l *limiter) may(now time.Time) (say bool, more int) {
	if now.Sub(l.minute) >= time.Minute {
		l.minute, l.n = now, 0
	}
	if l.n++; l.n > mostSaid {
		l.unsaid++
		return false, 0
	}
	more, l.unsaid = l.unsaid, 0
	return true, more
}

// logAfter is how long we leave it to others to bring their events into the log, and between two tries of ours with one.
const logAfter = time.Minute

// submit brings events into the log: the member's own at once, those of others after a while.
func (r *Runner) submit(ctx context.Context) error {
	now := r.opt.Now()
	if r.opt.LogURL == "" || r.opt.Signer == nil || now.Before(r.logging.until) {
		return nil
	}
	book := r.folder.Book()
	me := book.KeyOf(r.opt.Signer.Public().ID())
	var list []coalition.Digest
	open := book.Unlogged()
	for _, id := range open {
		last, met := r.lastLog[id]
		if e := book.Event(id); !met && e.Member != me {
			r.lastLog[id] = now
			continue
		}
		if !met || now.Sub(last) >= logAfter {
			list = append(list, id)
		}
	}
	if len(open) == 0 {
		clear(r.lastLog)
	}
	if len(list) == 0 {
		return nil
	}
	within, stop := r.untilHour(ctx)
	defer stop()
	client := &logserver.Client{URL: r.opt.LogURL}
	done, _, err := client.SubmitEvents(within, r.folder, list, r.opt.Signer)
	r.mu.Lock()
	r.status.Logged += int64(done)
	r.mu.Unlock()
	if within.Err() != nil {
		return nil // the hour does not wait
	}
	if err != nil {
		r.logging.failed(now, time.Minute)
		return r.part(ctx, "log", err)
	}
	r.logging = failing{}
	for _, id := range list {
		r.lastLog[id] = now
	}
	return r.part(ctx, "log", nil)
}
