package store

import (
	"context"
	"errors"
)

// readers are the connections of SQLite that read.
type readers struct {
	dsn  string
	d    dialect
	free chan *sqliteConn // as many as there are connections; nil stands for one that was never needed
	done chan struct{}    // closed by close
}

func newReaders(dsn string, d dialect, most int) *readers {
	p := &readers{dsn: dsn, d: d, free: make(chan *sqliteConn, most), done: make(chan struct{})}
	for range most {
		p.free <- nil
	}
	return p
}

// with runs fn on a connection, which is nobody else's meanwhile.
func (p *readers) with(ctx context.Context, fn func(t *tx) error) error {
	var conn *sqliteConn
	select {
	case <-p.done:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	case conn = <-p.free:
	}
	defer func() { p.free <- conn }()
	if conn == nil {
		var err error
		if conn, err = openConn(p.dsn); err != nil {
			return translate(err)
		}
	}
	return fn(&tx{ctx: ctx, conn: conn, d: p.d})
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
		if conn := <-p.free; conn != nil {
			errs = append(errs, conn.Close())
		}
	}
	return errors.Join(errs...)
}
