package store

import (
	"context"
	"errors"
	"sync"
)

// writer runs the transactions that change something.
type writer interface {
	do(ctx context.Context, fn func(t *tx) error) error
	close() error
}

// errClosed is the answer to writes after Close.
var errClosed = errors.New("the store is closed")

// group is the writer of SQLite, which has one writer at a time: those that wait are written together and made durable by one
// flush to the disk, which is what makes many small writes fast. One that fails takes none of the others with it.
type group struct {
	conn  *sqliteConn
	d     dialect
	terms termIDs
	turns Turns

	jobs   chan *job
	closed chan struct{}
	once   sync.Once
	ended  sync.WaitGroup
}

// job is one call of do.
type job struct {
	ctx  context.Context // looked at until the job begins
	fn   func(t *tx) error
	done chan error // one place
	err  error
}

// mostJobs that are written together.
const mostJobs = 128

func newGroup(conn *sqliteConn, d dialect, p *pages) *group {
	g := &group{conn: conn, d: d, terms: termIDs{}, turns: p.turns(1), jobs: make(chan *job, mostJobs), closed: make(chan struct{})}
	g.ended.Go(g.run)
	return g
}

func (g *group) do(ctx context.Context, fn func(t *tx) error) error {
	j := &job{ctx: ctx, fn: fn, done: make(chan error, 1)}
	select {
	case <-g.closed:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	case g.jobs <- j:
	}
	// Once it is in the queue its end is waited for: who gives up early could not know whether it was written.
	select {
	case err := <-j.done:
		return err
	case <-g.closed:
		select {
		case err := <-j.done:
			return err
		default:
			return errClosed
		}
	}
}

func (g *group) close() error {
	g.once.Do(func() {
		g.jobs <- nil
		g.ended.Wait()
	})
	return g.conn.Close()
}

func (g *group) run() {
	for last := false; !last; {
		first := <-g.jobs
		if first == nil {
			break
		}
		batch := []*job{first}
	fill:
		for len(batch) < mostJobs {
			select {
			case j := <-g.jobs:
				if j == nil {
					last = true
					break fill
				}
				batch = append(batch, j)
			default:
				break fill
			}
		}
		g.commit(batch)
		for _, j := range batch {
			j.done <- j.err
		}
	}
	close(g.closed)
}

// commit runs the jobs in one transaction and leaves in each what became of it. Within a savepoint SQLite keeps a copy of each
// page that changes. Most jobs do not fail: they run without one first, and where one of several does fail, all are run again.
func (g *group) commit(batch []*job) {
	failed, err := g.transaction(batch, false)
	if failed && len(batch) > 1 {
		_, err = g.transaction(batch, true)
	}
	for _, j := range batch {
		if j.err == nil {
			j.err = err
		}
	}
}

// transaction runs the jobs. Its error is why nothing of any of them stays: that one of them has failed, or, with savepoints, what
// concerns them all.
func (g *group) transaction(batch []*job, savepoints bool) (failed bool, err error) {
	ctx := context.Background() // a caller who gives up must not break the transaction of the others
	t := &tx{ctx: ctx, conn: g.conn, d: g.d, terms: g.terms, turns: &g.turns}
	err = func() error {
		if _, err := t.exec(`BEGIN IMMEDIATE`); err != nil {
			return err
		}
		for _, j := range batch {
			if j.err = j.ctx.Err(); j.err != nil {
				continue
			}
			if !savepoints {
				if err := j.fn(t); err != nil {
					failed = true
					return err
				}
				continue
			}
			if _, err := t.exec(`SAVEPOINT job`); err != nil {
				return err
			}
			if j.err = j.fn(t); j.err != nil {
				clear(g.terms) // some may be of the job
				// Where the database has given up the transaction by itself there is no savepoint any more, and this fails for all.
				if _, err := t.exec(`ROLLBACK TO job`); err != nil {
					return errors.Join(j.err, err)
				}
			}
			if _, err := t.exec(`RELEASE job`); err != nil {
				return err
			}
		}
		_, err := t.exec(`COMMIT`)
		return err
	}()
	if err != nil {
		clear(g.terms)
		_, _ = t.exec(`ROLLBACK`) // fails where the database has rolled back already
	}
	return failed, err
}
