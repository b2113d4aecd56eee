package packimport

import (
	"bytes"
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"entente/internal/advisory"
	"entente/internal/advisory/packexport"
	"entente/packs"
)

// now is the day on which tests import.
var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// sample is the pack with which exports are tested.
func sample(tb testing.TB) *advisory.Pack {
	tb.Helper()
	p, err := advisory.Open("../packexport/testdata/sample")
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func export(tb testing.TB, f packexport.Format, p *advisory.Pack) []byte {
	tb.Helper()
	var b bytes.Buffer
	if _, err := packexport.Write(&b, f, p, packexport.Options{}); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// mustLoad imports a file, and loads what came of it.
func mustLoad(tb testing.TB, name string, data []byte, o Options) (*advisory.Pack, *Result) {
	tb.Helper()
	if o.Now.IsZero() {
		o.Now = now
	}
	r, err := FromData(name, data, o)
	if err != nil {
		tb.Fatal(err)
	}
	return load(tb, r), r
}

// load loads a result as a pack in order.
func load(tb testing.TB, r *Result) *advisory.Pack {
	tb.Helper()
	fsys := fstest.MapFS{}
	for name, data := range r.Files {
		fsys[name] = &fstest.MapFile{Data: data, Mode: 0o644}
	}
	p, err := advisory.OpenFS(fsys, r.ID)
	if err != nil {
		tb.Fatalf("what was imported does not load: %v", err)
	}
	for _, pr := range p.Rules.Problems {
		if !pr.Warning {
			tb.Fatalf("a rule that was imported does not load: %s:%d: %s", pr.File, pr.Line, pr.Reason)
		}
	}
	return p
}

// said says whether a remark holds all the words.
func said(r *Result, words ...string) bool {
	return slices.ContainsFunc(r.Remarks, func(m advisory.Remark) bool {
		for _, w := range words {
			if !strings.Contains(m.String(), w) {
				return false
			}
		}
		return true
	})
}

func wantSaid(tb testing.TB, r *Result, words ...string) {
	tb.Helper()
	if !said(r, words...) {
		var b strings.Builder
		for _, m := range r.Remarks {
			b.WriteString("\n\t" + m.String())
		}
		tb.Errorf("nothing says %q; what is said:%s", words, b.String())
	}
}

func TestSTIXThereAndBack(t *testing.T) {
	before := sample(t)
	after, r := mustLoad(t, "bundle.json", export(t, packexport.STIX, before), Options{})
	if r.Format != STIX {
		t.Errorf("the bundle was taken for %s", r.Format)
	}
	equal(t, "TTPs", sorted(before.TTPs), sorted(after.TTPs))
	equal(t, "mitigations", before.Mitigations, after.Mitigations)
	indicators := slices.Clone(before.Indicators)
	equal(t, "indicators", indicators, after.Indicators)
	m := after.Manifest
	m.Description = before.Manifest.Description // its HTML is written out
	equal(t, "manifest", []advisory.Manifest{before.Manifest}, []advisory.Manifest{m})
	equal(t, "rules", slices.Sorted(maps.Keys(ruleDocs(before))), slices.Sorted(maps.Keys(ruleDocs(after))))
}

// The packs that come with the program are carried over whole, but for their tests.
func TestOwnPacksThereAndBack(t *testing.T) {
	for _, id := range packs.IDs() {
		before, err := advisory.OpenFS(packs.Open(id), id)
		if err != nil {
			t.Logf("%s is not in order, and left to its own tests: %v", id, err)
			continue
		}
		after, r := mustLoad(t, "bundle.json", export(t, packexport.STIX, before), Options{})
		if r.ID != id {
			t.Errorf("%s is called %s", id, r.ID)
		}
		equal(t, id+" TTPs", sorted(before.TTPs), sorted(after.TTPs))
		equal(t, id+" mitigations", before.Mitigations, after.Mitigations)
		equal(t, id+" indicators", before.Indicators, after.Indicators)
		equal(t, id+" manifest", []advisory.Manifest{before.Manifest}, []advisory.Manifest{after.Manifest})
		equal(t, id+" rules", slices.Sorted(maps.Keys(ruleDocs(before))), slices.Sorted(maps.Keys(ruleDocs(after))))
	}
}

func TestSTIXThereAndBackTwiceIsTheSame(t *testing.T) {
	first, _ := mustLoad(t, "a.json", export(t, packexport.STIX, sample(t)), Options{})
	one := export(t, packexport.STIX, first)
	second, _ := mustLoad(t, "a.json", one, Options{})
	if two := export(t, packexport.STIX, second); !bytes.Equal(one, two) {
		t.Error("a bundle that is imported and exported is another one")
	}
}

// ruleDocs are the documents of all rules and filters.
func ruleDocs(p *advisory.Pack) map[string]bool {
	out := map[string]bool{}
	for _, name := range p.Files() {
		if strings.HasPrefix(name, "rules/") {
			for _, doc := range advisory.SplitRules(string(p.File(name))) {
				out[doc] = true
			}
		}
	}
	return out
}

func sorted(list []advisory.TTP) []advisory.TTP {
	out := slices.Clone(list)
	slices.SortFunc(out, func(a, b advisory.TTP) int { return cmp.Compare(a.ID, b.ID) })
	for i := range out {
		if len(out[i].Mitigations) == 0 {
			out[i].Mitigations = nil
		}
	}
	return out
}

func equal[T any](t *testing.T, what string, want, got []T) {
	t.Helper()
	if len(want) != len(got) {
		t.Errorf("%d %s, want %d", len(got), what, len(want))
	}
	for i := range min(len(want), len(got)) {
		if !reflect.DeepEqual(want[i], got[i]) {
			t.Errorf("%s: %d is\n%+v, want\n%+v", what, i, got[i], want[i])
		}
	}
}
