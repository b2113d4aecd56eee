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

// take gives a connection, which is nobody else's until it is put back.
func (p *readers) take(ctx context.Context) (*sqliteConn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-p.done:
		return nil, errClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	case conn := <-p.free:
		if conn != nil {
			return conn, nil
		}
	}
	conn, err := openConn(p.dsn)
	if err != nil {
		p.free <- nil
	}
	return conn, translate(err)
}

// with runs fn on a connection.
func (p *readers) with(ctx context.Context, fn func(t *tx) error) error {
	conn, err := p.take(ctx)
	if err != nil {
		return err
	}
	defer func() { p.free <- conn }()
	return fn(&tx{ctx: ctx, conn: conn, d: p.d})
}

// snapshot runs fn on one state of the database.
func (p *readers) snapshot(ctx context.Context, fn func(t *tx) error) (err error) {
	conn, err := p.take(ctx)
	if err != nil {
		return err
	}
	// Where the context ends during a statement, the driver says that it has failed, also when it has taken effect. Whoever gives
	// up must not leave a transaction open: the connection goes on with others.
	bounds := &tx{ctx: context.WithoutCancel(ctx), conn: conn, d: p.d}
	defer func() {
		if _, e := bounds.exec(`ROLLBACK`); e != nil { // nobody knows in which state it is
			err = errors.Join(err, e, conn.Close())
			conn = nil
		}
		p.free <- conn
	}()
	if _, err := bounds.exec(`BEGIN`); err != nil {
		return err
	}
	return fn(&tx{ctx: ctx, conn: conn, d: p.d})
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
