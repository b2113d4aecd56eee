package store

import (
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// protected are the tables that tell something of items: naming one in a statement that reads takes the predicate.
var protected = regexp.MustCompile(`(?i)\b(from|join)\s+(items|postings|links|conflicts|indexed|backlog|raws)\b|\b(items|postings|links|conflicts) [a-z]\b`)

// keeper are the statements that read for nobody: their text, as far as it has to stand, and why nothing of it gets out.
var keeper = map[string]string{
	"items i CROSS JOIN w":                                  "the tables of a strip: TestEachTableOfItemsHasThePredicate looks at the whole",
	"links d CROSS JOIN items i CROSS JOIN w":               "the tables of a strip",
	"postings d CROSS JOIN items i CROSS JOIN w":            "the tables of a strip",
	"JOIN raws b ON b.id = i.raw":                           "the bytes of items within a statement that has the predicate",
	"SELECT l.item FROM items l WHERE":                      "where a date is in the order of a collection, within a statement that has the predicate",
	"AND i.item IN (SELECT item FROM postings WHERE":        "narrows a statement that has the predicate",
	"SELECT count(*) FROM (SELECT 1 FROM postings":          "which of several terms to begin with",
	"DELETE FROM items WHERE item = $1 RETURNING raw":       "removes what its caller has selected",
	"SELECT k.raw FROM conflicts k JOIN raws b ON":          "where the bytes of a conflict are stored already",
	"SELECT coalesce(max(id), 0) FROM conflicts":            "the number after which a conflict goes",
	"DELETE FROM conflicts WHERE ":                          "removes what its caller has selected, or what goes with an item",
	"FROM conflicts k WHERE k.collection = $1 OR $1 = 0":    "the list of conflicts without their bytes, for who has the disk",
	"SELECT id FROM conflicts WHERE id = $1":                "what who has the disk removes",
	"SELECT id FROM conflicts WHERE ":                       "which conflicts are the last ones",
	"SELECT data FROM raws WHERE id = $1":                   "the bytes of a copy for which a fuller one is said to be",
	"DELETE FROM raws WHERE id = $1 AND refs <= 0":          "removes bytes without an item",
	"DELETE FROM indexed WHERE item = $1 RETURNING terms":   "removes an item from the index",
	"DELETE FROM postings WHERE term = $1 AND item = $2":    "removes an item from the index",
	"DELETE FROM links WHERE item = $1":                     "removes an item from the index",
	"DELETE FROM backlog WHERE id = $1":                     "the indexer",
	"SELECT id, entries FROM backlog ORDER BY id":           "the indexer",
	"SELECT item FROM items WHERE ":                         "the indexer asks whether items are still there",
	"SELECT item FROM items WHERE expires <> 0":             "retention",
	"SELECT 1 FROM items WHERE collection = $1 LIMIT 1":     "whether a collection is empty, for who removes it",
	"SELECT 1 FROM conflicts WHERE collection = $1 LIMIT 1": "whether a collection is empty, for who removes it",
	"SELECT 1 FROM items WHERE grp = $1 LIMIT 1":            "whether a sharing group is in use, for who removes it",
	"SELECT 1 FROM conflicts WHERE grp = $1 LIMIT 1":        "whether a sharing group is in use, for who removes it",
	"CAST(coalesce(sum(items), 0) AS BIGINT) FROM backlog":  "how far the indexer is, in numbers",
}

// Every statement that names a table of items has the predicate, or is one of the few that read for nobody.
func TestStatementsThatReadItemsHaveThePredicate(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	found := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") || slices.Contains([]string{"schema.go", "check.go", "compare.go", "backup.go"}, f.Name()) { // these read for the operator, and give numbers or everything
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, f.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.ImportSpec:
				return false
			case *ast.BinaryExpr, *ast.BasicLit:
			default:
				return true
			}
			var b strings.Builder
			if err := printer.Fprint(&b, set, n); err != nil {
				t.Fatal(err)
			}
			text := b.String()
			if !protected.MatchString(text) {
				return true
			}
			if strings.Contains(text, "visible(") || strings.Contains(text, "sees(") {
				found++
				return false
			}
			for _, part := range slices.SortedFunc(maps.Keys(keeper), func(a, b string) int { return len(b) - len(a) }) {
				if strings.Contains(text, part) {
					used[part] = true
					return false
				}
			}
			t.Errorf("%s: reads items without the predicate:\n%s", set.Position(n.Pos()), text)
			return false
		})
	}
	if found < 8 {
		t.Errorf("found only %d statements with the predicate: does this test still see them?", found)
	}
	for part := range keeper {
		if !used[part] {
			t.Errorf("no statement any more: %s", part)
		}
	}
}

// The table of docs/decisions/0008-who-may-see.md, row by row.
func TestWhoMaySee(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		ctx := t.Context()
		org := func(name string, clearance Label, clientOf int64) Org {
			return must[Org](t)(s.CreateOrg(ctx, Org{Name: name, Clearance: clearance, ClientOf: clientOf}))
		}
		user := func(name string, of Org) Caller {
			u := must[User](t)(s.CreateUser(ctx, User{Name: name, Org: of.ID}))
			return Caller{User: u.ID, Org: of.ID}
		}
		owner := org("owner", Clear, 0)
		parent := org("strict", AmberStrict, 0)
		green := org("green", Green, 0)
		orgs := map[string]Org{
			"owner": owner, "clear": org("clear", Clear, 0), "green": green, "amber": org("amber", Amber, 0),
			"strict": parent, "client": org("client", Clear, parent.ID), "greenclient": org("greenclient", Clear, green.ID),
			"outside": org("outside", AmberStrict, 0), "disabled": org("disabled", AmberStrict, 0),
		}
		callers := map[string]Caller{"anonymous": {}, "nobody": {User: 999, Org: 999}}
		for name, o := range orgs {
			callers[name] = user(name, o)
		}
		callers["submitter"] = user("submitter", owner)
		callers["named"] = user("named", orgs["clear"])
		callers["retired"] = user("retired", parent)
		callers["liar"] = Caller{User: callers["clear"].User, Org: parent.ID}
		callers["orgonly"] = Caller{Org: parent.ID}

		root := must[Root](t)(s.CreateRoot(ctx, Root{Path: "r"}))
		closed := must[Collection](t)(s.CreateCollection(ctx, Collection{Root: root.ID, Title: "closed", Owner: owner.ID}))
		public := must[Collection](t)(s.CreateCollection(ctx, Collection{Root: root.ID, Title: "public", Owner: owner.ID, Public: true}))
		for name, o := range orgs {
			if name == "outside" {
				continue
			}
			for _, c := range []Collection{closed, public} {
				if err := s.SetRights(ctx, Rights{Collection: c.ID, Org: o.ID, Read: true}); err != nil {
					t.Fatal(err)
				}
			}
		}
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		ok(s.SetNamed(ctx, closed.ID, callers["named"].User, true))
		d := orgs["disabled"]
		d.Disabled = true
		ok(s.UpdateOrg(ctx, d))
		u := must[User](t)(s.User(ctx, callers["retired"].User))
		u.Disabled = true
		ok(s.UpdateUser(ctx, u))
		group := must[Group](t)(s.CreateGroup(ctx, Group{Name: "g", Owner: orgs["amber"].ID}))

		readers := "owner submitter named clear green amber strict client greenclient"
		for _, c := range []struct {
			name  string
			in    Collection
			label Label
			group int64
			sees  string
		}{
			{"clear", closed, Clear, 0, readers},
			{"green", closed, Green, 0, "owner submitter green amber strict client greenclient"},
			{"amber", closed, Amber, 0, "owner submitter amber strict client"},
			{"amber+strict", closed, AmberStrict, 0, "owner submitter strict"},
			{"red", closed, Red, 0, "submitter named"},
			{"clear for the group", closed, Clear, group.ID, "amber"},
			{"amber for the group", closed, Amber, group.ID, "amber"},
			{"amber+strict for the group", closed, AmberStrict, group.ID, ""},
			{"clear in public", public, Clear, 0, readers + " anonymous nobody outside disabled retired liar orgonly"},
			{"green in public", public, Green, 0, "owner submitter green amber strict client greenclient"},
			{"red in public", public, Red, 0, "submitter"},
			{"clear in public for the group", public, Clear, group.ID, "amber"},
		} {
			n := New{
				Collection: c.in.ID, Class: Class{Owner: owner.ID, Submitter: callers["submitter"].User, Label: c.label, Group: c.group},
				ID: "indicator--" + c.name, Type: "indicator", Spec: "2.1", Raw: []byte(c.name),
			}
			must[[]Outcome](t)(s.Add(ctx, []New{n}))
			for name, caller := range callers {
				page := must[Page](t)(s.Items(ctx, caller, Query{IDs: []string{n.ID}}))
				want := slices.Contains(strings.Fields(c.sees), name)
				if got := len(page.Items) == 1; got != want {
					t.Errorf("%s: %s sees it: %v, should be %v", c.name, name, got, want)
				}
			}
		}
	})
}
