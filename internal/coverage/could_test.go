package coverage

import (
	"fmt"
	"testing"

	"entente/internal/sigma"
	"entente/internal/taxonomy"
)

func TestWantedEventIDs(t *testing.T) {
	table, err := taxonomy.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ detection, want string }{
		{"{s: {EventID: 4769}, condition: s}", "[4769]"},
		{"{s: {EventID: [4769, 4768]}, condition: s}", "[4768 4769]"},
		{"{s: {TargetUserName: x}, condition: s}", "[]"},
		{"{a: {EventID: 4769}, b: {TargetUserName: x}, condition: a or b}", "[]"},
		{"{a: {EventID: 4769}, b: {TargetUserName: x}, condition: a and not b}", "[4769]"},
		{"{a: {EventID: [1, 2]}, b: {EventID: 2}, condition: a and not b}", "[1]"},
		{"{a: {EventID: 1}, b: {TargetUserName: x}, condition: not a and b}", "[]"},
		{"{a: {EventID|gte: 5}, condition: a}", "[]"},
		{"{a: {EventID: '47*'}, condition: a}", "[]"},
		{"{a: {EventID: 1, Channel: Security}, condition: a}", "[1]"},
		{"{a: {EventID: 1, Channel: Elsewhere}, condition: a}", "[]"},
	} {
		r := collection(t, "title: x\nlogsource: {product: windows, service: security}\ndetection: "+c.detection).Rules[0]
		b := table.For(r.LogSource)[0]
		if got := fmt.Sprint(wantedIDs(b, r)); got != c.want {
			t.Errorf("%s wants %s, not %s", c.detection, c.want, got)
		}
	}
}

func TestCouldBeTrue(t *testing.T) {
	a, b := &sigma.Atom{Field: "a"}, &sigma.Atom{Field: "b"}
	known := func(x *sigma.Atom) outcome {
		switch x.Field {
		case "a":
			return decided(true)
		case "b":
			return decided(false)
		}
		return open
	}
	u := &sigma.Atom{Field: "u"}
	for _, c := range []struct {
		e    sigma.Expr
		want outcome
	}{
		{a, outcome{yes: true}},
		{b, outcome{no: true}},
		{u, open},
		{sigma.Not{X: b}, outcome{yes: true}},
		{sigma.Not{X: u}, open},
		{sigma.And{a, u}, open},
		{sigma.And{b, u}, outcome{no: true}},
		{sigma.And{}, outcome{yes: true}},
		{sigma.Or{a, u}, outcome{yes: true}},
		{sigma.Or{b, u}, open},
		{sigma.Or{}, outcome{no: true}},
		{sigma.Or{sigma.And{a, b}, sigma.Not{X: sigma.Or{b, b}}}, outcome{yes: true}},
	} {
		if got := could(c.e, known); got != c.want {
			t.Errorf("%s: %+v, want %+v", sigma.Format(c.e), got, c.want)
		}
	}
}

func TestAuditSubcategoriesAreApart(t *testing.T) {
	seen := map[uint32]string{}
	for _, s := range subcategories {
		for _, id := range s.events {
			if other, ok := seen[id]; ok {
				t.Errorf("event %d is of %s and of %s", id, other, s.name)
			}
			seen[id] = s.name
		}
	}
	if a := auditOf(4688); a == nil || a.name != "Process Creation" || a.byDefault {
		t.Errorf("4688 is of %+v", a)
	}
	if auditOf(1) != nil {
		t.Error("event 1 is of the Security log")
	}
}
