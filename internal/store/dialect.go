package store

import (
	"context"
	"database/sql"
	"errors"
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

// queryer is what statements of PostgreSQL run on: a pool, a transaction. It keeps the prepared ones.
type queryer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// tx is a transaction, or a pool of connections for statements that stand alone. One of on, conn and pool is set.
type tx struct {
	ctx   context.Context // a transaction lives within one call
	d     dialect
	on    queryer     // PostgreSQL
	conn  *sqliteConn // SQLite
	pool  *readers    // SQLite: to take a connection from for each statement
	terms termIDs     // of SQLite's writer
	turns *Turns      // of a writer that gives way, nil without
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
	args = storable(args)
	t.turns.GiveWay()
	if t.conn != nil {
		n, err := t.conn.exec(t.ctx, query, args)
		return n, translate(err)
	}
	r, err := t.on.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, translate(err)
	}
	n, err := r.RowsAffected()
	return n, translate(err)
}

// script runs statements that have no arguments.
func (t *tx) script(statements string) error {
	if t.conn != nil {
		return translate(t.conn.script(t.ctx, statements))
	}
	_, err := t.on.ExecContext(t.ctx, statements)
	return translate(err)
}

// one runs a query that gives one row; without one it fails with ErrNotFound.
func (t *tx) one(query string, args []any, into ...any) error {
	args = storable(args)
	if t.pool != nil {
		return t.pool.with(t.ctx, func(t *tx) error { return t.one(query, args, into...) })
	}
	if t.conn != nil {
		return translate(t.conn.one(t.ctx, query, args, into))
	}
	return translate(t.on.QueryRowContext(t.ctx, query, args...).Scan(into...))
}

// each runs a query and calls fn for each row, with the function that scans it. An error of fn is given back as it is.
func (t *tx) each(query string, args []any, fn func(scan func(...any) error) error) error {
	args = storable(args)
	t.turns.GiveWay()
	if t.pool != nil {
		return t.pool.with(t.ctx, func(t *tx) error { return t.each(query, args, fn) })
	}
	if t.conn != nil {
		var own error // of fn
		err := t.conn.each(t.ctx, query, args, func(scan func(...any) error) error {
			own = fn(scan)
			return own
		})
		if own != nil {
			return own
		}
		return translate(err)
	}
	rows, err := t.on.QueryContext(t.ctx, query, args...)
	if err != nil {
		return translate(err)
	}
	defer func() { _ = rows.Close() }() // rows.Err tells
	scan := func(into ...any) error { return translate(rows.Scan(into...)) }
	for rows.Next() {
		if err := fn(scan); err != nil {
			return err
		}
	}
	return translate(rows.Err())
}

// columns are the names of the columns of a query, in a transaction.
func (t *tx) columns(query string) ([]string, error) {
	if t.conn != nil {
		names, err := t.conn.columns(t.ctx, query)
		return names, translate(err)
	}
	rows, err := t.on.QueryContext(t.ctx, query)
	if err != nil {
		return nil, translate(err)
	}
	defer func() { _ = rows.Close() }() // rows.Err tells
	names, err := rows.Columns()
	return names, translate(errors.Join(err, rows.Err()))
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
