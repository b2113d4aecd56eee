package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entente/internal/attribution"
	"entente/internal/stix"
)

// shellWords splits a line of a page: blanks, and single quotes.
func shellWords(t *testing.T, line string) []string {
	t.Helper()
	var out []string
	word, quoted, begun := "", false, false
	for _, r := range line {
		switch {
		case r == '\'':
			quoted, begun = !quoted, true
		case r == ' ' && !quoted:
			if begun {
				out = append(out, word)
			}
			word, begun = "", false
		default:
			word, begun = word+string(r), true
		}
	}
	if quoted {
		t.Fatalf("a quote is not closed: %s", line)
	}
	if begun {
		out = append(out, word)
	}
	return out
}

// TestAttributionPage runs every command of docs/attribution.md, which is the case of 2021 from the first hypothesis to a draft that can
// be proposed.
func TestAttributionPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/attribution.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	outputs := map[string]string{}
	ran := 0
	code := false
	failed := false
	for line := range strings.Lines(string(page)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "```") {
			code = !code
		}
		if !code || !strings.HasPrefix(line, "entente ") || strings.HasPrefix(line, "entente statement propose") {
			continue
		}
		var out, errs strings.Builder
		args := shellWords(t, line)[1:]
		got := Run(t.Context(), args, Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }})
		ran++
		if args[1] == "statement" && !failed {
			// The page says that this one fails, and why.
			failed = true
			if got != ExitFailure || !strings.Contains(errs.String(), "too strictly") {
				t.Errorf("%s: %d, %s", line, got, errs.String())
			}
			continue
		}
		if got != ExitOK {
			t.Fatalf("%s: %d, %s", line, got, errs.String())
		}
		outputs[strings.Join(args, " ")] = out.String()
	}
	if ran < 35 || !failed {
		t.Fatalf("only %d commands", ran)
	}
	show := outputs["case show exchange-2021 -d node"]
	for _, want := range []string{"1     state", "press ", "CC", "contract", "if it says the contrary", "gap g1"} {
		if !strings.Contains(show, want) {
			t.Errorf("no %q in\n%s", want, show)
		}
	}
	pool := outputs["case pool exchange-2021 -d node"]
	for _, want := range []string{"LOG-LINEAR", "not pooled, for it is on no scale: Australia, Canada, European Union, Japan, NATO, Norway, United Kingdom, United States", "United Kingdom", "outside", "leans on chain, mass"} {
		if !strings.Contains(pool, want) {
			t.Errorf("no %q in\n%s", want, pool)
		}
	}
	if !strings.Contains(outputs["case timeline exchange-2021 -d node"], "unlikely (ICD 203, 20–45 %) → likely (ICD 203, 55–80 %); confidence low (ICD 203)") {
		t.Error(outputs["case timeline exchange-2021 -d node"])
	}
	bundle, err := os.ReadFile("case.json")
	if err != nil {
		t.Fatal(err)
	}
	checkBundle(t, bundle)
	m, annex, files, err := readDraft("draft")
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Claims) != 2 || m.Claims[0].ID != "state" || m.Claims[1].ID != "state.state" || m.TLP != "clear" || annex == nil || annex.TLP != "amber" || len(files) != 2 {
		t.Errorf("%+v %+v", m, annex)
	}
	text, err := os.ReadFile(filepath.Join("draft", "public", "assessment.en.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, member := range []string{"United States", "United Kingdom", "European Union", "NATO", "Canada", "Australia", "Japan", "Norway"} {
		if !strings.Contains(string(text), member) {
			t.Errorf("no %s in\n%s", member, text)
		}
	}
	secret, err := os.ReadFile(filepath.Join("draft", "annex", "case.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ what, in string }{{"newspapers", string(text)}, {"seen the contract", string(text)}, {"seen the contract", string(secret)}} {
		if strings.Contains(x.in, x.what) {
			t.Errorf("%q is told to who may not see it", x.what)
		}
	}
	if !strings.Contains(string(bundle), "seen the contract") || !strings.Contains(string(secret), "newspapers") {
		t.Error("who may see it is not told")
	}
}

// checkBundle demands sound STIX without a warning, and every version of every part.
func checkBundle(t *testing.T, bundle []byte) {
	t.Helper()
	var b struct {
		Objects []json.RawMessage `json:"objects"`
	}
	if err := json.Unmarshal(bundle, &b); err != nil {
		t.Fatal(err)
	}
	var c stix.Checker
	parts := 0
	for _, raw := range b.Objects {
		o, err := stix.Parse(raw, stix.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range c.Check(o) {
			t.Errorf("%s: %+v", raw, f)
		}
		if _, err := attribution.ReadObject(o); err == nil {
			parts++
		}
	}
	if parts < 60 {
		t.Errorf("only %d parts of %d objects", parts, len(b.Objects))
	}
}

// What bears the name of an organisation of the node, which has not submitted it, counts nothing, and is told.
func TestNobodyRatesForAnother(t *testing.T) {
	t.Chdir(t.TempDir())
	run := func(line string) (string, string) {
		t.Helper()
		var out, errs strings.Builder
		code := Run(t.Context(), shellWords(t, line), Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }})
		if code != ExitOK {
			t.Fatalf("%s: %d, %s", line, code, errs.String())
		}
		return out.String(), errs.String()
	}
	for _, line := range []string{
		"init --organisation Keeper n", "case new c -d n --tlp clear", "case add c document 'A paper' --grade A1 -d n", "case cell c e1 unknown=I --reason r -d n",
		"admin --node n org add Ally", "admin --node n user add ally --org Ally --role reader,publisher", "admin --node n collection grant shared Ally --read --write",
		"case export c -d n --as admin -o case.json",
	} {
		run(line)
	}
	b, err := os.ReadFile("case.json")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimRight(line, ",\n")
		if !strings.Contains(line, `"type":"opinion"`) {
			continue
		}
		var o map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatal(err)
		}
		o["id"], o["modified"] = stix.ID("opinion", "forged"), "2038-01-01T00:00:00.000Z"
		forged, _ := json.Marshal(o)
		forged = []byte(strings.Replace(string(forged), `"rating":"I"`, `"rating":"CC"`, 1))
		if err := os.WriteFile("forged.json", forged, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, _ := run("import --node n --collection shared --as ally forged.json")
	if !strings.Contains(out, "1 new") {
		t.Fatal(out)
	}
	out, errs := run("case show c -d n --as admin")
	if !strings.Contains(out, "unknown  100 ") || !strings.Contains(errs, "it bears the name of Keeper, who has not submitted it") {
		t.Errorf("%s\n%s", out, errs)
	}
}
