package node

import (
	"errors"
	"testing"

	"entente/internal/exchange"
	"entente/internal/store"
)

func TestBegin(t *testing.T) {
	st := testStore(t)
	ctx := t.Context()
	// As a first attempt leaves it that was killed half-way.
	if _, err := st.CreateOrg(ctx, store.Org{Name: "Ours", Clearance: store.AmberStrict}); err != nil {
		t.Fatal(err)
	}
	b, err := Begin(ctx, st, First{Organisation: "Ours"})
	if err != nil {
		t.Fatal(err)
	}
	ex := exchange.New(st, exchange.Options{})
	p, err := ex.Bearer(ctx, b.Token)
	if err != nil || !p.May(exchange.Administer) || !p.May(exchange.Read) || !p.May(exchange.Write) || !p.May(exchange.Audit) {
		t.Errorf("%+v, %v", p, err)
	}
	views, err := ex.Collections(ctx, p, b.Root)
	if err != nil || len(views) != 1 || !views[0].CanRead || !views[0].CanWrite || views[0].UID != b.Collection.UID {
		t.Errorf("%+v, %v", views, err)
	}
	if _, err := Begin(ctx, st, First{Organisation: "Others"}); !errors.Is(err, store.ErrExists) {
		t.Errorf("a second beginning: %v", err)
	}
	if fresh, err := IsNew(ctx, st); fresh || err != nil {
		t.Errorf("IsNew: %v, %v", fresh, err)
	}
}
