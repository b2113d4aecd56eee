package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
)

func openTestConn(t *testing.T) *sqliteConn {
	t.Helper()
	c := must[*sqliteConn](t)(openConn(sqliteName(filepath.Join(t.TempDir(), "x.db"))))
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := c.script(t.Context(), `CREATE TABLE x (n INTEGER, s TEXT, b BLOB); INSERT INTO x VALUES (1, 'one', x'01'), (2, '', x''), (-3, NULL, NULL)`); err != nil {
		t.Fatal(err)
	}
	return c
}

// Values come into places that hold them, and into no others.
func TestAssign(t *testing.T) {
	c := openTestConn(t)
	var (
		n     int64
		small uint8
		label Label
		s     string
		b     []byte
		worth any
		is    truth
		when  instant
	)
	for _, x := range []struct {
		value string
		into  any
		ok    bool
	}{
		{"7", &n, true},
		{"7", &small, true},
		{"3", &label, true},
		{"'text'", &s, true},
		{"x'0102'", &b, true},
		{"NULL", &b, true},
		{"7", &worth, true},
		{"1", &is, true},
		{"1700000000000000", &when, true},
		{"256", &small, false},
		{"-1", &small, false},
		{"'text'", &n, false},
		{"NULL", &n, false},
		{"NULL", &s, false},
		{"1", &s, false},
		{"'text'", &b, false},
		{"'text'", &is, false},
		{"1.5", &n, false},
		{"7", n, false},
	} {
		if err := c.one(t.Context(), "SELECT "+x.value, nil, []any{x.into}); (err == nil) != x.ok {
			t.Errorf("%s into a %T: %v", x.value, x.into, err)
		}
	}
	if n != 7 || small != 7 || label != AmberStrict || s != "text" || b != nil || worth != int64(7) || !bool(is) || micro(timeOf(1700000000000000)) != 1700000000000000 {
		t.Error(n, small, label, s, b, worth, is, when)
	}
	if err := c.one(t.Context(), "SELECT 1, 2", nil, []any{&n}); err == nil {
		t.Error("two columns have come into one place")
	}
}

// A row that was read stays as it is while the next one is read: nobody else has its bytes.
func TestRowsKeepTheirBytes(t *testing.T) {
	c := openTestConn(t)
	var all []string
	var kept [][]byte
	if err := c.each(t.Context(), `SELECT coalesce(s, '-'), b FROM x ORDER BY rowid`, nil, func(scan func(...any) error) error {
		var (
			s string
			b []byte
		)
		err := scan(&s, &b)
		all, kept = append(all, s), append(kept, b)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(all, kept); got != "[one  -] [[1] [] []]" {
		t.Error(got)
	}
}

// A statement whose rows are being read is not forgotten, however many others run meanwhile; later it may be.
func TestStatementsInUse(t *testing.T) {
	c := openTestConn(t)
	ctx := t.Context()
	rows := 0
	if err := c.each(ctx, `SELECT n FROM x ORDER BY rowid`, nil, func(scan func(...any) error) error {
		var n, m int64
		for i := range mostStatements + 1 {
			if err := c.one(ctx, fmt.Sprintf("SELECT $1 + %d", i), []any{1}, []any{&m}); err != nil || m != int64(i+1) {
				return fmt.Errorf("%d: %w", m, err)
			}
		}
		rows++
		return scan(&n)
	}); err != nil || rows != 3 {
		t.Errorf("%d rows: %v", rows, err)
	}
	if len(c.prepared) <= mostStatements {
		t.Errorf("%d statements", len(c.prepared))
	}
	var n int64
	if err := c.one(ctx, "SELECT 100000", nil, []any{&n}); err != nil || n != 100000 || len(c.prepared) != 1 {
		t.Errorf("%d, %d statements: %v", n, len(c.prepared), err)
	}
}

// Who gives up reading gets no more rows, and the connection is as good as before.
func TestGivingUpReading(t *testing.T) {
	c := openTestConn(t)
	ctx, cancel := context.WithCancel(t.Context())
	rows := 0
	err := c.each(ctx, `SELECT n FROM x`, nil, func(func(...any) error) error {
		rows++
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || rows != 1 {
		t.Errorf("%d rows: %v", rows, err)
	}
	if _, err := c.exec(ctx, `DELETE FROM x`, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if n, err := c.exec(t.Context(), `DELETE FROM x WHERE n > $1`, []any{0}); n != 2 || err != nil {
		t.Errorf("%d rows: %v", n, err)
	}
}
