package stix

import (
	"cmp"
	"slices"
	"time"
)

// versionFacts are what two versions of one object are compared by.
type versionFacts struct {
	kind, createdBy   string
	created, modified Timestamp
	revoked           bool
}

func factsOf(h *Header) versionFacts {
	return versionFacts{kind: h.Type, createdBy: h.CreatedByRef, created: h.Created, modified: h.Modified, revoked: h.Revoked}
}

func (f *versionFacts) version() time.Time {
	if f.modified.Text != "" {
		return f.modified.Time
	}
	return f.created.Time
}

// CheckVersions compares two versions of one object (section 3.6), in any order: created and created_by_ref stay, modified
// tells them apart, and nothing follows a revoked version. Pointers are into the newer one. Objects with different
// identifiers are no versions of each other: no findings.
func CheckVersions(a, b *Object) []Finding {
	if a.ID != b.ID {
		return nil
	}
	if string(a.Raw) == string(b.Raw) {
		return nil
	}
	return compareVersions(factsOf(&a.Header), factsOf(&b.Header))
}

// compareVersions compares two versions whose bytes differ.
func compareVersions(older, newer versionFacts) (out []Finding) {
	if newer.version().Before(older.version()) {
		older, newer = newer, older
	}
	if newer.version().Equal(older.version()) {
		return []Finding{{Error, "version", "/modified", "two objects with different content have one identifier and one modified: give the newer a later modified", "3.6"}}
	}
	if newer.kind != older.kind {
		out = append(out, Finding{Error, "version", "/type", "the older version is a " + older.kind + ": an object keeps its type", "3.6"})
	}
	if !newer.created.Time.Equal(older.created.Time) {
		out = append(out, Finding{Error, "version", "/created", "the older version was created " + older.created.Text + ": created stays as it was", "3.6"})
	}
	if newer.createdBy != older.createdBy {
		out = append(out, Finding{Error, "version", "/created_by_ref", "the older version was made by " + or(older.createdBy, "nobody named") + ": only its creator makes new versions, others make a new object", "3.6"})
	}
	if older.revoked {
		out = append(out, Finding{Error, "version", "/revoked", "the older version is revoked: nothing follows it, make a new object", "3.6"})
	}
	return out
}

func contains(list []string, s string) bool { return slices.Contains(list, s) }

func sortLate(l []Late) {
	slices.SortFunc(l, func(a, b Late) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Message, b.Message))
	})
}
