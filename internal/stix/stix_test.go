package stix

import (
	"regexp"
	"testing"
)

func TestUUIDv5(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for _, parts := range [][]string{{}, {""}, {"a", "bc"}, {"ab", "c"}, {"abc"}, {"a", "b", "c"}, {"1:a"}} {
		id := UUIDv5(parts...)
		if !form.MatchString(id) {
			t.Errorf("%q: %s is no UUID of version 5", parts, id)
		}
		if seen[id] {
			t.Errorf("%q: %s is taken already", parts, id)
		}
		seen[id] = true
		if id != UUIDv5(parts...) {
			t.Errorf("%q: two ids", parts)
		}
	}
}

func TestIDDependsOnTheType(t *testing.T) {
	a, b := ID("indicator", "x"), ID("identity", "x")
	if a[len("indicator"):] == b[len("identity"):] {
		t.Errorf("%s and %s share a UUID", a, b)
	}
}

func TestTLPLabel(t *testing.T) {
	for in, want := range map[string]string{
		"TLP:CLEAR": "clear", "white": "clear", " tlp: Green ": "green", "Amber+Strict": "amber+strict",
		"amber-strict": "amber+strict", "RED": "red", "": "", "tlp:": "", "purple": "",
	} {
		if got, ok := TLPLabel(in); got != want || ok != (want != "") {
			t.Errorf("TLPLabel(%q) = %q, %v; want %q", in, got, ok, want)
		}
	}
}

func TestMarkingsGoThereAndBack(t *testing.T) {
	for _, label := range []string{"clear", "green", "amber", "amber+strict", "red"} {
		id, ok := TLPMarking(label)
		if !ok {
			t.Fatalf("no marking for %s", label)
		}
		if back, ok := TLPOfMarking(id); !ok || back != label {
			t.Errorf("%s is %q, not %q", id, back, label)
		}
	}
	if _, ok := TLPMarking("purple"); ok {
		t.Error("there is a marking for purple")
	}
	if label, _ := TLPOfMarking("marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"); label != "amber" {
		t.Errorf("the amber of TLP 1.0 is %q", label)
	}
}

func TestStricter(t *testing.T) {
	for _, c := range [][3]string{
		{"", "clear", "clear"},
		{"green", "clear", "green"},
		{"amber", "amber+strict", "amber+strict"},
		{"red", "amber+strict", "red"},
		{"green", "", "green"},
	} {
		if got := Stricter(c[0], c[1]); got != c[2] {
			t.Errorf("Stricter(%q, %q) = %q, want %q", c[0], c[1], got, c[2])
		}
	}
}
