package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"

	_ "modernc.org/sqlite" // the driver
)

// sqliteDialect is SQLite's.
type sqliteDialect struct{}

// openSQLite gives a pool of connections to a file. Where another program writes all the time it may take a while to get a
// turn: SQLite looks whether the lock is free every tenth of a second, for a minute.
func openSQLite(file string, most int, pragmas ...string) (*sql.DB, error) {
	q := url.Values{"_pragma": append(pragmas, "busy_timeout(60000)", "foreign_keys(1)", "trusted_schema(0)", "cell_size_check(1)")}
	path := filepath.ToSlash(file)
	if filepath.VolumeName(file) != "" {
		path = "/" + path // https://sqlite.org/uri.html section 3.1
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+q.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
	return db, nil
}

// vacuumInto copies one state of the database into a new file, without what was free in it. It needs a connection of its own:
// those that read must not write, not even elsewhere, and the one that writes has no time.
func (s *Store) vacuumInto(ctx context.Context, path string) error {
	db, err := openSQLite(s.file, 1, "cache_size(-8000)")
	if err != nil {
		return err
	}
	_, err = (&tx{ctx: ctx, on: db, d: s.d}).exec(`VACUUM INTO $1`, path)
	return errors.Join(err, db.Close())
}

// connectSQLite opens a database file: one connection that writes, a few that read. In the write-ahead log readers see the
// last commit and never wait for the writer. synchronous=FULL flushes the log at each commit.
func (s *Store) connectSQLite(ctx context.Context, file string) error {
	s.d, s.file = sqliteDialect{}, file
	// The pages that a connection keeps are what bounds memory: KiB where negative.
	w, err := openSQLite(file, 1, "journal_mode(WAL)", "synchronous(FULL)", "cache_size(-32000)", "wal_autocheckpoint(16000)", "journal_size_limit(67108864)")
	if err != nil {
		return err
	}
	g, err := newGroup(ctx, w, s.d)
	if err != nil {
		return errors.Join(err, w.Close())
	}
	s.writes = g
	most := max(4, runtime.GOMAXPROCS(0))
	r, err := openSQLite(file, most, "query_only(1)", "cache_size(-8000)")
	if err != nil {
		return errors.Join(err, g.close())
	}
	s.pool = newReaders(r, s.d, most)
	return nil
}

func (sqliteDialect) words(text string) string {
	return strings.NewReplacer(
		"{{id}}", "INTEGER PRIMARY KEY AUTOINCREMENT", // never gives an id twice
		"{{key}}", "INTEGER PRIMARY KEY",
		"{{bytes}}", "BLOB",
		"{{clustered}}", " WITHOUT ROWID",
		"{{lock}}", "", // the transaction has the whole database
		"{{claim}}", "",
	).Replace(text)
}

func (sqliteDialect) list(column, parameter string) string {
	return fmt.Sprintf("%s IN (SELECT value FROM json_each(%s))", column, parameter)
}

func (sqliteDialect) listOf(values any) any {
	if list, ok := values.([]string); ok {
		values = plainTexts(list)
	}
	b, err := json.Marshal(values)
	if err != nil {
		panic(err) // numbers and strings always can
	}
	return string(b)
}

// rowsTogether is how many rows one statement inserts where there are so many: each statement costs as much as some rows.
const rowsTogether = 40

// insertAll inserts n rows, of which values gives the values; otherwise is what becomes of rows that are there already.
func insertAll(t *tx, into, otherwise string, n int, values func(i int) []any) error {
	var args []any
	for from := 0; from < n; {
		rows := rowsTogether
		if n-from < rowsTogether {
			rows = 1
		}
		args = args[:0]
		for i := range rows {
			args = append(args, values(from+i)...)
		}
		if _, err := t.exec(insertRows(into, rows, len(args)/rows)+otherwise, args...); err != nil {
			return err
		}
		from += rows
	}
	return nil
}

// insertRows is the statement that inserts so many rows of so many columns. A parameter without a number is cheaper to bind.
func insertRows(into string, rows, columns int) string {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", columns), ",") + ")"
	return "INSERT INTO " + into + " VALUES " + strings.TrimSuffix(strings.Repeat(row+",", rows), ",")
}

func (sqliteDialect) insert(t *tx, rows []row) error {
	var fresh, items []*row
	for i := range rows {
		if rows[i].raw == 0 {
			fresh = append(fresh, &rows[i])
		}
		if rows[i].item != 0 { // of a conflict only the bytes are stored here
			items = append(items, &rows[i])
		}
	}
	if len(fresh) > 0 {
		// The numbers that the next rows will get: nobody else writes.
		var last int64
		err := t.one(`SELECT seq FROM sqlite_sequence WHERE name = 'raws'`, nil, &last)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		for i, r := range fresh {
			r.raw = last + 1 + int64(i)
		}
	}
	if err := insertAll(t, "raws (id, digest, refs, data)", "", len(fresh), func(i int) []any {
		r := fresh[i]
		return []any{r.raw, r.digest[:], int64(1), r.Raw}
	}); err != nil {
		return err
	}
	return insertAll(t, itemColumns, "", len(items), func(i int) []any { return items[i].values() })
}

func (sqliteDialect) intern(t *tx, terms []Term) ([]int64, error) {
	ids := make([]int64, len(terms))
	for i, term := range terms {
		args := []any{int64(term.Kind), term.Value}
		err := t.one(`SELECT id FROM terms WHERE kind = $1 AND value = $2`, args, &ids[i])
		if errors.Is(err, ErrNotFound) {
			err = t.one(`INSERT INTO terms (kind, value) VALUES ($1, $2) RETURNING id`, args, &ids[i])
		}
		if err != nil {
			return nil, err
		}
	}
	return ids, nil
}

func (sqliteDialect) index(t *tx, postings []posting, links []edge, packed []packedTerms) error {
	for _, p := range packed {
		if _, err := t.exec(`INSERT INTO indexed (item, terms) VALUES ($1, $2) ON CONFLICT (item) DO UPDATE SET terms = excluded.terms`,
			p.item, p.terms); err != nil {
			return err
		}
	}
	for _, p := range postings {
		if _, err := t.exec(`INSERT INTO postings (term, item, label) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
			p.term, p.item, int64(p.label)); err != nil {
			return err
		}
	}
	for _, l := range links {
		if _, err := t.exec(`INSERT INTO links (item, property, target, label) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			l.item, l.property, l.target, int64(l.label)); err != nil {
			return err
		}
	}
	return nil
}
