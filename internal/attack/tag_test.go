package attack

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestFromTag(t *testing.T) {
	f := facts(t)
	for _, c := range []struct {
		tag  string
		ok   bool
		id   string
		kind Kind
		name string // "" where the facts must not know it
	}{
		{"attack.t1059.001", true, "T1059.001", Technique, "PowerShell"},
		{"ATTACK.T1190", true, "T1190", Technique, "Exploit Public-Facing Application"},
		{"attack.t1685.005", true, "T1685.005", Technique, "Clear Windows Event Logs"},
		{"attack.t9999", true, "T9999", Technique, ""},
		{"attack.initial-access", true, "initial-access", Tactic, "Initial Access"},
		{"attack.command_and_control", true, "command-and-control", Tactic, "Command and Control"},
		{"attack.stealth", true, "stealth", Tactic, "Stealth"},
		{"attack.defense-impairment", true, "defense-impairment", Tactic, "Defense Impairment"},
		{"attack.ta0002", true, "TA0002", Tactic, "Execution"},
		{"attack.g0065", true, "G0065", Group, "Leviathan"},
		{"attack.s0154", true, "S0154", Software, "Cobalt Strike"},
		{"attack.ds0005", true, "DS0005", 0, ""},
		{"attack.nonsense", true, "nonsense", 0, ""},
		{"cve.2021-26855", false, "", 0, ""},
		{"attack.", false, "", 0, ""},
		{"", false, "", 0, ""},
	} {
		got, ok := f.FromTag(c.tag)
		if ok != c.ok || !strings.EqualFold(got.ID, c.id) || got.Kind != c.kind {
			t.Errorf("FromTag(%q) = %+v, %v", c.tag, got, ok)
			continue
		}
		if (got.Object == nil) != (c.name == "") || got.Object != nil && got.Object.Name != c.name {
			t.Errorf("FromTag(%q) is %+v", c.tag, got.Object)
		}
	}
}

func TestResolve(t *testing.T) {
	f := facts(t)
	techniques, tactics := f.Resolve([]string{
		"attack.t1685", "attack.impact", "attack.defense-impairment", "attack.t9999", "attack.t1685", "cve.2020-1",
		"attack.execution", "attack.g0065", "attack.new-tactic", "attack.execution",
	})
	var got []string
	for _, x := range techniques {
		got = append(got, x.ID)
	}
	if want := []string{"T1685", "T9999"}; !slices.Equal(got, want) {
		t.Errorf("techniques %v", got)
	}
	if want := []string{"execution", "defense-impairment", "impact", "new-tactic"}; !slices.Equal(tactics, want) {
		t.Errorf("tactics %v", tactics)
	}
	// Without a tactic among the tags, those of the techniques count; a revoked one has its successor's.
	if _, tactics = f.Resolve([]string{"attack.t1086"}); !slices.Equal(tactics, []string{"execution"}) {
		t.Errorf("tactics of T1086: %v", tactics)
	}
	if techniques, tactics = f.Resolve(nil); techniques != nil || len(tactics) != 0 {
		t.Errorf("of no tags: %v, %v", techniques, tactics)
	}
}

func TestSearch(t *testing.T) {
	f := facts(t)
	for _, c := range []struct{ text, first string }{
		{"lsass", "T1003.001"},
		{"PowerShell", "T1059.001"},
		{"t1190", "T1190"},
		{"web shell", "T1505.003"},
		{"gingham", "G0065"},
		{"T1685.001", "T1685.001"},
	} {
		got := f.Search(c.text)
		if len(got) == 0 || got[0].ID != c.first {
			t.Errorf("Search(%q) = %s", c.text, ids(got[:min(len(got), 5)]))
		}
	}
	if got := f.Search("  "); got != nil {
		t.Errorf("Search of nothing = %s", ids(got))
	}
	if got := f.Search("no such thing in att&ck"); len(got) != 0 {
		t.Errorf("found %s", ids(got))
	}
}

func TestNamed(t *testing.T) {
	f := facts(t)
	if got := f.Named("PowerShell"); len(got) < 2 || got[0].Status != Active {
		t.Errorf("Named(PowerShell) = %s", ids(got))
	}
	if got := f.Named("--"); got != nil {
		t.Errorf("Named(--) = %s", ids(got))
	}
}

// walkTags calls yield with each ATT&CK tag of the rules in dir.
func walkTags(t *testing.T, dir string, yield func(tag, file string)) {
	t.Helper()
	re := regexp.MustCompile(`(?m)^\s+-\s+['"]?(attack\.[A-Za-z0-9._-]+)`)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".yml") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range re.FindAllSubmatch(data, -1) {
			yield(string(m[1]), path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
