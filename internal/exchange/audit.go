package exchange

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"entente/internal/store"
)

// Names of deeds in the audit log. What changes something has an entry of its own, written before the caller hears that it
// was done. Readings and failed attempts to sign in are many: those of one caller with one collection share an entry of up to
// five seconds, and the last of them may be missing when the process is killed.
const (
	DeedRead     = "read"
	DeedManifest = "manifest"
	DeedVersions = "versions"
	DeedSearch   = "search"
	DeedCount    = "count"
	DeedGraph    = "graph"
	DeedSubmit   = "submit"
	DeedImport   = "import"
	DeedDelete   = "delete"
	DeedDismiss  = "conflict.dismiss"
	DeedExpire   = "expire"
	DeedRefused  = "sign-in.refused"
)

// Bounds of what waits for the audit log.
const (
	auditEvery   = 5 * time.Second
	auditMost    = 1000 // entries that wait
	auditTimeout = 30 * time.Second
)

// reading is what entries are gathered by.
type reading struct {
	store.Caller
	token                int64
	remote, deed, object string
}

// tally counts what an entry stands for.
type tally struct {
	Times int64 `json:"times"`
	Items int64 `json:"items,omitempty"`
}

// readings gathers the entries of deeds that change nothing.
type readings struct {
	mu      sync.Mutex
	waiting map[reading]tally
	timer   *time.Timer
}

// Audit writes an entry for a deed of the caller's. detail is written as JSON; nil is none. Other parts of the node use it
// for what they do: accounts, collections, peers.
func (s *Service) Audit(ctx context.Context, p Principal, deed, object string, detail any) error {
	e := store.Entry{At: s.opt.Now(), User: p.User, Org: p.Org, Token: p.Token, Remote: p.Remote, Deed: deed, Object: object}
	if detail != nil {
		b, err := json.Marshal(detail)
		if err != nil {
			return fmt.Errorf("detail of the audit log: %w", err)
		}
		e.Detail = string(b)
	}
	// The deed is done: that its caller has gone away must not keep it out of the log.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditTimeout)
	defer cancel()
	_, err := s.st.AppendAudit(ctx, e)
	return meaning(err)
}

// Refused notes that somebody failed to sign in under a name.
func (s *Service) Refused(ctx context.Context, remote, name string) {
	const most = 100
	if len(name) > most {
		name = name[:most]
	}
	s.note(ctx, Principal{Remote: remote}, DeedRefused, printable(name), 0)
}

func printable(s string) string {
	b, err := json.Marshal(s) // replaces what is not UTF-8
	if err != nil {
		return ""
	}
	var out string
	if json.Unmarshal(b, &out) != nil {
		return ""
	}
	return out
}

// note gathers a deed that changes nothing.
func (s *Service) note(ctx context.Context, p Principal, deed, object string, items int) {
	r := &s.read
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting == nil {
		r.waiting = map[reading]tally{}
	}
	k := reading{p.Caller, p.Token, p.Remote, deed, object}
	if _, ok := r.waiting[k]; !ok && len(r.waiting) >= auditMost {
		k = reading{deed: deed, object: "others"} // rather a coarse entry than none, and no memory without end
	}
	t := r.waiting[k]
	t.Times++
	t.Items += int64(items)
	r.waiting[k] = t
	if r.timer == nil {
		r.timer = time.AfterFunc(auditEvery, func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditTimeout)
			defer cancel()
			if err := s.FlushAudit(ctx); err != nil {
				s.opt.Log.LogAttrs(ctx, slog.LevelError, "the audit log cannot be written", slog.Any("error", err))
			}
		})
	}
}

// FlushAudit writes the entries that wait. Where that fails they go on waiting.
func (s *Service) FlushAudit(ctx context.Context) error {
	r := &s.read
	r.mu.Lock()
	waiting := r.waiting
	r.waiting = nil
	if r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
	r.mu.Unlock()
	if len(waiting) == 0 {
		return nil
	}
	now := s.opt.Now()
	entries := make([]store.Entry, 0, len(waiting))
	for k, t := range waiting {
		b, err := json.Marshal(t)
		if err != nil {
			return fmt.Errorf("detail of the audit log: %w", err)
		}
		entries = append(entries, store.Entry{
			At: now, User: k.User, Org: k.Org, Token: k.token, Remote: k.remote, Deed: k.deed, Object: k.object, Detail: string(b),
		})
	}
	_, err := s.st.AppendAudit(ctx, entries...)
	if err == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting == nil {
		r.waiting = map[reading]tally{}
	}
	for k, t := range waiting {
		if old, ok := r.waiting[k]; ok || len(r.waiting) < 2*auditMost {
			r.waiting[k] = tally{old.Times + t.Times, old.Items + t.Items}
		}
	}
	return meaning(err)
}

// AuditPage is a page of the audit log, for auditors. Those of the organisation that runs the node see what everybody did: it has
// the log in its hands anyway. Those of others see what their own organisation did, numbered as if nobody else did anything; the
// number of an entry would tell how much happened between two of theirs. What was shared is not in there but by identifier of
// its collection or object.
func (s *Service) AuditPage(ctx context.Context, p Principal, q store.AuditQuery) ([]store.Entry, error) {
	if !p.May(Audit) {
		return nil, fmt.Errorf("the audit log is for auditors: %w", ErrForbidden)
	}
	all, err := s.seesAll(ctx, p)
	if err != nil {
		return nil, err
	}
	if !all {
		if p.Org == 0 || q.Org != 0 && q.Org != p.Org {
			return nil, nil
		}
		q.Org, q.Apart = p.Org, true
	}
	if err := s.FlushAudit(ctx); err != nil {
		return nil, err
	}
	entries, err := s.st.AuditPage(ctx, q)
	return entries, meaning(err)
}

// seesAll says whether an auditor is one of the organisation that runs the node.
func (s *Service) seesAll(ctx context.Context, p Principal) (bool, error) {
	own, err := s.st.OwnOrg(ctx)
	return own != 0 && p.Org == own, meaning(err)
}

// VerifyAudit follows the chain of the audit log, for auditors of the organisation that runs the node; see
// [store.Store.VerifyAudit].
func (s *Service) VerifyAudit(ctx context.Context, p Principal) (n int64, last [32]byte, err error) {
	all, err := s.seesAll(ctx, p)
	if err != nil {
		return 0, last, err
	}
	if !p.May(Audit) || !all {
		return 0, last, fmt.Errorf("the audit log is verified by auditors of the organisation that runs the node: %w", ErrForbidden)
	}
	if err := s.FlushAudit(ctx); err != nil {
		return 0, last, err
	}
	n, last, err = s.st.VerifyAudit(ctx)
	return n, last, meaning(err)
}
