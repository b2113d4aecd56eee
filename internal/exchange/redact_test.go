package exchange

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"entente/internal/stix"
	"entente/internal/store"
)

const (
	tlpClear  = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"
	tlpGreen  = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
	tlpAmber  = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
	tlpStrict = "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"
	tlpRed    = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"

	seesClear = 1 << store.Clear
	seesAmber = 1<<store.Clear | 1<<store.Green | 1<<store.Amber
)

func object(t *testing.T, raw string) *stix.Object {
	t.Helper()
	o, err := stix.Parse([]byte(raw), stix.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	if f := stix.Check(o); stix.HasErrors(f) {
		t.Fatalf("%s: %v", raw, f)
	}
	return o
}

// tool is an object with members that the test names, which may hold $RED and so on for markings.
func tool(members string) string {
	return markingNames.Replace(`{"type":"tool","spec_version":"2.1","id":"tool--11111111-1111-4111-8111-111111111111",` +
		`"created":"2024-01-01T00:00:00.000Z","modified":"2024-01-01T00:00:00.000Z","name":"lantern"` + members + `}`)
}

var markingNames = strings.NewReplacer("$CLEAR", tlpClear, "$GREEN", tlpGreen, "$AMBER", tlpAmber, "$STRICT", tlpStrict, "$RED", tlpRed,
	"$X", WithheldExtension())

// The identifier is in the documentation, and in objects that have left: it never changes.
func TestWithheldExtension(t *testing.T) {
	if id := WithheldExtension(); id != "extension-definition--1ec93bc1-0c66-5358-9f22-3f2046f03348" {
		t.Error(id)
	}
}

func TestRedact(t *testing.T) {
	const red, both = `["red"]`, `["amber","red"]`
	ext := func(list string) string {
		return `,"extensions":{"$X":{"extension_type":"property-extension","withheld":` + list + `}}`
	}
	for _, c := range []struct{ name, in, want string }{
		{
			"last property", `,"granular_markings":[{"marking_ref":"$RED","selectors":["description"]}],"description":"d"`,
			ext(red),
		},
		{
			"property between, with white space",
			`, "description" : "d" , "tool_version":"1" ,"granular_markings":[{"marking_ref":"$RED","selectors":["description"]}] `,
			` , "tool_version":"1" ` + ext(red),
		},
		{
			"others' markings stay, their positions follow",
			`,"labels":["a","b" , "c"],"granular_markings":[{"marking_ref":"$RED","selectors":["labels.[0]"]},{"lang":"de","selectors":["labels.[2]","name","labels.[0]"]}]`,
			`,"labels":["b" , "c"],"granular_markings":[{"lang":"de","selectors":["labels.[1]","name"]}]` + ext(red),
		},
		{
			"element in the middle", `,"labels":["a", "b", "c"],"granular_markings":[{"marking_ref":"$AMBER","selectors":["labels.[1]"]}]`,
			`,"labels":["a", "c"]` + ext(`["amber"]`),
		},
		{
			"all elements of a list", `,"labels":["a","b"],"granular_markings":[{"marking_ref":"$AMBER","selectors":["labels.[1]"]},{"marking_ref":"$RED","selectors":["labels.[0]"]}]`,
			ext(both),
		},
		{
			"within extensions",
			`,"extensions":{"extension-definition--22222222-2222-4222-8222-222222222222":{"extension_type":"property-extension","a_b":"x","c_d":"y"}},"granular_markings":[{"marking_ref":"$RED","selectors":["extensions.extension-definition--22222222-2222-4222-8222-222222222222.a_b"]}]`,
			`,"extensions":{"extension-definition--22222222-2222-4222-8222-222222222222":{"extension_type":"property-extension","c_d":"y"},"$X":{"extension_type":"property-extension","withheld":["red"]}}`,
		},
		{
			"withheld before, too",
			`,"description":"d","extensions":{"$X":{"extension_type":"property-extension","withheld":["amber"]}},"granular_markings":[{"marking_ref":"$RED","selectors":["description"]}]`,
			`,"extensions":{"$X":{"extension_type":"property-extension","withheld":["amber","red"]}}`,
		},
		{
			"part of an element",
			`,"external_references":[{"source_name":"a","url":"https://a.example","description":"d"}],"granular_markings":[{"marking_ref":"$RED","selectors":["external_references.[0].description"]}]`,
			`,"external_references":[{"source_name":"a","url":"https://a.example"}]` + ext(red),
		},
		{
			"a part marked twice has the stricter label",
			`,"labels":["a","b"],"granular_markings":[{"marking_ref":"$GREEN","selectors":["labels"]},{"marking_ref":"$RED","selectors":["labels.[1]"]}]`,
			ext(`["green","red"]`),
		},
		{
			"the same name escaped", `,"descript\u0069on":"d","granular_markings":[{"marking_ref":"$RED","selectors":["description"]}]`,
			ext(red),
		},
	} {
		o := object(t, tool(c.in))
		m := markings{}.classify(o, store.Clear)
		if m.Label != store.Clear || !m.Granular || m.Lifted {
			t.Errorf("%s: %+v", c.name, m)
			continue
		}
		raw, withheld, ok := m.parts.redact(seesClear, false)
		if want := tool(c.want); !ok || string(raw) != want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, raw, want)
		}
		if len(withheld) == 0 {
			t.Errorf("%s: nothing is withheld", c.name)
		}
		again, err := stix.Parse(raw, stix.Limits{})
		if err != nil || stix.HasErrors(stix.Check(again)) || !isRedacted(again) {
			t.Errorf("%s: %v, %v: %s", c.name, err, stix.Check(again), raw)
		}
		if raw, withheld, ok := m.parts.redact(31, false); !ok || withheld != nil || &raw[0] != &o.Raw[0] {
			t.Errorf("%s: who sees all gets the bytes as they are", c.name)
		}
	}
}

// What cannot be taken out lifts the label of all.
func TestLift(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     store.Label
	}{
		{"required", tool(`,"granular_markings":[{"marking_ref":"$AMBER","selectors":["name"]}]`), store.Amber},
		{"the object's version", tool(`,"granular_markings":[{"marking_ref":"$RED","selectors":["modified"]}]`), store.Red},
		{"its markings", tool(`,"object_marking_refs":["$CLEAR"],"granular_markings":[{"marking_ref":"$RED","selectors":["object_marking_refs"]}]`), store.Red},
		{"one of its markings", tool(`,"object_marking_refs":["$CLEAR","$GREEN"],"granular_markings":[{"marking_ref":"$RED","selectors":["object_marking_refs.[1]"]}]`), store.Red},
		{"revocation", tool(`,"revoked":true,"granular_markings":[{"marking_ref":"$STRICT","selectors":["revoked"]}]`), store.AmberStrict},
		{"two, of which one is required", tool(`,"description":"d","granular_markings":[{"marking_ref":"$GREEN","selectors":["name"]},{"marking_ref":"$RED","selectors":["description"]}]`), store.Green},
		{"two, of which the strict one is required", tool(`,"description":"d","granular_markings":[{"marking_ref":"$GREEN","selectors":["description"]},{"marking_ref":"$RED","selectors":["name"]}]`), store.Red},
		{
			"the last of those of which one is required",
			markingNames.Replace(`{"type":"process","spec_version":"2.1","id":"process--11111111-1111-4111-8111-111111111111","pid":7,"granular_markings":[{"marking_ref":"$RED","selectors":["pid"]}]}`),
			store.Red,
		},
		{
			"one of two of which one is required",
			markingNames.Replace(`{"type":"process","spec_version":"2.1","id":"process--11111111-1111-4111-8111-111111111111","pid":7,"cwd":"/","granular_markings":[{"marking_ref":"$RED","selectors":["pid"]}]}`),
			store.Clear,
		},
		{
			"two, both of which are needed together", // the one with the other can go, the one without cannot
			markingNames.Replace(`{"type":"artifact","spec_version":"2.1","id":"artifact--11111111-1111-4111-8111-111111111111","payload_bin":"QQ==","encryption_algorithm":"mime-type-indicated","decryption_key":"k","granular_markings":[{"marking_ref":"$AMBER","selectors":["encryption_algorithm"]},{"marking_ref":"$RED","selectors":["decryption_key"]}]}`),
			store.Amber,
		},
	} {
		o := object(t, c.in)
		m := markings{}.classify(o, store.Clear)
		if m.Label != c.want || m.Lifted != (c.want > store.Clear) {
			t.Errorf("%s: label %s, lifted %v: %v", c.name, LabelName(m.Label), m.Lifted, m.Unknown)
		}
	}
}

// An object with so many selectors that redacting it would keep readers waiting is not redacted.
func TestTooManySelectors(t *testing.T) {
	raw := func(n int) string {
		var labels, selectors []string
		for i := range n {
			labels = append(labels, fmt.Sprintf(`"l%d"`, i))
			selectors = append(selectors, fmt.Sprintf(`"labels.[%d]"`, i))
		}
		return tool(`,"labels":[` + strings.Join(labels, ",") + `],"granular_markings":[{"marking_ref":"$AMBER","selectors":[` + strings.Join(selectors, ",") + `]},{"marking_ref":"$GREEN","selectors":["labels.[0]"]}]`)
	}
	for n, want := range map[int]store.Label{100: store.Clear, 2000: store.Amber} {
		m := markings{}.classify(object(t, raw(n)), store.Clear)
		if m.Label != want || m.Granular != (want == store.Clear) || m.Lifted == m.Granular {
			t.Errorf("%d selectors: %s, %v", n, LabelName(m.Label), m.Granular)
		}
	}
}

// An identifier that is made of properties tells them to whoever tries some out.
func TestLiftForIdentity(t *testing.T) {
	const member = `"name":"n.exe","hashes":{"MD5":"d41d8cd98f00b204e9800998ecf8427e"}`
	probe, err := stix.Parse([]byte(`{"type":"file","spec_version":"2.1","id":"file--11111111-1111-4111-8111-111111111111",`+member+`}`), stix.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	id, ok := stix.ObservableID(probe)
	if !ok {
		t.Fatal("a file has a deterministic identifier")
	}
	for _, c := range []struct {
		id, selector string
		want         store.Label
	}{
		{id, "name", store.Red},
		{id, "hashes", store.Red},
		{id, "size", store.Clear},
		{"file--11111111-1111-4111-8111-111111111111", "name", store.Clear},
	} {
		o := object(t, markingNames.Replace(fmt.Sprintf(`{"type":"file","spec_version":"2.1","id":%q,%s,"size":1,"granular_markings":[{"marking_ref":"$RED","selectors":[%q]}]}`, c.id, member, c.selector)))
		m := markings{}.classify(o, store.Clear)
		if m.Label != c.want {
			t.Errorf("%s of %s: %s", c.selector, c.id, LabelName(m.Label))
		}
		if m.Label == store.Red {
			continue
		}
		raw, _, ok := m.parts.redact(seesClear, false)
		left, err := stix.Parse(raw, stix.Limits{})
		if !ok || err != nil || !isRedacted(left) {
			t.Fatalf("%s: %v, %v", raw, ok, err)
		}
		if now, _ := stix.ObservableID(left); c.id == id && now != id {
			t.Errorf("the identifier of %s is %s, not %s", raw, now, id)
		}
	}
}

func TestRedactOldObjects(t *testing.T) {
	o := object(t, markingNames.Replace(`{"type":"tool","id":"tool--11111111-1111-4111-8111-111111111111","created":"2017-01-01T00:00:00.000Z","modified":"2017-01-01T00:00:00.000Z","name":"lantern","labels":["remote-access","own"],"granular_markings":[{"marking_ref":"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed","selectors":["labels.[1]"]}]}`))
	m := markings{}.classify(o, store.Clear)
	raw, withheld, ok := m.parts.redact(seesAmber, false)
	if !ok || !slices.Equal(withheld, []store.Label{store.Red}) || !bytes.Contains(raw, []byte(`"labels":["remote-access"],"x_entente_withheld":["red"]}`)) {
		t.Errorf("%v %v %s", ok, withheld, raw)
	}
	left, err := stix.Parse(raw, stix.Limits{})
	if err != nil || left.Spec() != "2.0" || stix.HasErrors(stix.Check(left)) || !isRedacted(left) {
		t.Errorf("%v: %s", err, raw)
	}
}

func TestUnknownMarkingsClose(t *testing.T) {
	const foreign = "marking-definition--33333333-3333-4333-8333-333333333333"
	definition := func(more string) *stix.Object {
		o, err := stix.Parse([]byte(`{"type":"marking-definition","spec_version":"2.1","id":"`+foreign+`","created":"2024-01-01T00:00:00.000Z"`+more+`}`), stix.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	harmless := definition(`,"definition_type":"statement","definition":{"statement":"mine"}`)
	strict := definition(`,"extensions":{"extension-definition--22222222-2222-4222-8222-222222222222":{"extension_type":"property-extension","secret":true}}`)
	mixed := definition(`,"definition_type":"statement","definition":{"statement":"mine"},"extensions":{"extension-definition--22222222-2222-4222-8222-222222222222":{"extension_type":"property-extension","secret":true}}`)
	whole := tool(`,"object_marking_refs":["$CLEAR","` + foreign + `"]`)
	part := tool(`,"description":"d","granular_markings":[{"marking_ref":"` + foreign + `","selectors":["description"]}]`)
	for _, c := range []struct {
		name  string
		known []*stix.Object
		raw   string
		want  store.Label
	}{
		{"unknown", nil, whole, store.AmberStrict},
		{"unknown on a part", nil, part, store.AmberStrict},
		{"a statement", []*stix.Object{harmless}, whole, store.Clear},
		{"a statement on a part", []*stix.Object{harmless}, part, store.Clear},
		{"one that restricts", []*stix.Object{strict}, whole, store.AmberStrict},
		{"a statement that restricts", []*stix.Object{mixed}, whole, store.AmberStrict},
		{"a contradiction", []*stix.Object{strict, harmless}, whole, store.AmberStrict},
		{"the same contradiction", []*stix.Object{harmless, strict, harmless}, whole, store.AmberStrict},
	} {
		m := markings{}
		for _, d := range c.known {
			m.learn(d)
		}
		got := m.classify(object(t, c.raw), store.Clear)
		if got.Label != c.want || (len(got.Unknown) > 0) != (c.want != store.Clear) {
			t.Errorf("%s: %s, unknown %q", c.name, LabelName(got.Label), got.Unknown)
		}
	}
	if got := (markings{}).classify(object(t, part), store.Red); got.Label != store.Red {
		t.Errorf("a closed item in a red collection is red, not %s", LabelName(got.Label))
	}
}

func TestLabelOfObject(t *testing.T) {
	for refs, want := range map[string]store.Label{
		``: store.Green,
		`,"object_marking_refs":["$RED","$CLEAR"]`:                                            store.Red,
		`,"object_marking_refs":["$CLEAR"]`:                                                   store.Clear,
		`,"object_marking_refs":["$AMBER"]`:                                                   store.Amber,
		`,"object_marking_refs":["$AMBER","$STRICT"]`:                                         store.AmberStrict,
		`,"object_marking_refs":["marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"]`: store.Clear, // TLP 1.0 white
		`,"object_marking_refs":["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"]`: store.Amber, // TLP 1.0 amber
	} {
		if got := (markings{}).classify(object(t, tool(refs)), store.Green).Label; got != want {
			t.Errorf("%s: %s, not %s", refs, LabelName(got), LabelName(want))
		}
	}
}

// leaves are the paths of all values that hold no others, by position in lists as they were at first.
func leaves(v any, at string, out map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for k, c := range v {
			leaves(c, at+"."+k, out)
		}
	case []any:
		for i, c := range v {
			leaves(c, fmt.Sprintf("%s.[%d]", at, i), out)
		}
	default:
		out[at] = fmt.Sprint(v)
	}
}

// Random markings: what is left are exactly the values whose label is seen, and everything left has its bytes.
func TestRedactRandomly(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	ids := []string{tlpClear, tlpGreen, tlpAmber, tlpStrict, tlpRed}
	selectors := []string{
		"description", "labels", "labels.[0]", "labels.[1]", "labels.[2]", "aliases", "aliases.[0]", "aliases.[1]", "external_references", "external_references.[0]",
		"external_references.[0].description", "external_references.[1].url", "external_references.[1]", "kill_chain_phases", "x_own", "x_own.a", "x_own.a.[0]",
		"x_own.a.[1]", "x_own.a.[1].b", "x_own.c", "tool_types", "tool_types.[0]", "created_by_ref", "name", "confidence",
	}
	body := `,"description":"v-1","labels":["v-2","v-3","v-4"],"aliases":["v-5" , "v-6"],"external_references":[{"source_name":"v-7","url":"v-8","description":"v-9"},` +
		`{"source_name":"v-10","url":"v-11","external_id":"v-12"}],"kill_chain_phases":[{"kill_chain_name":"v-13","phase_name":"v-14"}],` +
		`"x_own":{"a":["v-15",{"b":"v-16","d":"v-17"}],"c":"v-18"},"tool_types":["v-19"],"created_by_ref":"identity--11111111-1111-4111-8111-111111111111","confidence":50`
	withheldSome := 0
	for range 3000 {
		var marks []string
		for range 1 + rng.IntN(4) {
			var list []string
			for range 1 + rng.IntN(3) {
				list = append(list, `"`+selectors[rng.IntN(len(selectors))]+`"`)
			}
			marks = append(marks, fmt.Sprintf(`{"marking_ref":%q,"selectors":[%s]}`, ids[rng.IntN(len(ids))], strings.Join(list, ",")))
		}
		o := object(t, tool(body+`,"granular_markings":[`+strings.Join(marks, ",")+`]`))
		m := markings{}.classify(o, store.Clear)
		// The reference: the label of a path is the strictest of all selectors that are a prefix of it.
		var doc map[string]any
		if err := json.Unmarshal(o.Raw, &doc); err != nil {
			t.Fatal(err)
		}
		all := map[string]string{}
		leaves(doc, "", all)
		for _, sees := range sights(m.Label) {
			raw, withheld, ok := m.parts.redact(sees, true)
			if !ok {
				t.Fatalf("%s: cannot be redacted for %05b", o.Raw, sees)
			}
			for path, value := range all {
				if !strings.HasPrefix(value, "v-") {
					continue
				}
				label := m.Label
				for _, g := range o.GranularMarkings {
					l := store.Label(slices.Index(ids, g.MarkingRef))
					for _, s := range g.Selectors {
						if strings.HasPrefix(path+".", "."+s+".") {
							label = max(label, l)
						}
					}
				}
				want := label == m.Label || sees&(1<<label) != 0
				if got := bytes.Contains(raw, []byte(`"`+value+`"`)); got != want {
					t.Fatalf("%s (%s) for %05b: there %v, should be %v\n%s\n%s", path, LabelName(label), sees, got, want, o.Raw, raw)
				}
			}
			if len(withheld) > 0 {
				withheldSome++
			} else if !bytes.Equal(raw, o.Raw) {
				t.Fatalf("nothing is withheld, but the bytes differ: %s", raw)
			}
		}
	}
	if withheldSome < 1000 {
		t.Errorf("only %d cases withheld something", withheldSome)
	}
}

func FuzzRedact(f *testing.F) {
	for _, s := range []string{
		tool(`,"description":"d","granular_markings":[{"marking_ref":"$RED","selectors":["description"]}]`),
		tool(`,"labels":["a","b"],"granular_markings":[{"marking_ref":"$RED","selectors":["labels.[0]"]},{"lang":"de","selectors":["labels.[1]"]}]`),
		tool(`,"extensions":{"$X":{"withheld":["red"]}},"aliases":["a"],"granular_markings":[{"marking_ref":"$AMBER","selectors":["aliases","extensions.$X.withheld.[0]"]}]`),
		`{"type":"file","id":"file--11111111-1111-4111-8111-111111111111","name":"n","size":1,"granular_markings":[{"marking_ref":"` + tlpRed + `","selectors":["size"]}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := stix.Parse(raw, stix.Limits{Size: 1 << 16})
		if err != nil || stix.HasErrors(stix.Check(o)) {
			return
		}
		m := markings{}.classify(o, store.Clear)
		for _, sees := range sights(m.Label) {
			out, withheld, ok := m.parts.redact(sees, true)
			if !ok {
				t.Fatalf("%q cannot be redacted for %05b", raw, sees)
			}
			left, err := stix.Parse(out, stix.Limits{Size: 1 << 17})
			if err != nil || stix.HasErrors(stix.Check(left)) {
				t.Fatalf("%q became %q: %v %v", raw, out, err, stix.Check(left))
			}
			if len(withheld) > 0 && !isRedacted(left) {
				t.Fatalf("%q became %q without saying so", raw, out)
			}
			if left.ID != o.ID || left.Version() != o.Version() {
				t.Fatalf("%q became %q", raw, out)
			}
		}
	})
}
