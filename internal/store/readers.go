package store

import (
	"context"
	"database/sql"
	"errors"
)

// readers are the connections of SQLite that read, each with the statements that it has prepared: SQLite takes a millisecond
// to make sense of the longer ones.
type readers struct {
	db   *sql.DB
	d    dialect
	free chan *readerConn // as many as there are connections; one that was never needed has no conn
	done chan struct{}    // closed by close
}

type readerConn struct {
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
}

func newReaders(db *sql.DB, d dialect, most int) *readers {
	p := &readers{db: db, d: d, free: make(chan *readerConn, most), done: make(chan struct{})}
	for range most {
		p.free <- &readerConn{}
	}
	return p
}

// with runs fn on a connection, which is nobody else's meanwhile.
func (p *readers) with(ctx context.Context, fn func(t *tx) error) error {
	var r *readerConn
	select {
	case <-p.done:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	case r = <-p.free:
	}
	defer func() { p.free <- r }()
	if r.conn == nil {
		conn, err := p.db.Conn(ctx)
		if err != nil {
			return translate(err)
		}
		r.conn, r.prepared = conn, map[string]*sql.Stmt{}
	}
	return fn(&tx{ctx: ctx, on: r.conn, d: p.d, prepared: r.prepared})
}

// snapshot runs fn on one state of the database.
func (p *readers) snapshot(ctx context.Context, fn func(t *tx) error) error {
	return p.with(ctx, func(t *tx) (err error) {
		if _, err := t.exec(`BEGIN`); err != nil {
			return err
		}
		defer func() {
			end := *t
			end.ctx = context.WithoutCancel(ctx) // the connection goes on with others
			_, e := end.exec(`ROLLBACK`)
			err = errors.Join(err, e)
		}()
		return fn(t)
	})
}

// close waits until nobody reads.
func (p *readers) close() error {
	close(p.done)
	var errs []error
	for range cap(p.free) {
		r := <-p.free
		for _, s := range r.prepared {
			errs = append(errs, s.Close())
		}
		if r.conn != nil {
			errs = append(errs, r.conn.Close())
		}
	}
	return errors.Join(append(errs, p.db.Close())...)
}
