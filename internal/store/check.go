package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
)

// Problem is something that Check found.
type Problem struct {
	Where string // table and row
	What  string
}

func (p Problem) String() string { return p.Where + ": " + p.What }

// mostProblems of one kind that Check tells.
const mostProblems = 20

// Check verifies the whole store: the database itself (SQLite), that every item has its bytes and these their digest, that
// bytes are kept for as many as use them, that counters and dates are in order, that no version hides another one by a missing
// flag, that the index belongs to items, and the chain of the audit log. It reads everything: a million objects take some tens
// of seconds. It changes nothing; what the bytes say it leaves to Compare. The error is for what kept it from looking, Damaged pages among them.
func (s *Store) Check(ctx context.Context) ([]Problem, error) {
	var out []Problem
	if err := s.snapshot(ctx, func(t *tx) error {
		if err := s.everyWay(t); err != nil {
			return err
		}
		for _, check := range []func(*tx) ([]Problem, error){s.checkFile, checkBytes, checkRows, checkBacklog} {
			found, err := check(t)
			out = append(out, found...)
			if err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return out, fmt.Errorf("check: %w", err)
	}
	if _, _, err := s.VerifyAudit(ctx); err != nil {
		if !errors.Is(err, ErrDamaged) {
			return out, fmt.Errorf("check: %w", err)
		}
		out = append(out, Problem{"audit", err.Error()})
	}
	return out, nil
}

// everyWay lets PostgreSQL read as it pleases. Here everything is read and compared: what connectPostgres forbids is what is wanted.
func (s *Store) everyWay(t *tx) error {
	if s.file != "" {
		return nil
	}
	for _, way := range offInPostgres {
		if _, err := t.exec("SET LOCAL enable_" + way + " = on"); err != nil {
			return err
		}
	}
	return nil
}

// checkFile lets SQLite look at each page and each index. PostgreSQL has its own tools for that (pg_amcheck).
func (s *Store) checkFile(t *tx) ([]Problem, error) {
	if s.file == "" {
		return nil, nil
	}
	var out []Problem
	err := t.each(`PRAGMA integrity_check(20)`, nil, func(scan func(...any) error) error {
		var what string
		if err := scan(&what); err != nil {
			return err
		}
		if what != "ok" {
			out = append(out, Problem{"database file", what})
		}
		return nil
	})
	return out, err
}

// checkBytes compares bytes with their digests.
func checkBytes(t *tx) ([]Problem, error) {
	var out []Problem
	err := t.each(`SELECT id, digest, data FROM raws ORDER BY id`, nil, func(scan func(...any) error) error {
		var (
			id         int64
			want, data []byte
		)
		if err := scan(&id, &want, &data); err != nil {
			return err
		}
		if sum := sha256.Sum256(data); !bytes.Equal(sum[:], want) && len(out) < mostProblems {
			out = append(out, Problem{fmt.Sprintf("raws %d", id), "the bytes are not those that were stored"})
		}
		return nil
	})
	return out, err
}

// rowChecks are statements that give rows only where something is wrong.
var rowChecks = []struct{ table, what, query string }{
	{
		"items", "has no bytes",
		`SELECT i.item FROM items i WHERE NOT EXISTS (SELECT 1 FROM raws b WHERE b.id = i.raw) LIMIT 20`,
	},
	{
		"conflicts", "has no bytes",
		`SELECT k.id FROM conflicts k WHERE NOT EXISTS (SELECT 1 FROM raws b WHERE b.id = k.raw) LIMIT 20`,
	},
	{
		"raws", "is not used by as many as it says",
		`SELECT b.id FROM raws b LEFT JOIN (SELECT raw, count(*) AS n FROM (SELECT raw FROM items UNION ALL SELECT raw FROM conflicts) u GROUP BY raw) g
			ON g.raw = b.id WHERE b.refs <> coalesce(g.n, 0) LIMIT 20`,
	},
	{
		"items", "is of no collection or above its counter",
		`SELECT i.item FROM items i WHERE NOT EXISTS (SELECT 1 FROM collections c WHERE c.id = i.collection
			AND i.item > c.id * 1099511627776 AND i.item <= c.id * 1099511627776 + c.seq AND i.added <= c.last_added) LIMIT 20`,
	},
	{
		"items", "was not added after the one before",
		`SELECT i.item FROM items i WHERE i.added <= (SELECT p.added FROM items p WHERE p.item < i.item AND p.item > i.collection * 1099511627776 ORDER BY p.item DESC LIMIT 1) LIMIT 20`,
	},
	{
		"items", "does not say that there are other versions",
		`SELECT i.item FROM items i WHERE (i.flags & 15) <> 15 AND EXISTS (SELECT 1 FROM items n WHERE n.object = i.object AND n.collection = i.collection
			AND n.item <> i.item AND (
				((i.flags & 1) = 0 AND (n.version > i.version OR n.version = i.version AND n.spec > i.spec))
				OR ((i.flags & 2) = 0 AND (n.version < i.version OR n.version = i.version AND n.spec < i.spec))
				OR ((i.flags & 4) = 0 AND n.version = i.version AND n.spec = i.spec)
				OR ((i.flags & 8) = 0 AND n.spec <> i.spec))) LIMIT 20`,
	},
	{"indexed", "is in the index and no item", `SELECT x.item FROM indexed x WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.item = x.item) LIMIT 20`},
	{"postings", "is in the index and no item", `SELECT p.item FROM postings p WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.item = p.item) LIMIT 20`},
	{"links", "is in the graph and no item", `SELECT l.item FROM links l WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.item = l.item) LIMIT 20`},
	{"items", "belongs to no organisation", `SELECT i.item FROM items i WHERE NOT EXISTS (SELECT 1 FROM orgs o WHERE o.id = i.owner) LIMIT 20`},
}

func checkRows(t *tx) ([]Problem, error) {
	var out []Problem
	for _, c := range rowChecks {
		ids, err := collect(t, c.query, nil, func(n *int64) []any { return []any{n} })
		if err != nil {
			return out, fmt.Errorf("%s: %w", c.table, err)
		}
		for _, id := range ids {
			where := fmt.Sprintf("%s %d", c.table, id)
			if c.table != "raws" && c.table != "conflicts" {
				where = fmt.Sprintf("%s: number %d of collection %d", c.table, id&(1<<seqBits-1), id>>seqBits)
			}
			out = append(out, Problem{where, c.what})
		}
	}
	return out, nil
}

// checkBacklog looks whether what the indexer has yet to do can be read.
func checkBacklog(t *tx) ([]Problem, error) {
	var out []Problem
	err := t.each(`SELECT id, entries FROM backlog ORDER BY id`, nil, func(scan func(...any) error) error {
		var (
			id     int64
			packed []byte
		)
		if err := scan(&id, &packed); err != nil {
			return err
		}
		if _, err := readEntries(packed); err != nil {
			out = append(out, Problem{fmt.Sprintf("backlog %d", id), err.Error()})
		}
		return nil
	})
	return out, err
}
