package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
)

// sqliteDialect is SQLite's.
type sqliteDialect struct{}

// sqliteName is how the driver is told of a file. Where another program writes all the time it may take a while to get a
// turn: SQLite looks whether the lock is free every tenth of a second, for a minute.
func sqliteName(file string, pragmas ...string) string {
	q := url.Values{"_pragma": append(pragmas, "busy_timeout(60000)", "foreign_keys(1)", "trusted_schema(0)", "cell_size_check(1)")}
	path := filepath.ToSlash(file)
	if filepath.VolumeName(file) != "" {
		path = "/" + path // https://sqlite.org/uri.html section 3.1
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// vacuumInto copies one state of the database into a new file, without what was free in it. It needs a connection of its own:
// those that read must not write, not even elsewhere, and the one that writes has no time.
func (s *Store) vacuumInto(ctx context.Context, path string) error {
	conn, err := openConn(sqliteName(s.file, "cache_size(-8000)"))
	if err != nil {
		return translate(err)
	}
	_, err = (&tx{ctx: ctx, conn: conn, d: s.d}).exec(`VACUUM INTO $1`, path)
	return errors.Join(err, conn.Close())
}

// connectSQLite opens a database file: one connection that writes, a few that read. In the write-ahead log readers see the
// last commit and never wait for the writer. synchronous=FULL flushes the log at each commit.
func (s *Store) connectSQLite(file string) error {
	s.d, s.file = sqliteDialect{}, file
	// The pages that a connection keeps are what bounds memory: KiB where negative, and twice as much as they say, because a
	// page and what SQLite notes about it is more than a power of two, to which memory is rounded up.
	// temp_store: to be able to take back one statement of several rows, SQLite copies each page that it changes, else to a file.
	w, err := openConn(sqliteName(file, "journal_mode(WAL)", "synchronous(FULL)", "temp_store(MEMORY)", "cache_size(-16000)", "wal_autocheckpoint(16000)", "journal_size_limit(67108864)"))
	if err != nil {
		return err
	}
	s.writes = newGroup(w, s.d, &s.pages)
	most := max(4, runtime.GOMAXPROCS(0))
	s.pool = newReaders(sqliteName(file, "query_only(1)", "cache_size(-4000)"), s.d, most)
	return nil
}

func (sqliteDialect) words(text string) string {
	return strings.NewReplacer(
		"{{id}}", "INTEGER PRIMARY KEY AUTOINCREMENT", // never gives an id twice
		"{{key}}", "INTEGER PRIMARY KEY",
		"{{bytes}}", "BLOB",
		"{{clustered}}", " WITHOUT ROWID",
		"{{lock}}", "", // the transaction has the whole database
		"{{keep}}", "",
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

// valuesTogether is how many values one statement takes at most: each statement costs as much as some rows, and the memory
// that a prepared one takes is in proportion.
const valuesTogether = 768

// inParts cuts n rows of so many columns into those of one statement each: powers of two, so that few statements differ.
func inParts(n, columns int, fn func(from, rows int) error) error {
	for from := 0; from < n; {
		rows := 1
		for rows*2 <= n-from && rows*2*columns <= valuesTogether {
			rows *= 2
		}
		if err := fn(from, rows); err != nil {
			return err
		}
		from += rows
	}
	return nil
}

// insertAll inserts n rows, of which values appends the values; otherwise is what becomes of rows that are there already.
func insertAll(t *tx, into, otherwise string, n int, values func(i int, to []any) []any) error {
	if n == 0 {
		return nil
	}
	columns := strings.Count(into, ",") + 1
	args := make([]any, 0, valuesTogether)
	return inParts(n, columns, func(from, rows int) error {
		args = args[:0]
		for i := range rows {
			args = values(from+i, args)
		}
		_, err := t.exec("INSERT INTO "+into+" VALUES "+rowsOf(rows, columns)+otherwise, args...)
		return err
	})
}

// rowsOf are rows of parameters. One without a number is cheaper to bind.
func rowsOf(rows, columns int) string {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", columns), ",") + ")"
	return strings.TrimSuffix(strings.Repeat(row+",", rows), ",")
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
		next, err := nextID(t, "raws")
		if err != nil {
			return err
		}
		for i, r := range fresh {
			r.raw = next + int64(i)
		}
	}
	if err := insertAll(t, "raws (id, digest, refs, data)", "", len(fresh), func(i int, to []any) []any {
		r := fresh[i]
		return append(to, r.raw, r.digest[:], int64(1), r.Raw)
	}); err != nil {
		return err
	}
	return insertAll(t, itemColumns, "", len(items), func(i int, to []any) []any { return append(to, items[i].values()...) })
}

// nextID is the number that the next row of a table gets, with those that follow: nobody else writes.
func nextID(t *tx, table string) (next int64, err error) {
	err = t.one(`SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = $1), 0), coalesce((SELECT max(id) FROM `+table+`), 0)) + 1`,
		[]any{table}, &next)
	return next, err
}

func (sqliteDialect) intern(t *tx, terms []Term) ([]int64, error) {
	ids := make([]int64, len(terms))
	var unknown []int // places in terms
	for i, term := range terms {
		if ids[i] = t.terms.find(term); ids[i] == 0 {
			unknown = append(unknown, i)
		}
	}
	if err := inParts(len(unknown), 3, func(from, rows int) error {
		args := make([]any, 0, 3*rows)
		for _, i := range unknown[from : from+rows] {
			args = append(args, int64(i), int64(terms[i].Kind), terms[i].Value)
		}
		return t.each(`WITH g (place, kind, value) AS (VALUES `+rowsOf(rows, 3)+`)
			SELECT g.place, t.id FROM g CROSS JOIN terms t ON t.value = g.value AND t.kind = g.kind`, args, func(scan func(...any) error) error {
			var place, id int64
			err := scan(&place, &id)
			ids[place] = id
			return err
		})
	}); err != nil {
		return nil, err
	}
	next, err := nextID(t, "terms")
	if err != nil {
		return nil, err
	}
	var fresh []int
	for _, i := range unknown {
		if ids[i] == 0 {
			ids[i] = next + int64(len(fresh))
			fresh = append(fresh, i)
		}
	}
	err = insertAll(t, "terms (id, kind, value)", "", len(fresh), func(i int, to []any) []any {
		i = fresh[i]
		return append(to, ids[i], int64(terms[i].Kind), terms[i].Value)
	})
	for _, i := range unknown {
		t.terms.keep(terms[i], ids[i])
	}
	return ids, err
}

func (sqliteDialect) index(t *tx, postings []posting, links []edge, packed []packedTerms) error {
	if err := insertAll(t, "indexed (item, terms)", " ON CONFLICT DO NOTHING", len(packed), func(i int, to []any) []any {
		return append(to, packed[i].item, packed[i].terms)
	}); err != nil {
		return err
	}
	if err := insertAll(t, "postings (term, item, label)", " ON CONFLICT DO NOTHING", len(postings), func(i int, to []any) []any {
		return append(to, postings[i].term, postings[i].item, int64(postings[i].label))
	}); err != nil {
		return err
	}
	return insertAll(t, "links (item, property, target, label)", " ON CONFLICT DO NOTHING", len(links), func(i int, to []any) []any {
		l := &links[i]
		return append(to, l.item, l.property, l.target, int64(l.label))
	})
}

// termIDs are numbers of terms that the writer remembers, of the kinds that occur again and again. Terms are never removed and
// keep their numbers, so that what was committed stays true.
type termIDs map[Term]int64

// mostTermIDs that are remembered: some megabytes.
const mostTermIDs = 50_000

func (m termIDs) find(term Term) int64 { return m[Term{Kind: term.Kind, Value: term.Value}] }

func (m termIDs) keep(term Term, id int64) {
	if m == nil || term.Kind != TermWord && term.Kind != TermLabel && term.Kind != TermAttack {
		return
	}
	if len(m) >= mostTermIDs {
		clear(m)
	}
	m[Term{Kind: term.Kind, Value: strings.Clone(term.Value)}] = id // without the text around it
}
