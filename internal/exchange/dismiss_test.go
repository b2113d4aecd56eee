package exchange

import (
	"errors"
	"testing"

	"entente/internal/store"
)

// An organisation dismisses what it has submitted, the owner of the collection what its caller sees; nobody learns of the rest.
func TestDismiss(t *testing.T) {
	n := newNode(t, Options{})
	ctx := t.Context()
	ann, bob := n.as(n.ann), n.as(n.bob)
	publisher := bob
	publisher.Roles = store.Publisher
	conflict := func(p Principal, number int, marking string) int64 {
		t.Helper()
		members := `,"object_marking_refs":["` + marking + `"]`
		n.submit(t, p, `{"objects":[`+toolNamed(number, members)+`,`+toolNamed(number, `,"description":"other"`+members)+`]}`)
		list := must[[]store.ConflictItem](t)(n.Conflicts(t.Context(), p, 0, 0, 100))
		return list[len(list)-1].Number
	}
	anns, bobs, hidden := conflict(ann, 1, "$GREEN"), conflict(publisher, 2, "$GREEN"), conflict(ann, 3, "$STRICT")
	mine := conflict(publisher, 4, "$GREEN")
	for _, c := range []struct {
		name   string
		p      Principal
		number int64
		want   error
	}{
		{"another's", publisher, anns, ErrForbidden},
		{"one that is not seen", publisher, hidden, ErrNotFound},
		{"without the role", bob, mine, ErrForbidden},
		{"nobody", Principal{}, anns, ErrForbidden},
		{"the own one", publisher, mine, nil},
		{"the own one again", publisher, mine, ErrNotFound},
		{"the owner of the collection", ann, bobs, nil},
		{"no such number", ann, hidden + 1, ErrNotFound},
	} {
		if err := n.Dismiss(ctx, c.p, c.number); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if list := must[[]store.ConflictItem](t)(n.Conflicts(ctx, ann, 0, 0, 100)); len(list) != 2 || list[0].Number != anns || list[1].Number != hidden {
		t.Errorf("left: %+v", list)
	}
	auditor := Principal{Caller: store.Caller{Org: n.a.ID}, Roles: store.Auditor, Scopes: AllScopes}
	deeds := 0
	for _, e := range must[[]store.Entry](t)(n.AuditPage(ctx, auditor, store.AuditQuery{Limit: 100})) {
		if e.Deed == DeedDismiss {
			deeds++
		}
	}
	if deeds != 2 {
		t.Errorf("%d entries of the audit log", deeds)
	}
	// Who has the disk sees them all, without what they say.
	all := must[[]store.ConflictItem](t)(n.st.AllConflicts(ctx, 0))
	if len(all) != 2 || all[0].Raw != nil || all[1].Number != hidden || all[1].Class.Label != store.AmberStrict || all[1].With == 0 {
		t.Errorf("%+v", all)
	}
	if err := errors.Join(n.st.DismissAny(ctx, hidden), n.st.DismissAny(ctx, anns)); err != nil {
		t.Error(err)
	}
	if err := n.st.DismissAny(ctx, hidden); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("once more: %v", err)
	}
	if problems := must[[]store.Problem](t)(n.st.Check(ctx)); len(problems) > 0 {
		t.Error(problems)
	}
}
