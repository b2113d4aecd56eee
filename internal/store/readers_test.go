package store

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// Whoever gives up, at whatever moment, leaves a connection that reads the present state, alone and in a snapshot.
func TestGivingUpSnapshots(t *testing.T) {
	s := must[*Store](t)(Create(t.Context(), Config{Dir: t.TempDir(), NoIndexer: true}))
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		ctx, cancel := context.WithCancel(t.Context())
		var other sync.WaitGroup
		soon := time.Duration(r.IntN(20)) * time.Microsecond
		other.Go(func() {
			spin(soon)
			cancel()
		})
		err := s.snapshot(ctx, func(tx *tx) error {
			var n int
			return tx.one(`SELECT count(*) FROM meta`, nil, &n)
		})
		other.Wait()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	presentOnAll(t, s)
}

// presentOnAll demands that each connection sees what has just been written.
func presentOnAll(t *testing.T, s *Store) {
	t.Helper()
	if err := s.SetMeta(t.Context(), "fresh", []byte("yes")); err != nil {
		t.Fatal(err)
	}
	var all []*sqliteConn
	for range cap(s.pool.free) {
		all = append(all, <-s.pool.free)
	}
	for i, conn := range all {
		s.pool.free <- conn // the only one
		seen := func(tx *tx) error {
			var fresh []byte
			return tx.one(`SELECT value FROM meta WHERE name = 'fresh'`, nil, &fresh)
		}
		if err := s.pool.with(t.Context(), seen); err != nil {
			t.Errorf("connection %d alone: %v", i, err)
		}
		if err := s.snapshot(t.Context(), seen); err != nil {
			t.Errorf("connection %d in a snapshot: %v", i, err)
		}
		all[i] = <-s.pool.free
	}
	for _, conn := range all {
		s.pool.free <- conn
	}
}

// A connection on which a snapshot does not end well is closed, and another one takes its place.
func TestBrokenSnapshot(t *testing.T) {
	s := must[*Store](t)(Create(t.Context(), Config{Dir: t.TempDir(), NoIndexer: true}))
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	var broken []*sqliteConn
	for range cap(s.pool.free) {
		// As if SQLite had given up the transaction by itself: there is none to end.
		if err := s.snapshot(t.Context(), func(tx *tx) error {
			broken = append(broken, tx.conn)
			_, err := tx.exec(`ROLLBACK`)
			return err
		}); err == nil {
			t.Error("a snapshot whose transaction was gone has ended well")
		}
	}
	for range cap(s.pool.free) {
		conn := <-s.pool.free
		for _, b := range broken {
			if conn == b {
				t.Error("a broken connection is used again")
			}
		}
		s.pool.free <- conn
	}
	presentOnAll(t, s)
}
