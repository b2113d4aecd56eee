package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// tables are all tables, those that others refer to first.
var tables = []string{
	"meta", "cursors", "orgs", "users", "tokens", "sharing_groups", "members", "roots", "collections", "rights", "named", "raws",
	"items", "conflicts", "terms", "postings", "links", "indexed", "backlog", "statuses", "audit", "webhooks",
}

// incarnation is the name under which meta keeps which life of the store this is: random, new after each Restore.
const incarnation = "incarnation"

// Incarnation tells one life of the store from the next: it changes when the store is restored from a backup, whose
// cursors are older than what peers have seen.
func (s *Store) Incarnation(ctx context.Context) (string, error) {
	b, err := s.MetaOr(ctx, incarnation, []byte(newUUID()))
	return string(b), err
}

// Backup writes everything into a new file, an SQLite database in the form of store.db, while the store goes on working: the
// state of one moment. The file appears under its name when it is complete and on disk. ErrExists: there is such a file.
func (s *Store) Backup(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		if err == nil {
			err = ErrExists
		}
		return fmt.Errorf("backup to %s: %w", path, err)
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".backup-*")
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left in it is of no use
	half := filepath.Join(dir, fileName)
	if s.file != "" {
		err = s.vacuumInto(ctx, half)
	} else {
		err = s.copyInto(ctx, dir)
	}
	if err == nil {
		err = seal(half)
	}
	if err == nil {
		err = flush(half)
	}
	if err == nil {
		err = os.Rename(half, path)
	}
	if err == nil {
		err = flushFolder(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("backup to %s: %w", path, err)
	}
	return nil
}

// copyInto copies one state of the store into a new one in the folder, and leaves it as a single file.
func (s *Store) copyInto(ctx context.Context, dir string) error {
	to, err := Create(ctx, Config{Dir: dir, Now: s.now, NoIndexer: true})
	if err != nil {
		return err
	}
	err = s.snapshot(ctx, func(t *tx) error { return to.fill(ctx, t) })
	return errors.Join(err, to.Close()) // which folds the log into the file
}

// fill copies all rows of another store into this one, which is empty.
func (s *Store) fill(ctx context.Context, from *tx) error {
	return s.write(ctx, func(t *tx) error {
		for _, table := range tables {
			if err := fillTable(t, from, table); err != nil {
				return fmt.Errorf("%s: %w", table, err)
			}
		}
		if s.file != "" {
			return nil
		}
		// The rows have brought their numbers: the counters go on after them.
		for _, table := range []string{"orgs", "users", "tokens", "sharing_groups", "roots", "collections", "raws", "conflicts", "terms", "backlog", "webhooks"} {
			if _, err := t.exec(`SELECT setval(pg_get_serial_sequence('` + table + `', 'id'), coalesce(max(id), 0) + 1, false) FROM ` + table); err != nil {
				return err
			}
		}
		return nil
	})
}

// fill inserts the rows, all of them at once or, in SQLite, one by one.
func (c *columns) fill(t *tx, into string) error {
	if t.conn == nil {
		return c.insert(t, into)
	}
	names := make([]string, len(c.casts))
	for i := range names {
		names[i] = "$" + strconv.Itoa(i+1)
	}
	query := "INSERT INTO " + into + " VALUES (" + strings.Join(names, ", ") + ")"
	values := make([]any, len(names))
	for n := range c.rows {
		for i, list := range c.lists {
			switch list := list.(type) {
			case []int64:
				values[i] = list[n]
			case []string:
				values[i] = list[n]
			case [][]byte:
				values[i] = list[n]
			}
		}
		if _, err := t.exec(query, values...); err != nil {
			return err
		}
	}
	return nil
}

// fillTogether is how many rows are inserted by one statement, or fewer where they are large.
const fillTogether = 500

func fillTable(t, from *tx, table string) error {
	names, err := from.columns(`SELECT * FROM ` + table + ` LIMIT 0`)
	if err != nil {
		return err
	}
	var (
		c     columns
		n     int
		bytes int
	)
	values, into := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	where := table + " (" + strings.Join(names, ", ") + ")"
	if err := from.each(`SELECT * FROM `+table, nil, func(scan func(...any) error) error {
		if err := scan(into...); err != nil {
			return err
		}
		if err := c.add(values...); err != nil {
			return err
		}
		for _, v := range values {
			if b, ok := v.([]byte); ok {
				bytes += len(b)
			}
		}
		if n++; n == fillTogether || bytes > 4<<20 {
			if err := c.fill(t, where); err != nil {
				return err
			}
			c, n, bytes = columns{}, 0, 0
		}
		return nil
	}); err != nil {
		return err
	}
	return c.fill(t, where)
}

// Restore makes a new store from a backup. The store begins a new life: see Incarnation. date_added of what comes after it is
// later than anything that was given before the backup was needed, as long as the clock is right: who goes by added_after loses
// nothing. It fails with ErrExists where there is a store, and then, and on every other error, leaves what is there as it is.
//
// A backup that is not what Backup has written, to the byte, is ErrDamaged, and so is one in which Check finds something, or Compare, where derive
// is not nil.
func Restore(ctx context.Context, c Config, backup string, derive Derive) error {
	if _, err := os.Stat(backup); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	beside := c.Dir
	if beside == "" {
		beside = filepath.Dir(backup)
	} else if err := os.MkdirAll(beside, 0o700); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	dir, err := os.MkdirTemp(beside, ".restore-*")
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a copy
	err = restore(ctx, c, backup, dir, derive)
	if err != nil {
		return fmt.Errorf("restore from %s: %w", backup, err)
	}
	return nil
}

func restore(ctx context.Context, c Config, backup, dir string, derive Derive) error {
	half := filepath.Join(dir, fileName)
	if err := unseal(backup, half); err != nil {
		return err
	}
	// The copy is brought to the present schema and looked through before anything is made of it.
	from, err := Open(ctx, Config{Dir: dir, Now: c.Now, NoIndexer: true})
	if err != nil {
		return err
	}
	problems, err := from.Check(ctx)
	if err == nil && len(problems) == 0 && derive != nil {
		problems, err = from.Compare(ctx, derive)
	}
	if err == nil && len(problems) > 0 {
		err = fmt.Errorf("%w: %s", ErrDamaged, problems[0])
	}
	if err == nil {
		err = from.SetMeta(ctx, incarnation, []byte(newUUID()))
	}
	if err == nil && c.URL != "" {
		err = restoreInto(ctx, c, from)
	}
	// Closing folds the log into the file.
	if err = errors.Join(err, from.Close()); err != nil || c.URL != "" {
		return err
	}
	if err := flush(half); err != nil {
		return err
	}
	// A link fails where the name is taken, a renaming would not.
	if err := os.Link(half, filepath.Join(c.Dir, fileName)); err != nil {
		if errors.Is(err, os.ErrExist) {
			return fmt.Errorf("store in %s: %w", c.Dir, ErrExists)
		}
		return err
	}
	return flushFolder(c.Dir)
}

// restoreInto fills a database of PostgreSQL.
func restoreInto(ctx context.Context, c Config, from *Store) error {
	c.NoIndexer = true
	to, err := Create(ctx, c)
	if err != nil {
		return err
	}
	err = from.snapshot(ctx, func(t *tx) error { return to.fill(ctx, t) })
	return errors.Join(err, to.Close())
}

// flush makes a file safe on disk.
func flush(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// flushFolder makes the names in a folder safe on disk. Windows does so by itself, and has no call for it.
func flushFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
