package store

import (
	"context"
	"fmt"
)

// Derive says what follows from the bytes of an item: what New has of ID, Type, Spec, Version, VersionText, Created, Creator,
// CreatorPart, Revoked, Redacted, Granular, Parts and Class.Label. Of an object that does not say under which label it is, label is
// the one. The error is for bytes that are no object.
type Derive func(raw []byte, label Label) (New, error)

// Compare derives again what is stored beside the bytes of items and conflicts, and tells of each that says something else than its
// bytes: who may see an item is decided by what stands beside them. It changes nothing.
func (s *Store) Compare(ctx context.Context, derive Derive) ([]Problem, error) {
	var out []Problem
	err := s.snapshot(ctx, func(t *tx) error {
		if err := s.everyWay(t); err != nil {
			return err
		}
		for _, c := range []struct{ table, id, made string }{{"items", "item", "i.created, i.creator"}, {"conflicts", "id", "0, 0"}} {
			// In the order of the table, with the bytes looked up for each: they were stored in the same order.
			query := `SELECT i.` + c.id + `, i.label, i.object, i.kind, i.spec, i.version, i.version_text, ` + c.made + `, i.revoked, i.redacted, i.granular, b.data
				FROM ` + c.table + ` i CROSS JOIN raws b WHERE b.id = i.raw`
			found, err := compare(t, c.table, query, derive)
			out = append(out, found...)
			if err != nil {
				return fmt.Errorf("%s: %w", c.table, err)
			}
		}
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("compare: %w", err)
	}
	return out, nil
}

func compare(t *tx, table, query string, derive Derive) ([]Problem, error) {
	var out []Problem
	err := t.each(query, nil, func(scan func(...any) error) error {
		var (
			id, label, spec, version, created, creator int64
			revoked, redacted, parts                   int64
			object, kind, text                         string
			raw                                        []byte
		)
		if err := scan(&id, &label, &object, &kind, &spec, &version, &text, &created, &creator, &revoked, &redacted, &parts, &raw); err != nil {
			return err
		}
		if len(out) == mostProblems {
			return nil
		}
		where := fmt.Sprintf("%s %d", table, id)
		if table == "items" {
			where = fmt.Sprintf("%s: number %d of collection %d", table, id&(1<<seqBits-1), id>>seqBits)
		}
		tell := func(what string) error {
			out = append(out, Problem{where, what})
			return nil
		}
		if label < 0 || label > int64(Red) {
			return tell("has a label that there is not")
		}
		n, err := derive(raw, Label(label))
		if err != nil {
			return tell("has bytes that are no object")
		}
		r := row{New: &n}
		if r.spec, err = specNumber(n.Spec); err != nil {
			return tell("has bytes that are no object")
		}
		wants := r.parts()
		if parts == anyParts && n.Granular {
			wants = anyParts // stored before it was noted which
		}
		for _, c := range []struct {
			name string
			same bool
		}{
			{"label", label == int64(n.Class.Label)},
			{"identifier", object == n.ID},
			{"type", kind == n.Type},
			{"version of STIX", spec == r.spec},
			{"version", version == micro(n.Version)},
			{"version as it is written", text == n.VersionText},
			{"created", created == 0 || created == micro(n.Created)}, // 0 where nobody asked for it
			{"creator", creator == 0 || creator == r.creator()},
			{"revocation", revoked == bit(n.Revoked)},
			{"note that something was withheld", redacted == bit(n.Redacted)},
			{"labels of parts", parts == wants},
		} {
			if !c.same {
				return tell("has another " + c.name + " than its bytes")
			}
		}
		return nil
	})
	return out, err
}
