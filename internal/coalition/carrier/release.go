package carrier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"entente/internal/coalition"
	"entente/internal/coalition/publish"
	"entente/internal/durable"
)

// settle does what the state of the folder asks for, and needs no network for it but to publish: shares that are due are
// given away, and releases written.
func (r *Runner) settle(ctx context.Context) error {
	now := r.opt.Now()
	changed := r.all || len(r.dirty) > 0 || !r.hour.IsZero() && !now.Before(r.hour)
	if !changed && (len(r.owed) == 0 || now.Before(r.releasing.until)) {
		return nil
	}
	r.fold(now)
	given, err := r.folder.GiveDue(coalition.At(now))
	for _, e := range given {
		r.opt.Log.LogAttrs(ctx, slog.LevelInfo, "a share of the key is given away", slog.String("statement", e.Statement), slog.String("member", e.Member), slog.String("event", string(e.ID)))
		r.mu.Lock()
		r.status.Given++
		r.mu.Unlock()
	}
	if len(given) > 0 {
		err = errors.Join(err, r.refresh())
		r.fold(now)
	}
	errs := []error{err}
	for d := range r.owed {
		if err := r.release(ctx, r.states[d]); err != nil {
			errs = append(errs, fmt.Errorf("statement %s: %w", r.states[d].Statement, err))
			continue
		}
		delete(r.owed, d)
	}
	err = errors.Join(errs...)
	if err == nil {
		r.releasing = failing{}
	} else {
		r.releasing.failed(now, 15*time.Second)
	}
	return err
}

// fold computes the states that may have changed, and what comes next.
func (r *Runner) fold(now time.Time) {
	book := r.folder.Book()
	if r.all {
		r.dirty = map[coalition.Digest]bool{}
		for _, e := range book.Events() {
			r.dirty[e.Manifest] = true
		}
	}
	for d := range r.dirty {
		rev := book.Revision(d)
		if rev == nil { // also where there was one, by a root that is not the latest any more
			delete(r.states, d)
			delete(r.owed, d)
			continue
		}
		r.states[d] = rev
		if isReleased(rev) {
			r.owed[d] = true
		} else {
			delete(r.owed, d)
		}
	}
	clear(r.dirty)
	if r.unlogged = 0; book.Chain().Latest().Log != nil {
		r.unlogged = len(book.Unlogged())
	}
	r.all, r.hour, r.waiting, r.counted = false, time.Time{}, false, map[coalition.Phase]int{}
	for _, rev := range r.states {
		if isReleased(rev) || rev.Phase == coalition.Rejected {
			continue
		}
		r.counted[rev.Phase]++
		if at := rev.Hour.Time(); rev.Hour != 0 && at.After(now) && (r.hour.IsZero() || at.Before(r.hour)) {
			r.hour = at
		}
		r.waiting = r.waiting || rev.Due(coalition.At(now)) == ""
	}
}

func isReleased(r *coalition.Revision) bool {
	return r.Phase == coalition.Released || r.Phase == coalition.Revised || r.Phase == coalition.Withdrawn
}

// releaseName is that of the folder of a release: the statement's, and the number of the revision from the second on.
func releaseName(r *coalition.Revision) string {
	if r.Number > 1 {
		return fmt.Sprintf("%s-%d", r.Statement, r.Number)
	}
	return r.Statement
}

// release writes and publishes what is released, as far as that is not done.
func (r *Runner) release(ctx context.Context, rev *coalition.Revision) error {
	if r.opt.ReleaseDir != "" {
		m, err := r.folder.Manifest(rev.Manifest)
		if err != nil {
			return err
		}
		name := releaseName(rev)
		dir := filepath.Join(r.opt.ReleaseDir, name)
		n, changed, err := r.folder.WriteTo(dir, rev)
		if err != nil {
			return err
		}
		r.mu.Lock()
		_, again := r.released[name]
		r.released[name] = Released{Dir: dir, TLP: m.TLP}
		if !again {
			r.status.Released++
		}
		r.mu.Unlock()
		if changed {
			what := "a statement is released"
			if again {
				what = "the proof of a release has grown"
			}
			r.opt.Log.LogAttrs(ctx, slog.LevelInfo, what, slog.String("statement", rev.Statement), slog.Int64("revision", rev.Number), //nolint:sloglint // one of two
				slog.Int("files", n), slog.String("dir", dir), slog.Duration("after_the_hour", r.opt.Now().Sub(rev.Hour.Time())))
		}
	}
	return errors.Join(r.publish(ctx, rev, r.opt.Public, "stix.json", r.publicBundle), r.publish(ctx, rev, r.opt.Members, "annex", r.membersBundle))
}

// publicBundle is that of the release, nil where it has none.
func (r *Runner) publicBundle(rev *coalition.Revision) ([]byte, error) {
	_, files, err := r.folder.Open(rev)
	return files["stix.json"], err
}

// membersBundle is that of the annex, nil where there is none.
func (r *Runner) membersBundle(rev *coalition.Revision) ([]byte, error) {
	s, err := publish.Of(r.folder, rev)
	if err != nil || s.Manifest.Annex == "" {
		return nil, err
	}
	b, err := r.folder.Blob(s.Manifest.Annex)
	if err != nil {
		return nil, err
	}
	annex, err := coalition.ReadAnnex(b)
	if err != nil {
		return nil, err
	}
	content := map[string][]byte{}
	for _, x := range annex.Files {
		if content[x.Path], err = r.folder.Blob(x.Digest); err != nil {
			return nil, fmt.Errorf("%s: %w", x.Path, err)
		}
	}
	files, err := publish.Members(s, annex, content)
	return files[publish.AnnexBundle], err
}

// publish puts the objects of a bundle into a collection, once. A collection that refuses them is said, and not asked again.
func (r *Runner) publish(ctx context.Context, rev *coalition.Revision, to Collection, what string, bundle func(*coalition.Revision) ([]byte, error)) error {
	if to == nil {
		return nil
	}
	dir := memoryDir(r.folder.Dir(), to.Name())
	done := filepath.Join(dir, "said-"+strings.TrimPrefix(string(coalition.DigestOf([]byte(what+"\n"+string(rev.Manifest)))), "sha256:")[:32])
	if _, err := os.Stat(done); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	b, err := bundle(rev)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	var list struct {
		Objects []json.RawMessage `json:"objects"`
	}
	if len(b) > 0 {
		if err := json.Unmarshal(b, &list); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		objects := make([][]byte, len(list.Objects))
		for i, o := range list.Objects {
			objects[i] = o
		}
		err := to.Add(ctx, objects...)
		if _, refused := errors.AsType[*RefusedError](err); refused {
			r.opt.Log.LogAttrs(ctx, slog.LevelWarn, "a part of a release is not published", slog.String("statement", rev.Statement), slog.String("to", to.Name()), slog.Any("error", err))
		} else if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return durable.WriteFile(done, nil, 0o600)
}
