package stix

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// Real bundles hold no errors, and every object of theirs keeps its bytes.
func TestATTACK(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/corpora/attack/*.json")
	if len(files) == 0 {
		t.Skip("no ../shared/corpora/attack")
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		var c Checker
		r := NewReader(f, Limits{})
		objects, bundles := 0, 0
		rules := map[string]int{}
		for {
			e, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if e.Err != nil {
				t.Fatalf("%s %s: %v", file, e.Pointer, e.Err)
			}
			if e.Bundle {
				bundles++
			} else {
				objects++
			}
			for _, f := range c.Check(e.Object) {
				rules[f.Severity.String()+" "+f.Rule]++
				if f.Severity == Error {
					t.Errorf("%s %s%s: %s (%s)", file, e.Pointer, f.Pointer, f.Message, e.Object.ID)
				}
			}
		}
		for _, l := range c.Finish() {
			t.Errorf("%s: %v", file, l)
		}
		if objects < 1000 || bundles != 1 {
			t.Errorf("%s: %d objects, %d bundles", file, objects, bundles)
		}
		t.Logf("%s: %d objects, %v", filepath.Base(file), objects, rules)
		_ = f.Close()
	}
}
