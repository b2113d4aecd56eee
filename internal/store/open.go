package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// Config says where the store is. One of Dir and URL has to be set.
type Config struct {
	// Dir is a folder that belongs to the store alone; in it lies store.db, an SQLite database, with its log beside it. It has
	// to be on a local disk: SQLite's write-ahead log does not work on network file systems.
	Dir string
	// URL of a PostgreSQL database (postgres://user:password@host/database). Several nodes may share one.
	URL string
	// Now is the clock, time.Now where nil.
	Now func() time.Time
	// NoIndexer leaves the search index as far as it is; another process that has the store open goes on with it.
	NoIndexer bool
}

// Store is an open store. Its methods may be called concurrently.
type Store struct {
	d    dialect
	read *sql.DB  // of PostgreSQL
	pool *readers // of SQLite
	now  func() time.Time
	file string // of SQLite, "" otherwise

	writes writer
	pages  pages

	wake   chan struct{} // of the indexer, one place
	bulk   atomic.Int64  // when the last large batch was stored, in nanoseconds since 1970
	adding atomic.Int64  // large batches on their way
	stop   context.CancelFunc
	ending sync.WaitGroup
	closed atomic.Bool
}

// fileName is the database in Config.Dir.
const fileName = "store.db"

// Create makes an empty store and opens it. It fails with ErrExists where there is one.
func Create(ctx context.Context, c Config) (*Store, error) {
	if c.URL == "" && c.Dir != "" {
		if err := os.MkdirAll(c.Dir, 0o700); err != nil {
			return nil, fmt.Errorf("make the folder of the store: %w", err)
		}
		f, err := os.OpenFile(filepath.Join(c.Dir, fileName), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, os.ErrExist) {
			return nil, fmt.Errorf("store in %s: %w", c.Dir, ErrExists)
		}
		if err != nil {
			return nil, fmt.Errorf("make the store: %w", err)
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
	s, err := connect(ctx, c)
	if err != nil {
		return nil, err
	}
	if has, err := s.hasSchema(ctx); err != nil || has {
		err = errors.Join(err, s.Close())
		if err == nil {
			err = fmt.Errorf("store in the database: %w", ErrExists)
		}
		return nil, err
	}
	return s.begin(ctx, c)
}

// Open opens a store and brings its schema to the present. It fails with ErrNotFound where there is none and with
// ErrNewerSchema where a newer program has written it.
func Open(ctx context.Context, c Config) (*Store, error) {
	if c.URL == "" && c.Dir != "" {
		if _, err := os.Stat(filepath.Join(c.Dir, fileName)); err != nil {
			if errors.Is(err, os.ErrNotExist) {
				return nil, fmt.Errorf("store in %s: %w: make one with entente init", c.Dir, ErrNotFound)
			}
			return nil, fmt.Errorf("open the store: %w", err)
		}
	}
	s, err := connect(ctx, c)
	if err != nil {
		return nil, err
	}
	if has, err := s.hasSchema(ctx); err != nil || !has {
		err = errors.Join(err, s.Close())
		if err == nil {
			err = fmt.Errorf("store in the database: %w: make one with entente init", ErrNotFound)
		}
		return nil, err
	}
	return s.begin(ctx, c)
}

// connect opens the database without looking into it.
func connect(ctx context.Context, c Config) (*Store, error) {
	s := &Store{now: c.Now, wake: make(chan struct{}, 1)}
	if s.now == nil {
		s.now = time.Now
	}
	var err error
	switch {
	case c.URL != "" && c.Dir != "":
		return nil, errors.New("a store is either in a folder or in a database: set one of Dir and URL")
	case c.URL != "":
		err = s.connectPostgres(ctx, c.URL)
	case c.Dir != "":
		err = s.connectSQLite(filepath.Join(c.Dir, fileName))
	default:
		return nil, errors.New("where is the store? Set Dir or URL")
	}
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", translate(err))
	}
	return s, nil
}

// begin migrates and starts what runs beside the calls.
func (s *Store) begin(ctx context.Context, c Config) (*Store, error) {
	if err := s.migrate(ctx, migrations); err != nil {
		return nil, fmt.Errorf("open the store: %w", errors.Join(err, s.Close()))
	}
	var background context.Context
	background, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	if !c.NoIndexer {
		s.ending.Go(func() { s.indexer(background) })
	}
	return s, nil
}

// Close waits for what has begun and closes the database. Calls that come later fail; closing again does nothing.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	if s.stop != nil {
		s.stop()
	}
	s.ending.Wait()
	err := s.writes.close()
	if s.pool != nil {
		return errors.Join(err, s.pool.close())
	}
	return errors.Join(err, s.read.Close())
}

// reader runs statements that stand alone, outside any transaction.
func (s *Store) reader(ctx context.Context) *tx {
	if s.pool != nil {
		return &tx{ctx: ctx, d: s.d, pool: s.pool}
	}
	return &tx{ctx: ctx, on: s.read, d: s.d}
}

// snapshot runs fn on one state of the database.
func (s *Store) snapshot(ctx context.Context, fn func(t *tx) error) error {
	if s.pool != nil {
		return s.pool.snapshot(ctx, fn)
	}
	b, err := s.read.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return translate(err)
	}
	defer func() { _ = b.Rollback() }() // nothing was written
	return fn(&tx{ctx: ctx, on: b, d: s.d})
}

// write runs fn in a transaction and returns when it is safe on disk. Where fn fails, nothing of it stays. fn may run more
// than once.
func (s *Store) write(ctx context.Context, fn func(t *tx) error) error { return s.writes.do(ctx, fn) }

func (s *Store) hasSchema(ctx context.Context) (bool, error) {
	t := s.reader(ctx)
	var n int
	if s.file == "" {
		err := t.one(`SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'schema_version'`, nil, &n)
		return n > 0, err
	}
	err := t.one(`SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'`, nil, &n)
	return n > 0, err
}
