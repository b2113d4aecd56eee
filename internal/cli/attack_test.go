package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// runAttack runs the verb and returns what it prints and its error.
func runAttack(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	env := Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }}
	c := newAttackCmd(env)
	c.SetArgs(args)
	c.SetOut(&out)
	c.SetErr(&out)
	c.SilenceErrors, c.SilenceUsage = true, true
	err := c.ExecuteContext(t.Context())
	return out.String(), err
}

func TestAttackShow(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want []string
	}{
		{"technique", []string{"t1059.001"}, []string{
			"T1059.001  Command and Scripting Interpreter: PowerShell\n", "sub-technique, enterprise", "tactics                   TA0002 Execution",
			"platforms                 Windows", "more (--all)", "https://attack.mitre.org/techniques/T1059/001",
		}},
		{"group by another name", []string{"APT40"}, []string{
			"G0065  Leviathan\n", "Gingham Typhoon", "initial-access", "T1190", "C0049",
		}},
		{"name of several words", []string{"China", "Chopper"}, []string{"S0020  China Chopper\n", "software, malware"}},
		{"revoked", []string{"T1086"}, []string{"technique, enterprise, revoked", "now                       T1059.001"}},
		{"of version 19", []string{"T1685.005"}, []string{"later version", "formerly                  T1070.001", "TA0112 Defense Impairment"}},
		{"tag", []string{"attack.stealth"}, []string{"TA0005  Stealth\n", "formerly                  TA0005 Defense Evasion"}},
		{"tactic", []string{"TA0001"}, []string{"TA0001  Initial Access\n", "T1190"}},
		{"two", []string{"T1190", "HAFNIUM"}, []string{"T1190  Exploit Public-Facing Application\n", "\nG0125  HAFNIUM\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := runAttack(t, c.args...)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range c.want {
				if !strings.Contains(out, w) {
					t.Errorf("%q is missing in\n%s", w, out)
				}
			}
		})
	}
}

func TestAttackShowAll(t *testing.T) {
	out, err := runAttack(t, "--all", "T1059.001")
	if err != nil || strings.Contains(out, "--all") || !strings.Contains(out, "G0065 Leviathan") {
		t.Errorf("error %v\n%s", err, out)
	}
}

func TestAttackUnknown(t *testing.T) {
	out, err := runAttack(t, "T1190", "no\x1bsuch")
	if err == nil || !strings.Contains(err.Error(), "ATT&CK 18.1 has nothing called no") || !strings.Contains(err.Error(), "hint: ") {
		t.Errorf("error %v", err)
	}
	if err != nil && strings.Contains(err.Error(), "\x1b") {
		t.Error("the message holds a control character")
	}
	if !strings.Contains(out, "T1190") {
		t.Error("what is known was not shown")
	}
}

func TestAttackJSON(t *testing.T) {
	out, err := runAttack(t, "--json", "G0065", "T1059.001", "T1086")
	if err != nil {
		t.Fatal(err)
	}
	var got []attackView
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[0].Name != "Leviathan" || len(got[0].Uses) == 0 || len(got[0].Campaigns) == 0 {
		t.Errorf("%+v", got)
	}
	if p := got[1].Parent; p == nil || p.ID != "T1059" || got[1].Tactics[0].Name != "Execution" || len(got[1].MitigatedBy) == 0 {
		t.Errorf("%+v", got[1])
	}
	if cur := got[2].Current; cur == nil || cur.ID != "T1059.001" || got[2].Status != "revoked" {
		t.Errorf("%+v", got[2])
	}
	if out, err = runAttack(t, "--json", "nothing-of-that-name"); err == nil || strings.TrimSpace(out) != "[]" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestAttackSearchAndTactics(t *testing.T) {
	out, err := runAttack(t, "search", "lsass", "memory")
	if err != nil || !strings.HasPrefix(out, "T1003.001  technique      OS Credential Dumping: LSASS Memory\n") {
		t.Errorf("error %v\n%s", err, out)
	}
	if _, err = runAttack(t, "search", "xyzzy-nothing"); err == nil {
		t.Error("nothing was found, but that is no error")
	}
	if out, err = runAttack(t, "tactics"); err != nil || strings.Count(out, "\n") != 14 || !strings.HasPrefix(out, "TA0043 ") {
		t.Errorf("error %v\n%s", err, out)
	}
	if out, err = runAttack(t, "tactics", "--domain", "ics", "--json"); err != nil || !strings.Contains(out, "inhibit-response-function") {
		t.Errorf("error %v\n%s", err, out)
	}
	if _, err = runAttack(t, "tactics", "--domain", "moon"); err == nil || !strings.Contains(err.Error(), "enterprise, ics or mobile") {
		t.Errorf("error %v", err)
	}
}

func TestAttackBundle(t *testing.T) {
	dir := t.TempDir()
	const bundle = `{"objects":[{"type":"attack-pattern","id":"a","name":"Sample Technique","x_mitre_domains":["ics-attack"],` +
		`"external_references":[{"source_name":"mitre-attack","external_id":"T9001"}]}]}`
	file := filepath.Join(dir, "ics-attack.json")
	if err := os.WriteFile(file, []byte(bundle), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, dir} {
		if out, err := runAttack(t, "--bundle", path, "T9001"); err != nil || !strings.Contains(out, "Sample Technique") {
			t.Errorf("%s: error %v\n%s", path, err, out)
		}
	}
	if _, err := runAttack(t, "--bundle", filepath.Join(dir, "none"), "T9001"); err == nil {
		t.Error("a missing bundle is no error")
	}
	if _, err := runAttack(t, "--bundle", t.TempDir(), "T9001"); err == nil || !strings.Contains(err.Error(), "hint: ") {
		t.Errorf("an empty folder: %v", err)
	}
}

func TestWrapped(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"", 10, ""},
		{"one two three", 0, "one two three"},
		{"one two three", 7, "one two|three"},
		{"one two three", 1, "one|two|three"},
		{"äöü äöü", 7, "äöü äöü"},
	} {
		if got := strings.Join(wrapped(c.text, c.width), "|"); got != c.want {
			t.Errorf("wrapped(%q, %d) = %q", c.text, c.width, got)
		}
	}
}
