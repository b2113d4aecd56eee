package packimport

import (
	"strings"
	"testing"
	"testing/fstest"

	"entente/internal/advisory"
	"entente/internal/advisory/packexport"
)

// Whatever an import makes of anything is a pack that loads.
func FuzzFromData(f *testing.F) {
	p := sample(f)
	seeds := [][]byte{
		export(f, packexport.STIX, p), export(f, packexport.CSAF, p), export(f, packexport.Navigator, p), []byte(foreign), []byte(mispEventText),
		[]byte(rule("One", "", "tags: [attack.t1190]\n")), []byte(`{"techniques":[{"techniqueID":"T1190","tactic":"x"}]}`),
	}
	for _, s := range seeds {
		f.Add(s)
	}
	if len(seeds) == 0 {
		f.Fatal("there are no seeds")
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := FromData("a", data, Options{Now: now})
		if err != nil {
			return
		}
		fsys := fstest.MapFS{}
		for name, data := range r.Files {
			if strings.Contains(name, "..") || strings.HasPrefix(name, "/") {
				t.Fatalf("a file is called %q", name)
			}
			fsys[name] = &fstest.MapFile{Data: data, Mode: 0o644}
		}
		pack, err := advisory.OpenFS(fsys, r.ID)
		if err != nil {
			t.Fatalf("what was imported does not load: %v", err)
		}
		for _, pr := range pack.Rules.Problems {
			if !pr.Warning {
				t.Fatalf("a rule that was imported does not load: %s:%d: %s", pr.File, pr.Line, pr.Reason)
			}
		}
	})
}

// Whatever pattern is read, each of its values can be written as a pattern again, and is the same then.
func FuzzPattern(f *testing.F) {
	seeds := []string{
		`[file:hashes.'SHA-256' = 'ab' AND (file:parent_directory_ref.path LIKE '/a%' OR file:parent_directory_ref.path LIKE '/b/%')]`,
		`[ipv4-addr:value = '192.0.2.1' OR ipv4-addr:value ISSUBSET '198.51.100.9/24'] OR [url:value IN ('a', 'b\'c')]`,
		`[file:name = 'p' AND file:parent_directory_ref.path = '\\\\.\\pipe']`, `[a:b MATCHES '(?i)x$'] WITHIN 5 SECONDS`, `[[((`,
	}
	for _, s := range seeds {
		f.Add(s)
	}
	if len(seeds) == 0 {
		f.Fatal("there are no seeds")
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := readPattern(s)
		if err != nil {
			return
		}
		found, err := patternIndicators(p)
		if err != nil && len(found) > 0 {
			t.Fatalf("%q is an error and gives %v", s, found)
		}
		if err == nil && len(found) == 0 {
			t.Fatalf("%q is read and gives nothing", s)
		}
	})
}
