package exchange

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"entente/internal/stix"
	"entente/internal/store"
)

// Objects is a page of what the caller may see, each object without the parts that it may not see.
func (s *Service) Objects(ctx context.Context, p Principal, q store.Query) (store.Page, error) {
	return s.page(ctx, p, q, DeedRead)
}

// Manifest is the same page without bytes.
func (s *Service) Manifest(ctx context.Context, p Principal, q store.Query) (store.Page, error) {
	q.NoBytes = true
	return s.page(ctx, p, q, DeedManifest)
}

func (s *Service) page(ctx context.Context, p Principal, q store.Query, deed string) (store.Page, error) {
	if !p.May(Read) {
		return store.Page{}, fmt.Errorf("reading needs a role and a scope for it: %w", ErrForbidden)
	}
	begun := time.Now()
	var page store.Page
	err := s.st.Ahead(func() (err error) {
		if page, err = s.st.Items(ctx, p.Caller, q); err != nil {
			return meaning(err)
		}
		if q.NoBytes {
			return nil
		}
		for i := range page.Items {
			if err := s.redact(ctx, &page.Items[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return store.Page{}, err
	}
	if len(page.Items) == 0 {
		even(ctx, begun)
	}
	s.note(ctx, p, deed, collectionList(q.Collections), len(page.Items))
	return page, nil
}

// stored are the bounds of objects that are in the store: whatever they were when it came.
var stored = stix.Limits{Size: 1 << 30, Depth: 128, Values: 1 << 30}

// redact takes out of an item what its reader may not see. It fails rather than let anything through.
func (s *Service) redact(ctx context.Context, it *store.Item) error {
	if !it.Granular {
		return nil
	}
	raw := it.Raw
	it.Raw = nil
	o, err := stix.Parse(raw, stored)
	if err != nil {
		s.opt.Log.LogAttrs(ctx, slog.LevelError, "a stored object cannot be read", slog.String("id", it.ID), slog.Any("error", err))
		return fmt.Errorf("object %s cannot be read: %w", it.ID, err)
	}
	parts := partsOf(o, it.Class.Label)
	left, withheld, ok := parts.redact(it.Sees, false)
	if !ok {
		s.opt.Log.LogAttrs(ctx, slog.LevelError, "a stored object cannot be redacted", slog.String("id", it.ID))
		return fmt.Errorf("object %s cannot be redacted: %w", it.ID, ErrForbidden)
	}
	it.Raw = left
	it.Redacted = it.Redacted || len(withheld) > 0
	return nil
}

// collectionList names collections in the audit log.
func collectionList(ids []int64) string {
	if len(ids) == 0 {
		return "collections:all"
	}
	const most = 10
	names := make([]string, 0, most)
	for _, id := range ids[:min(len(ids), most)] {
		names = append(names, strconv.FormatInt(id, 10))
	}
	return "collections:" + strings.Join(names, ",")
}

// Versions is a page of the versions of an object, without bytes. [ErrNotFound] where the caller sees none at all.
func (s *Service) Versions(ctx context.Context, p Principal, c CollectionView, id string, q store.Query) (store.Page, error) {
	if !c.CanRead || !p.May(Read) {
		return store.Page{}, fmt.Errorf("versions in %s: %w", c.UID, ErrForbidden)
	}
	begun := time.Now()
	page, err := s.versionsOf(ctx, p, c, id, q)
	if err != nil {
		return store.Page{}, err
	}
	if len(page.Items) == 0 {
		even(ctx, begun)
		if err := s.exists(ctx, p, c, id); err != nil {
			return store.Page{}, err
		}
	}
	s.note(ctx, p, DeedVersions, collectionList([]int64{c.ID}), len(page.Items))
	return page, nil
}

func (s *Service) versionsOf(ctx context.Context, p Principal, c CollectionView, id string, q store.Query) (page store.Page, err error) {
	err = s.st.Ahead(func() error {
		page, err = s.st.VersionsOf(ctx, p.Caller, c.ID, id, q)
		return meaning(err)
	})
	return page, err
}

// exists is [ErrNotFound] where the caller sees no version of an object.
func (s *Service) exists(ctx context.Context, p Principal, c CollectionView, id string) error {
	begun := time.Now()
	page, err := s.versionsOf(ctx, p, c, id, store.Query{Limit: 1})
	if err != nil {
		return err
	}
	if len(page.Items) == 0 {
		even(ctx, begun)
		return fmt.Errorf("object %s: %w", id, ErrNotFound)
	}
	return nil
}

// Exists is [ErrNotFound] where the caller sees no version of an object in a collection.
func (s *Service) Exists(ctx context.Context, p Principal, c CollectionView, id string) error {
	if !c.CanRead || !p.May(Read) {
		return fmt.Errorf("objects of %s: %w", c.UID, ErrForbidden)
	}
	return s.exists(ctx, p, c, id)
}

// Delete removes those versions of an object that the query selects. An organisation deletes what it has submitted; the
// owner of the collection whatever its caller sees there. [ErrNotFound] where the caller sees none at all, [ErrForbidden]
// where all that it sees is others'.
func (s *Service) Delete(ctx context.Context, p Principal, c CollectionView, id string, q store.Query) error {
	if !c.CanRead || !c.CanWrite {
		return fmt.Errorf("deleting needs the rights to read and to write: %w", ErrForbidden)
	}
	if err := s.exists(ctx, p, c, id); err != nil {
		return err
	}
	q.Owners = nil
	if c.Owner != p.Org {
		q.Owners = []int64{p.Org}
	}
	n, err := s.st.Delete(ctx, p.Caller, c.ID, id, q)
	if err != nil {
		return meaning(err)
	}
	if n == 0 {
		return s.whyNotDeleted(ctx, p, c, id, q)
	}
	return s.Audit(ctx, p, DeedDelete, id, map[string]any{"collection": c.UID, "items": n})
}

// whyNotDeleted tells a query that selects nothing from one that selects what is others'.
func (s *Service) whyNotDeleted(ctx context.Context, p Principal, c CollectionView, id string, q store.Query) error {
	q.Owners = nil
	page, err := s.versionsOf(ctx, p, c, id, q)
	if err != nil {
		return err
	}
	if len(page.Items) == 0 {
		return fmt.Errorf("version of %s: %w", id, ErrNotFound)
	}
	return fmt.Errorf("%s was submitted by others, who can delete it: %w", id, ErrForbidden)
}
