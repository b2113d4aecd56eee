package exchange

import (
	"fmt"
	"strings"
	"testing"

	"entente/internal/stix"
	"entente/internal/store"
)

// A full copy is one of which the partial one is left when what it marks is taken out, for some reader of some node.
func TestCompletes(t *testing.T) {
	const all = 1<<(store.Red+1) - 1
	full := []byte(tool(`,"description":"d","tool_version":"1","object_marking_refs":["$GREEN"],"granular_markings":[` +
		`{"marking_ref":"$RED","selectors":["description"]},{"marking_ref":"$AMBER","selectors":["tool_version"]}]`))
	of := func(raw []byte, label store.Label, sees uint8) []byte {
		t.Helper()
		p := partsOf(must[*stix.Object](t)(stix.Parse(raw, stix.Limits{})), label)
		left, _, ok := p.redact(sees, false)
		if !ok {
			t.Fatal("cannot be redacted")
		}
		return left
	}
	noRed, noAmber := of(full, store.Green, all&^(1<<store.Red)), of(full, store.Green, 1<<store.Clear|1<<store.Green)
	swap := func(raw []byte, old, text string) []byte {
		out := strings.Replace(string(raw), old, text, 1)
		if out == string(raw) {
			t.Fatal("nothing to replace")
		}
		return []byte(out)
	}
	for _, c := range []struct {
		name          string
		full, partial []byte
		label         store.Label
		known         uint8
		want          bool
	}{
		{"without red", full, noRed, store.Green, all, true},
		{"without amber and red", full, noAmber, store.Green, all, true},
		{"partly and less so", noRed, noAmber, store.Green, all, true},
		{"of what the submitter sees", full, noRed, store.Green, 1<<store.Clear | 1<<store.Green, true},
		{"of another label there", full, noAmber, store.Amber, all, true},
		{"in other words", full, swap(noRed, `"name":`, ` "name" : `), store.Green, all, true},
		{"itself", noRed, noRed, store.Green, all, false},
		{"the other way round", noAmber, noRed, store.Green, all, false},
		{"the full one for less", noRed, full, store.Green, all, false},
		{"another name", swap(full, `"name":"`, `"name":"x`), noRed, store.Green, all, false},
		{"another value that was not withheld", swap(full, `"tool_version":"1"`, `"tool_version":"2"`), noRed, store.Green, all, false},
		{"another value that is withheld from the submitter", swap(full, `"tool_version":"1"`, `"tool_version":"2"`), noRed, store.Green, 1<<store.Clear | 1<<store.Green, true},
		{"another value that was withheld", swap(full, `"description":"d"`, `"description":"e"`), noRed, store.Green, all, true},
		{"more than was withheld", swap(full, `"name":`, `"x_more":"1","name":`), noRed, store.Green, all, false},
		{"without marks", swap(full, `,{"marking_ref":"`+tlpAmber+`","selectors":["tool_version"]}`, ``), noAmber, store.Green, all, false},
		{"no object", []byte(`{`), noRed, store.Green, all, false},
		{"of no object", full, []byte(`{`), store.Green, all, false},
	} {
		if got := completes(c.full, c.partial, c.label, c.known); got != c.want {
			t.Errorf("%s: %v\n   full %s\npartial %s", c.name, got, c.full, c.partial)
		}
	}
}

// What is sent in the place of a partial copy, and who does.
func TestPartialCopies(t *testing.T) {
	n := newNode(t, Options{})
	ctx := t.Context()
	ann, bob := n.as(n.ann), n.as(n.bob)
	sent := func(p Principal, object string) bool {
		t.Helper()
		return n.submit(t, p, `{"objects":[`+object+`]}`).SuccessCount == 1
	}
	gets := func(p Principal, number int) string {
		t.Helper()
		id := fmt.Sprintf("tool--%08d-1111-4111-8111-111111111111", number)
		page := must[store.Page](t)(n.Objects(ctx, p, store.Query{IDs: []string{id}}))
		if len(page.Items) != 1 {
			t.Fatalf("%d items", len(page.Items))
		}
		return string(page.Items[0].Raw)
	}
	const green = `,"object_marking_refs":["$GREEN"]`
	const withheld = `,"extensions":{"$X":{"extension_type":"property-extension","withheld":["red"]}}`
	const red = `,"description":"d","granular_markings":[{"marking_ref":"$RED","selectors":["description"]}]`

	partial := toolNamed(1, green+withheld)
	if !sent(ann, partial) {
		t.Fatal("a partial copy")
	}
	for name, forged := range map[string]string{
		"with another property": toolNamed(1, green+`,"tool_version":"1"`),
		"with another name":     strings.Replace(toolNamed(1, green+red), `"name":"`, `"name":"x`, 1),
		"with a mark more":      toolNamed(1, green+red+`,"tool_version":"1"`),
	} {
		if sent(bob, forged) || sent(ann, forged) {
			t.Errorf("an object %s took the place of a partial copy", name)
		}
	}
	if got := gets(bob, 1); got != partial {
		t.Errorf("readers get %s", got)
	}
	if whole := toolNamed(1, green+red); !sent(ann, whole) || gets(ann, 1) != whole {
		t.Errorf("the full copy does not take its place: %s", gets(ann, 1))
	}

	// What is withheld by this node does not decide what its reader hears.
	const amber = `,"tool_version":"secret","granular_markings":[{"marking_ref":"$AMBER","selectors":["tool_version"]}]`
	for i, guess := range []string{"secret", "wrong"} {
		if !sent(ann, toolNamed(2+i, green+withheld+amber)) {
			t.Fatal("a partial copy with parts")
		}
		try := toolNamed(2+i, green+`,"tool_version":"`+guess+`","description":"d","granular_markings":[{"marking_ref":"$RED","selectors":["description"]},`+
			`{"marking_ref":"$AMBER","selectors":["tool_version"]}]`)
		if !sent(bob, try) {
			t.Errorf("a full copy by what its submitter sees, tool_version %s", guess)
		}
		if sent(bob, strings.Replace(try, `"name":"`, `"name":"x`, 1)) {
			t.Errorf("another object, tool_version %s", guess)
		}
	}
}

// Who may write cannot revoke what its maker has submitted here, whatever it says of who made it.
func TestMakersKeepTheirObjects(t *testing.T) {
	n := newNode(t, Options{})
	ann, bob := n.as(n.ann), n.as(n.bob)
	by := `,"created_by_ref":"` + n.a.UID + `"`
	const green = `,"object_marking_refs":["$GREEN"]`
	first := toolNamed(1, by+green)
	if st := n.submit(t, ann, `{"objects":[`+first+`]}`); st.SuccessCount != 1 {
		t.Fatalf("%+v", st)
	}
	later := func(members string) string {
		o := strings.Replace(toolNamed(1, members+`,"revoked":true`), `"modified":"2024-01-01`, `"modified":"2030-01-01`, 1)
		if !strings.Contains(o, "2030") {
			t.Fatal(o)
		}
		return o
	}
	const withheld = `,"extensions":{"$X":{"extension_type":"property-extension","withheld":["red"]}}`
	for name, members := range map[string]string{
		"as it is":                       by + green,
		"under red":                      by + green + `,"granular_markings":[{"marking_ref":"$RED","selectors":["created_by_ref"]}]`,
		"under clear":                    by + green + `,"granular_markings":[{"marking_ref":"$CLEAR","selectors":["created_by_ref"]}]`,
		"under green, in a clear object": by + `,"object_marking_refs":["$CLEAR"],"granular_markings":[{"marking_ref":"$GREEN","selectors":["created_by_ref"]}]`,
		"left out":                       green,
		"withheld":                       green + withheld,
		"as another one, under red": `,"created_by_ref":"identity--11111111-1111-4111-8111-111111111111"` + green +
			`,"granular_markings":[{"marking_ref":"$RED","selectors":["created_by_ref"]}]`,
	} {
		if st := n.submit(t, bob, `{"objects":[`+markingNames.Replace(later(members))+`]}`); st.FailureCount != 1 {
			t.Errorf("the maker %s: %+v", name, st)
		}
	}
	if page := must[store.Page](t)(n.Objects(t.Context(), ann, store.Query{})); len(page.Items) != 1 || string(page.Items[0].Raw) != first {
		t.Errorf("left: %+v", page.Items)
	}
}
