package stix

import "testing"

func TestValues(t *testing.T) {
	const raw = "  {\"type\": \"x-thing\", \"labels\" : [\"one\", \"t\\u0077o\"], \"deep\": {\"a\": [], \"b\": 7}}\n"
	o, err := Parse([]byte(raw), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	root := o.Root()
	if !root.IsObject() || root.Len() != 3 || root.Past() != o.Values() || root.Name() != "" {
		t.Fatalf("root: %+v, %d values", root, o.Values())
	}
	two, ok := o.Select("labels.[1]")
	if !ok || two.Text() != "two" || !two.IsString() || two.Name() != "" || string(two.JSON()) != `"t\u0077o"` {
		t.Errorf("labels.[1] is %q, %v", two.Text(), ok)
	}
	if got := string(o.Raw[two.Start():two.End()]); got != `"t\u0077o"` {
		t.Errorf("element: %s", got)
	}
	labels, ok := root.Child("labels")
	if !ok || !labels.IsList() || !labels.Named("labels") {
		t.Fatalf("labels: %+v", labels)
	}
	if got := string(o.Raw[labels.Start():labels.End()]); got != `"labels" : ["one", "t\u0077o"]` {
		t.Errorf("member: %s", got)
	}
	if got := string(o.Raw[labels.ValueStart():labels.End()]); got != `["one", "t\u0077o"]` {
		t.Errorf("value: %s", got)
	}
	if _, ok := o.Select("labels.[2]"); ok {
		t.Error("there is no third label")
	}
	if _, ok := root.Child("none"); ok {
		t.Error("there is no member none")
	}
	var names []string
	for c := range root.Children() {
		names = append(names, c.Name())
	}
	if len(names) != 3 || names[2] != "deep" {
		t.Errorf("members: %q", names)
	}
}

func TestSelectorStep(t *testing.T) {
	for step, want := range map[string]int{"[0]": 0, "[17]": 17, "[]": -1, "[1": -1, "labels": -1, "": -1, "[-1]": -1} {
		if n, ok := SelectorStep(step); ok != (want >= 0) || ok && n != want {
			t.Errorf("%q: %d, %v", step, n, ok)
		}
	}
}
