package exchange

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"entente/internal/store"
)

// Whatever looking took, an empty answer takes a whole number of steps.
func TestEven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, took := range []time.Duration{0, 30 * time.Microsecond, 900 * time.Microsecond, evenStep - 1, evenStep, 5*evenStep + 7} {
			begun := time.Now()
			time.Sleep(took)
			even(t.Context(), begun)
			if whole := time.Since(begun); whole%evenStep != 0 || whole <= took-1 || whole > took+evenStep {
				t.Errorf("%v became %v", took, whole)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		begun := time.Now()
		even(ctx, begun)
		if time.Since(begun) != 0 {
			t.Error("it waits for who has gone")
		}
	})
}

// Each answer in which there is nothing takes at least a step.
func TestEmptyAnswersAreEven(t *testing.T) {
	n := newNode(t, Options{})
	ctx := t.Context()
	ann := n.as(n.ann)
	view := CollectionView{Collection: n.c, CanRead: true, CanWrite: true}
	const id = "tool--00000000-1111-4111-8111-999999999999"
	for name, ask := range map[string]func() error{
		"objects":  func() error { _, err := n.Objects(ctx, ann, store.Query{IDs: []string{id}}); return err },
		"manifest": func() error { _, err := n.Manifest(ctx, ann, store.Query{IDs: []string{id}}); return err },
		"search":   func() error { _, err := n.Search(ctx, ann, store.Query{Words: []string{"nothing"}}); return err },
		"count":    func() error { _, err := n.Count(ctx, ann, store.Query{IDs: []string{id}}); return err },
		"versions": func() error { _, err := n.Versions(ctx, ann, view, id, store.Query{}); return err },
		"exists":   func() error { return n.Exists(ctx, ann, view, id) },
		"graph":    func() error { _, err := n.Neighbours(ctx, ann, id, 1, 10); return err },
		"delete":   func() error { return n.Delete(ctx, ann, view, id, store.Query{}) },
	} {
		begun := time.Now()
		if err := ask(); err != nil && !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(begun); took < evenStep {
			t.Errorf("%s: %v", name, took)
		}
	}
}
