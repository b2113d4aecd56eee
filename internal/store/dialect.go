package store

import (
	"context"
	"database/sql"
	"strings"
	"unicode/utf8"
)

// dialect is what the two databases do differently. Everything else is written once, in SQL that both understand:
// numbered parameters, RETURNING, ON CONFLICT, times as microseconds since 1970, truth as 0 and 1.
type dialect interface {
	// words replaces what has another name in each: in migrations {{id}}, {{key}}, {{bytes}} and {{clustered}}; at the end of
	// a SELECT {{lock}}, after which its rows do not change before the transaction ends, {{keep}}, after which they may change and
	// not go, and {{claim}}, which is a lock and leaves out rows that another transaction has locked.
	words(text string) string
	// list is the condition that a column has one of the values of the parameter; see listOf for the parameter.
	list(column, parameter string) string
	// listOf makes the parameter of list from a []int64 or a []string.
	listOf(values any) any
	// insert stores the rows of items, all of one collection; it gives each its raw id.
	insert(t *tx, rows []row) error
	// intern gives the numbers of terms, each of which is given once, and makes those that are missing.
	intern(t *tx, terms []Term) ([]int64, error)
	// index stores entries of the search index.
	index(t *tx, postings []posting, links []edge, packed []packedTerms) error
}

// queryer is what statements run on: a pool, a connection, a transaction.
type queryer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// tx is a transaction, or a pool of connections for statements that stand alone.
type tx struct {
	ctx      context.Context // a transaction lives within one call
	on       queryer
	d        dialect
	prepared map[string]*sql.Stmt // of the connection; nil where the driver keeps them
	pool     *readers             // to take a connection from for each statement, where on is nil
	terms    termIDs              // of SQLite's writer
	turns    *Turns               // of a writer that gives way, nil without
}

// mostStatements that a connection keeps prepared. Their texts differ by what a query asks for, not by its values.
const mostStatements = 200

// prepare gives a prepared statement for one use: the next call may close it.
func (t *tx) prepare(query string) (*sql.Stmt, error) {
	if s := t.prepared[query]; s != nil {
		return s, nil
	}
	if len(t.prepared) >= mostStatements {
		for text, s := range t.prepared {
			delete(t.prepared, text)
			if err := s.Close(); err != nil {
				return nil, err
			}
		}
	}
	s, err := t.on.PrepareContext(t.ctx, query)
	if err == nil {
		t.prepared[query] = s
	}
	return s, err
}

// storable gives the arguments with every text as both databases take it, the same text for reading and for writing.
func storable(args []any) []any {
	for i, a := range args {
		switch a := a.(type) {
		case string:
			args[i] = plainText(a)
		case []string:
			args[i] = plainTexts(a)
		}
	}
	return args
}

// plainText is a text in which a replacement character stands for zero bytes and for what is not UTF-8.
func plainText(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

func plainTexts(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = plainText(s)
	}
	return out
}

// exec runs a statement and says how many rows it changed.
func (t *tx) exec(query string, args ...any) (int64, error) {
	r, err := t.result(query, args...)
	if err != nil {
		return 0, err
	}
	n, err := r.RowsAffected()
	return n, translate(err)
}

func (t *tx) result(query string, args ...any) (r sql.Result, err error) {
	args = storable(args)
	if t.prepared == nil {
		r, err = t.on.ExecContext(t.ctx, query, args...)
		return r, translate(err)
	}
	s, err := t.prepare(query) //nolint:sqlclosecheck // closed with the connection
	if err != nil {
		return nil, translate(err)
	}
	r, err = s.ExecContext(t.ctx, args...)
	return r, translate(err)
}

// one runs a query that gives one row; without one it fails with ErrNotFound.
func (t *tx) one(query string, args []any, into ...any) error {
	args = storable(args)
	if t.pool != nil {
		return t.pool.with(t.ctx, func(t *tx) error { return t.one(query, args, into...) })
	}
	if t.prepared == nil {
		return translate(t.on.QueryRowContext(t.ctx, query, args...).Scan(into...))
	}
	s, err := t.prepare(query) //nolint:sqlclosecheck // closed with the connection
	if err != nil {
		return translate(err)
	}
	return translate(s.QueryRowContext(t.ctx, args...).Scan(into...))
}

// each runs a query and calls fn for each row, with the function that scans it.
func (t *tx) each(query string, args []any, fn func(scan func(...any) error) error) error {
	args = storable(args)
	if t.pool != nil {
		return t.pool.with(t.ctx, func(t *tx) error { return t.each(query, args, fn) })
	}
	var (
		rows *sql.Rows
		err  error
	)
	if t.prepared == nil {
		rows, err = t.on.QueryContext(t.ctx, query, args...)
	} else {
		var s *sql.Stmt
		if s, err = t.prepare(query); err == nil { //nolint:sqlclosecheck // closed with the connection
			rows, err = s.QueryContext(t.ctx, args...)
		}
	}
	if err != nil {
		return translate(err)
	}
	defer func() { _ = rows.Close() }() // rows.Err tells
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return translate(err)
		}
	}
	return translate(rows.Err())
}

// collect runs a query and collects its rows.
func collect[T any](t *tx, query string, args []any, scan func(*T) []any) ([]T, error) {
	var out []T
	err := t.each(query, args, func(read func(...any) error) error {
		var v T
		if err := read(scan(&v)...); err != nil {
			return err
		}
		out = append(out, v)
		return nil
	})
	return out, err
}
