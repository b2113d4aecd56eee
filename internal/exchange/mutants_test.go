package exchange

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

type mutant struct{ name, file, from, old, new string }

// mutants are the ways to weaken what decides, one at a time: in file, old becomes new, at its first place after the text from.
// Two places that guard the same thing twice are weakened together.
var mutants = []mutant{
	{"disabled users", "store/visible.go", "const whoOf", " AND u.disabled = 0", ""},
	{"disabled organisations", "store/visible.go", "const whoOf", " AND o.disabled = 0", ""},
	{"users of other organisations", "store/visible.go", "const whoOf", " AND u.org = $2", ""},
	{"disabled patrons", "store/visible.go", "const whoOf", " AND p.disabled = 0", ""},
	{"patrons by number", "store/visible.go", "const whoOf", "p.id = o.client_of", "p.id = o.id + 1"},
	{"rights of others", "store/visible.go", "const whoOf", " AND r.org = o.id", " AND r.org = r.org"},
	{"named for all", "store/visible.go", "const whoOf", "CASE WHEN n.usr IS NULL THEN 0 ELSE 1 END", "1"},
	{"named for none", "store/visible.go", "const whoOf", "CASE WHEN n.usr IS NULL THEN 0 ELSE 1 END", "0"},
	{"public and green", "store/visible.go", "const condition", "w.public = 1 AND {label} = 0", "w.public = 1 AND {label} <= 1"},
	{"public groups", "store/visible.go", "const condition", "{label} = 0 AND {i}.grp = 0", "{label} = 0"},
	{"no public", "store/visible.go", "const condition", "(w.public = 1 AND {label} = 0 AND {i}.grp = 0)", "(1 = 0)"},
	{"reading without right", "store/visible.go", "const condition", "w.reads = 1", "1 = 1"},
	{"writing is reading", "store/visible.go", "const condition", "w.reads = 1", "(w.reads = 1 OR w.writes = 1)"},
	{"groups for all", "store/visible.go", "const condition", "{i}.grp = 0 OR EXISTS", "1 = 1 OR EXISTS"},
	{"any group", "store/visible.go", "const condition", "m.grp = {i}.grp AND ", ""},
	{"any member", "store/visible.go", "const condition", " AND m.org = w.org", ""},
	{"owner sees red", "store/visible.go", "const condition", "({label} < 4 AND {i}.owner = w.org)", "({i}.owner = w.org)"},
	{"owner sees no more", "store/visible.go", "const condition", "OR ({label} < 4 AND {i}.owner = w.org)", ""},
	{"clearance one too high", "store/visible.go", "const condition", "{label} <= w.own)", "{label} <= w.own + 1)"},
	{"clearance one too low", "store/visible.go", "const condition", "{label} <= w.own)", "{label} < w.own)"},
	{"clearance of the patron for strict", "store/visible.go", "const condition", "({label} < 3 AND {label} <= w.inherited)", "({label} <= w.inherited + 1 AND w.inherited = 2)"},
	{"no clients", "store/visible.go", "const condition", "OR ({label} < 3 AND {label} <= w.inherited)", ""},
	{"red for all", "store/visible.go", "const condition", "({i}.submitter = w.usr OR w.named = 1)", "(1 = 1)"},
	{"red for owners", "store/visible.go", "const condition", "{i}.submitter = w.usr", "{i}.owner = w.org"},
	{"red for names alone", "store/visible.go", "const condition", "{i}.submitter = w.usr OR ", ""},
	{"parts as the whole", "store/visible.go", "func sees", `"{label}", label)`, `"{label}", alias+".label")`},

	{"items", "store/items.go", "func (p *search) conditions", `visible("i")`, `"1 = 1"`},
	{"other versions", "store/items.go", "func without(", `visible("n")`, `"1 = 1"`},
	{"terms that lead", "store/items.go", `b.and("d.term = %s`, `sees("i", "d.label")`, `"1 = 1"`},
	{"links that lead", "store/items.go", `b.and("d.target = %s`, `sees("i", "d.label")`, `"1 = 1"`},
	{"terms beside", "store/items.go", `b.list("p.term"`, `sees("i", "p.label")`, `"1 = 1"`},
	{"words beside", "store/items.go", "continue // it led here", `sees("i", "p.label")`, `"1 = 1"`},
	{"links beside", "store/items.go", `l.target = %s AND l.item`, `sees("i", "l.label")`, `"1 = 1"`},
	{"neighbours", "store/graph.go", "WHERE i.object = $3", `visible("i")`, `"1 = 1"`},
	{"neighbours by parts", "store/graph.go", "WHERE i.object = $3", `sees("i", "l.label")`, `"1 = 1"`},
	{"neighbours from afar", "store/graph.go", "WHERE l.target = $3", `visible("i")`, `"1 = 1"`},
	{"neighbours from afar by parts", "store/graph.go", "WHERE l.target = $3", `sees("i", "l.label")`, `"1 = 1"`},
	{"conflicts", "store/conflicts.go", "FROM conflicts i", `visible("i")`, `"1 = 1"`},
	{"an oracle", "store/add.go", "func (s *Store) siblings", `visible("i")`, `"1 = 1"`},
	{"an oracle for parts", "store/judge.go", "func judge", "partly := b.partly(r)", "partly := false"},
	{"an oracle for red parts of the same organisation", "store/add.go", "func (b *sibling) own", "label < Red || ", "true || "},

	{"an oracle for makers", "store/origin.go", "func (b *sibling) tells", "&& b.partly(r)", "&& false"},
	{"an oracle for hidden versions", "store/origin.go", "func origin", " || !b.knows(r, b.class.Label)", ""},
	{"another creation", "store/origin.go", "func origin", "same := b.created == created", "same := true"},
	{"another maker", "store/origin.go", "func origin", "same && theirs == creator", "same"},
	{"another maker beside an untold one", "store/origin.go", "func origin", " || tell && !agreesTelling", " || tell && false && agreesTelling"},
	{"versions by anybody", "store/origin.go", "func origin", "return NotTheirs", "continue"},
	{"versions by who marks the maker apart", "store/origin.go", "func (r *row) creator", "r.Created.IsZero() || ", "r.Created.IsZero() || r.CreatorPart || "},
	{"the maker is bound by what others say in its name", "store/origin.go", "func origin", "continue // what others", "_ = others // what others"},
	{"the maker comes after who took its name", "store/items.go", "const byMaker", "(n.flags & 16) > (i.flags & 16)", "1 = 0"},
	{"makers who keep it to themselves, by what others get", "store/origin.go", "func (r *row) prevail", "r.CreatorPart || ", ""},
	{"who calls itself the maker", "store/origin.go", "func (r *row) prevail", "b.tells(r) != r.creator()", "false"},
	{"the maker by anybody", "store/origin.go", "func (r *row) prevail", " || !among.makes(owner, r.ID, r.creator())", ""},
	{"conflicts stay when their item goes", "store/add.go", "func remove", "dropConflicts(t, `item = $1`, item)", "error(nil)"},

	{"words of parts", "exchange/terms.go", "func (x *extraction) add", "Label: x.parts.of(from)", "Label: x.parts.base"},
	{"references of parts", "exchange/terms.go", "func (x *extraction) link", "Label: x.parts.of(v)", "Label: x.parts.base"},
	{"no redaction", "exchange/objects.go", "func (s *Service) redact", "if !it.Granular", "if true"},
	{"redaction for nobody", "exchange/objects.go", "func (s *Service) redact", "it.Sees", "31"},
	{"red parts stay", "exchange/redact.go", "func (r *redaction) mark", "sees&(1<<label) == 0", "label < store.Red && sees&(1<<label) == 0"},
	{"parts below a part", "exchange/parts.go", "func (p *parts) inherit", "p.inherit(c, *at)", "p.inherit(c, p.base)"},
	{"the last marking counts", "exchange/parts.go", "func partsOf", "max(p.labels[place], label)", "label"},
	{"the loosest marking counts", "exchange/label.go", "func labelOfObject", "max(label, l), true", "l, true"},
	{"unknown markings are open", "exchange/label.go", "func (m markings) classify", "max(c.Label, store.AmberStrict)", "c.Label"},
	{"unmarked is clear", "exchange/label.go", "func labelOfObject", "return none", "return store.Clear"},
	{"nothing is lifted", "exchange/label.go", "func (m markings) classify", "if ok {", "if ok || true {"},
	{"no statement", "exchange/redact.go", "func (p *parts) redact", "if !r.state(withheld) ||", "if"},
	{"deleting what is others'", "exchange/objects.go", "func (s *Service) Delete", "if c.Owner != p.Org {", "if false {"},
	{"conflicts are not redacted", "exchange/search.go", "func (s *Service) Conflicts", "err := s.redact(ctx, &list[i].Item); err", "err := error(nil); i < 0 && err"},
	{"news for others", "exchange/news.go", "func (s *Service) News", "p.Caller, store.Query", "store.Caller{User: 1, Org: 1}, store.Query"},
	{"the audit log for all", "exchange/audit.go", "func (s *Service) AuditPage", "if !p.May(Audit) {", "if false {"},
	{"the audit log for auditors of others", "exchange/audit.go", "func (s *Service) AuditPage", "if !all {", "if !all && false {"},
	{"the numbers of the audit log", "exchange/audit.go", "func (s *Service) AuditPage", "q.Apart = p.Org, true", "q.Apart = p.Org, false"},
}

// of is a file of the program with the mutation.
func (m *mutant) of(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	head, tail, ok := strings.Cut(string(text), m.from)
	weak := strings.Replace(tail, m.old, m.new, 1)
	if !ok || weak == tail {
		return "", fmt.Errorf("%s has no %q after %q any more", m.file, m.old, m.from)
	}
	return head + m.from + weak, nil
}

// What the mutants weaken is still there, so that none is lost unseen when the program changes.
func TestMutantsFit(t *testing.T) {
	for _, m := range mutants {
		if _, err := m.of(filepath.Join("..", m.file)); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
	}
}

// Each way to weaken what decides makes the leak test fail. It takes minutes, so that it is for those who ask for it.
func TestMutants(t *testing.T) {
	if os.Getenv("ENTENTE_MUTANTS") == "" {
		t.Skip("set ENTENTE_MUTANTS=1 (or a part of a name) to see the leak test fail for each weakened predicate; it takes a quarter of an hour")
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mutants {
		if only := os.Getenv("ENTENTE_MUTANTS"); only != "1" && !strings.Contains(m.file+" "+m.name, only) {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			file := filepath.Join(root, m.file)
			weak, err := m.of(file)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			mutant, overlay := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json")
			list, err := json.Marshal(map[string]map[string]string{"Replace": {file: mutant}})
			if err != nil {
				t.Fatal(err)
			}
			for name, b := range map[string][]byte{mutant: []byte(weak), overlay: list} {
				if err := os.WriteFile(name, b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var out []byte
			for _, short := range []string{"-short", "-short=false"} { // a small world sees most of them
				cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-vet=off", short, "-overlay", overlay, "-run", "^TestLeaks$", ".")
				if out, err = cmd.CombinedOutput(); err != nil {
					break
				}
			}
			switch {
			case err == nil:
				t.Errorf("the leak test does not see it")
			case !strings.Contains(string(out), "--- FAIL: TestLeaks"):
				t.Errorf("the leak test did not run: %s", out)
			}
		})
	}
}
