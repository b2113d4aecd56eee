package attack

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
)

func facts(tb testing.TB) *Facts {
	tb.Helper()
	f, err := Default()
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

func TestEmbeddedIsFresh(t *testing.T) {
	const dir = "../../../shared/corpora/attack"
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the ATT&CK bundles are not here (%v); nothing to compare the embedded facts with", err)
	}
	f, err := LoadFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if f.Version == "" {
		f.Version = facts(t).Version
	}
	data, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(data, embedded) {
		t.Error("facts.bin.gz differs from what the bundles give; run go generate (see embedded.go)")
	}
}

func TestDefault(t *testing.T) {
	f := facts(t)
	if f.Version != "18.1" {
		t.Errorf("version %q", f.Version)
	}
	if len(embedded) > 400<<10 {
		t.Errorf("the embedded file has %d bytes", len(embedded))
	}
	for _, c := range []struct{ id, name, tactic string }{
		{"T1059.001", "Command and Scripting Interpreter: PowerShell", "execution"},
		{"T1505.003", "Server Software Component: Web Shell", "persistence"},
		{"T1190", "Exploit Public-Facing Application", "initial-access"},
		{"T0855", "Unauthorized Command Message", "impair-process-control"},
	} {
		o, ok := f.Technique(c.id)
		if !ok || o.FullName() != c.name || o.Tactics[0].Short != c.tactic {
			t.Errorf("%s = %+v", c.id, o)
		}
	}
	for name, id := range map[string]string{"APT40": "G0065", "HAFNIUM": "G0125", "Silk Typhoon": "G0125", "apt31": "G0128"} {
		if g, ok := f.Group(name); !ok || g.ID != id {
			t.Errorf("Group(%s) = %v", name, g)
		}
	}
	if s, ok := f.Software("China Chopper"); !ok || s.ID != "S0020" {
		t.Errorf("China Chopper = %v", s)
	}
	hafnium, _ := f.Group("HAFNIUM")
	if !slices.ContainsFunc(f.Targets(Uses, hafnium), func(o *Object) bool { return o.ID == "T1505.003" }) {
		t.Error("HAFNIUM does not use web shells")
	}
	if old, _ := f.Technique("T1086"); old == nil || old.Latest().ID != "T1059.001" {
		t.Errorf("T1086 leads to %v", old.Latest())
	}
}

func TestMatrix(t *testing.T) {
	f := facts(t)
	for _, c := range []struct {
		domain Domain
		want   []string
	}{
		{Enterprise, []string{
			"reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation",
			"defense-evasion", "credential-access", "discovery", "lateral-movement", "collection", "command-and-control",
			"exfiltration", "impact",
		}},
		{ICS, []string{
			"initial-access", "execution", "persistence", "privilege-escalation", "evasion", "discovery", "lateral-movement",
			"collection", "command-and-control", "inhibit-response-function", "impair-process-control", "impact",
		}},
	} {
		var got []string
		for _, col := range f.Matrix(c.domain) {
			got = append(got, col.Tactic.Short)
			if len(col.Techniques) == 0 {
				t.Errorf("%s: %s is empty", c.domain, col.Tactic.Short)
			}
			if !slices.IsSortedFunc(col.Techniques, func(a, b *Object) int { return strings.Compare(a.Name, b.Name) }) {
				t.Errorf("%s: %s is not in order", c.domain, col.Tactic.Short)
			}
			for _, o := range col.Techniques {
				if o.Parent != nil || o.Status != Active || !o.In(c.domain) {
					t.Errorf("%s holds %+v", col.Tactic.Short, o)
				}
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", c.domain, got)
		}
	}
}

// Every id that a rule of the corpora names must be known, by the facts' own version or by what is known of v19.
func TestTagsOfPublicRules(t *testing.T) {
	const dir = "../../../shared/corpora/sigma"
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the public rules are not here (%v); their tags are not checked", err)
	}
	f := facts(t)
	seen := map[string]bool{}
	walkTags(t, dir, func(tag, file string) {
		if seen[tag] {
			return
		}
		seen[tag] = true
		ref, ok := f.FromTag(tag)
		if !ok {
			t.Errorf("%s: %s is no ATT&CK tag", file, tag)
			return
		}
		if ref.Object == nil && !strings.HasPrefix(tag, "attack.ds") {
			t.Errorf("%s: %s is not known", file, tag)
		}
	})
	if len(seen) < 300 {
		t.Errorf("only %d tags were found", len(seen))
	}
}

func BenchmarkDecode(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(embedded); err != nil {
			b.Fatal(err)
		}
	}
}
