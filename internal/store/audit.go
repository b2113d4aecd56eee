package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Entry is an entry of the audit log: who did what to what, with which token, from where.
type Entry struct {
	Seq    int64 // from 1, without gaps
	At     time.Time
	User   int64
	Org    int64
	Token  int64  // 0 without
	Remote string // address
	Deed   string
	Object string
	Detail string   // JSON, "" without
	Hash   [32]byte // see Chain
}

// Chain gives the hash of an entry: SHA-256 of the hash of the one before (32 zero bytes for the first) and of the JSON array
// [seq, microseconds since 1970, user, org, token, remote, deed, object, detail] without spaces, <, > and & as themselves. An
// entry that was changed, removed or put in between breaks the chain of all that follow.
func (e *Entry) Chain(previous [32]byte) [32]byte {
	var b bytes.Buffer
	b.Write(previous[:])
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	// Numbers and strings always encode; the line feed that Encode adds is no part of it.
	_ = enc.Encode([]any{e.Seq, micro(e.At), e.User, e.Org, e.Token, e.Remote, e.Deed, e.Object, e.Detail})
	return sha256.Sum256(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// auditHead is the name under which meta keeps the number and the hash of the last entry, so that entries cut off at the end
// are missed. It is also the row that orders those who append.
const auditHead = "audit.head"

// AppendAudit adds entries in one transaction and gives them Seq, At (where it is zero) and Hash. Texts are UTF-8: a replacement
// character stands for what is not.
func (s *Store) AppendAudit(ctx context.Context, entries ...Entry) ([]Entry, error) {
	out := make([]Entry, len(entries))
	err := s.write(ctx, func(t *tx) error {
		copy(out, entries)
		if _, err := t.exec(`INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING`, auditHead, make([]byte, 40)); err != nil {
			return err
		}
		seq, hash, err := head(t, "{{lock}}")
		if err != nil {
			return err
		}
		for i := range out {
			e := &out[i]
			seq++
			e.Seq = seq
			if e.At.IsZero() {
				e.At = s.now()
			}
			for _, text := range []*string{&e.Remote, &e.Deed, &e.Object, &e.Detail} {
				*text = plainText(*text)
			}
			e.At = e.At.UTC().Truncate(time.Microsecond)
			hash = e.Chain(hash)
			e.Hash = hash
			if _, err := t.exec(`INSERT INTO audit (seq, at, usr, org, token, remote, deed, object, detail, hash)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
				e.Seq, micro(e.At), e.User, e.Org, e.Token, e.Remote, e.Deed, e.Object, e.Detail, e.Hash[:]); err != nil {
				return err
			}
		}
		_, err = t.exec(`UPDATE meta SET value = $2 WHERE name = $1`, auditHead, append(binary.BigEndian.AppendUint64(nil, uint64(seq)), hash[:]...))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	return out, nil
}

func head(t *tx, lock string) (seq int64, hash [32]byte, err error) {
	var value []byte
	err = t.one(t.d.words(`SELECT value FROM meta WHERE name = $1`+lock), []any{auditHead}, &value)
	if errors.Is(err, ErrNotFound) {
		return 0, hash, nil
	}
	if err == nil && len(value) != 40 {
		err = errors.New("the head of the audit log is damaged")
	}
	if err != nil {
		return 0, hash, err
	}
	copy(hash[:], value[8:])
	return int64(binary.BigEndian.Uint64(value)), hash, nil
}

// AuditQuery selects entries. Fields that are set are all demanded.
type AuditQuery struct {
	After  int64 // seq
	Org    int64
	User   int64
	Deed   string
	Object string
	Since  time.Time
	Until  time.Time
	Limit  int // 0 is 100
	// Apart gives the entries of Org as if there were no others: Seq and After count them from 1, and they have no Hash.
	Apart bool
}

// AuditPage gives entries by Seq. Who may read them is decided by the caller.
func (s *Store) AuditPage(ctx context.Context, q AuditQuery) ([]Entry, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	b := &builder{}
	b.where.WriteString("seq > " + b.arg(q.After))
	from := "audit"
	switch {
	case q.Apart:
		from = `(SELECT row_number() OVER (ORDER BY a.seq) AS seq, a.at, a.usr, a.org, a.token, a.remote, a.deed, a.object, a.detail, a.hash
			FROM audit a WHERE a.org = ` + b.arg(q.Org) + `) audit`
	case q.Org != 0:
		b.and("org = %s", q.Org)
	}
	if q.User != 0 {
		b.and("usr = %s", q.User)
	}
	if q.Deed != "" {
		b.and("deed = %s", q.Deed)
	}
	if q.Object != "" {
		b.and("object = %s", q.Object)
	}
	if !q.Since.IsZero() {
		b.and("at >= %s", micro(q.Since))
	}
	if !q.Until.IsZero() {
		b.and("at < %s", micro(q.Until))
	}
	out, err := collect(s.reader(ctx), `SELECT seq, at, usr, org, token, remote, deed, object, detail, hash FROM `+from+` WHERE `+b.where.String()+
		` ORDER BY seq LIMIT `+b.arg(min(limit, maxLimit)), b.args, func(e *Entry) []any {
		return []any{&e.Seq, (*instant)(&e.At), &e.User, &e.Org, &e.Token, &e.Remote, &e.Deed, &e.Object, &e.Detail, (*digest)(&e.Hash)}
	})
	for i := range out {
		if q.Apart {
			out[i].Hash = [32]byte{}
		}
	}
	return out, about(err, "audit log", "")
}

// VerifyAudit follows the chain from the first entry to the head. It gives the number of entries that are sound, the hash of
// the last of them, and an error that says where the chain breaks.
func (s *Store) VerifyAudit(ctx context.Context) (n int64, last [32]byte, err error) {
	// The head first: what is appended meanwhile is verified too, and does no harm.
	seq, hash, err := head(s.reader(ctx), "")
	if err != nil {
		return 0, last, err
	}
	for {
		page, err := s.AuditPage(ctx, AuditQuery{After: n, Limit: 1000})
		if err != nil {
			return n, last, err
		}
		for i := range page {
			e := &page[i]
			if e.Seq != n+1 {
				return n, last, fmt.Errorf("audit log: entry %d is missing: %w", n+1, ErrDamaged)
			}
			if e.Chain(last) != e.Hash {
				return n, last, fmt.Errorf("audit log: entry %d or one before it was changed: %w", e.Seq, ErrDamaged)
			}
			n, last = e.Seq, e.Hash
			if n == seq && last != hash {
				return n, last, fmt.Errorf("audit log: entry %d is not the one that was last appended: %w", n, ErrDamaged)
			}
		}
		if len(page) == 0 {
			break
		}
	}
	if n < seq {
		return n, last, fmt.Errorf("audit log: entries %d to %d are missing: %w", n+1, seq, ErrDamaged)
	}
	return n, last, nil
}
