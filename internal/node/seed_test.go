package node

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"entente/internal/exchange"
	"entente/internal/store"
)

func testStore(t *testing.T) *store.Store {
	t.Helper()
	st, fresh, err := Prepare(t.Context(), Config{}, t.TempDir())
	if err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

func load(t *testing.T, text string) (*store.Store, error) {
	t.Helper()
	s, err := ReadSeed(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	st := testStore(t)
	_, err = LoadSeed(t.Context(), st, exchange.New(st, exchange.Options{}), s)
	return st, err
}

const someObject = `{"type":"identity","spec_version":"2.1","id":"identity--5b6f1f8e-3c6f-4a53-9d57-3a3f0d8a2c%02d",` +
	`"created":"2021-07-19T11:00:00.000Z","modified":"2021-07-19T11:00:00.000Z","name":"Example"}`

func object(n string) string { return strings.Replace(someObject, "%02d", n, 1) }

func TestSeed(t *testing.T) {
	st, err := load(t, `{
		"organisations":[{"name":"Alpha","id":"identity--5b6f1f8e-3c6f-4a53-9d57-3a3f0d8a2c11","clearance":"TLP:AMBER+STRICT"},{"name":"Beta","client_of":"Alpha"}],
		"users":[
			{"name":"alice","organisation":"Alpha","password":"correct horse","roles":["reader","admin"]},
			{"name":"short","password":"x"},
			{"name":"robot","organisation":"Beta","service":true,"token":"ent_x","certificate":"ABCD"}],
		"groups":[{"name":"few","owner":"Alpha","members":["short"]}],
		"api_roots":[{"path":"/a/b/","collections":[
			{"id":"2F6f7f2e-6f2c-4b8c-9c55-0d9a1a3d7f10","read":["*"],"write":["alice"],"label":"green","group":"few","named":["robot"],"owner":"Beta"},
			{"read":["*"],"label":"clear","objects":[
				{"object":`+object("01")+`},
				`+object("02")+`,
				{"date_added":"2021-07-19T12:00:02Z","object":`+object("03")+`},
				{"date_added":"2021-07-19T12:00:01.5Z","object":`+object("04")+`,"user":"robot"},
				{"date_added":"2021-07-19T12:00:01.5Z","object":`+object("05")+`}]}]}]}`)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	alpha, err := st.OrgByName(ctx, "Alpha")
	if err != nil || alpha.Clearance != store.AmberStrict || alpha.UID != "identity--5b6f1f8e-3c6f-4a53-9d57-3a3f0d8a2c11" {
		t.Errorf("%+v, %v", alpha, err)
	}
	beta, err := st.OrgByName(ctx, "Beta")
	if err != nil || beta.ClientOf != alpha.ID || beta.Clearance != store.Amber {
		t.Errorf("%+v, %v", beta, err)
	}
	if _, err := st.OrgByName(ctx, "short"); err != nil {
		t.Errorf("a user without organisation: %v", err)
	}
	ex := exchange.New(st, exchange.Options{})
	for name, password := range map[string]string{"alice": "correct horse", "short": "x"} {
		if _, err := ex.Basic(ctx, name, password); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	robot, err := ex.Bearer(ctx, "ent_x")
	if err != nil || robot.UserName != "robot" || robot.Org != beta.ID {
		t.Errorf("%+v, %v", robot, err)
	}
	root, err := st.RootByPath(ctx, "a/b")
	if err != nil {
		t.Fatal(err)
	}
	views, err := ex.Collections(ctx, robot, root)
	if err != nil || len(views) != 2 {
		t.Fatal(views, err)
	}
	named, err := st.CollectionByUID(ctx, "2f6f7f2e-6f2c-4b8c-9c55-0d9a1a3d7f10")
	if err != nil || named.Label != store.Green || named.Group == 0 || named.Owner != beta.ID {
		t.Errorf("%+v, %v", named, err)
	}
	page, err := ex.Objects(ctx, robot, store.Query{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, it := range page.Items {
		got = append(got, it.ID[len(it.ID)-2:])
	}
	if strings.Join(got, " ") != "04 05 03 01 02" {
		t.Errorf("the objects are in the order %v", got)
	}
	at := time.Date(2021, 7, 19, 12, 0, 1, 500_000_000, time.UTC)
	if len(page.Items) == 5 && (!page.Items[0].Added.Equal(at) || !page.Items[1].Added.Equal(at.Add(time.Microsecond)) || page.Items[0].Class.Owner != beta.ID ||
		page.Items[1].Class.Owner != alpha.ID || time.Since(page.Items[4].Added) > time.Hour) {
		t.Errorf("%+v", page.Items)
	}
	if _, err := LoadSeed(ctx, st, ex, Seed{}); err == nil {
		t.Error("a second seed is taken")
	}
}

func TestSeedRefuses(t *testing.T) {
	root := func(rest string) string { return `{"api_roots":[{"path":"a"` + rest + `}]}` }
	for text, word := range map[string]string{
		``:                            "EOF",
		`{}`:                          "api_roots",
		`{"api_roots":[]}`:            "api_roots",
		`{"api_root":[{"path":"a"}]}`: "api_root",
		root(`,"titel":"x"`):          "titel",
		root(``) + "x":                "follows",
		`{"format":"entente-seed/2","api_roots":[{"path":"a"}]}`:                           "entente-seed/1",
		`{"api_roots":[{"path":""}]}`:                                                      "path",
		`{"api_roots":[{"path":"a/collections"}]}`:                                         "path",
		`{"api_roots":[{"path":"a"},{"path":"a"}]}`:                                        "api_roots/1",
		root(`,"max_content_length":-1`):                                                   "max_content_length",
		`{"users":[{"name":"a","organisation":"b"}],"api_roots":[{"path":"a"}]}`:           "users/0",
		`{"users":[{"name":"a","roles":["king"]}],"api_roots":[{"path":"a"}]}`:             "king",
		`{"users":[{"name":"a","token":"secret"}],"api_roots":[{"path":"a"}]}`:             "ent_",
		`{"users":[{"name":"a"},{"name":"a"}],"api_roots":[{"path":"a"}]}`:                 "users/1",
		`{"users":[{"organisation":"a"}],"api_roots":[{"path":"a"}]}`:                      "name",
		`{"organisations":[{"name":"a","clearance":"red"}],"api_roots":[{"path":"a"}]}`:    "red",
		`{"organisations":[{"name":"a","clearance":"secret"}],"api_roots":[{"path":"a"}]}`: "clearance",
		`{"organisations":[{"name":"a","client_of":"b"}],"api_roots":[{"path":"a"}]}`:      "client_of",
		`{"organisations":[{}],"api_roots":[{"path":"a"}]}`:                                "organisations/0",
		`{"groups":[{"name":"g","owner":"nobody"}],"api_roots":[{"path":"a"}]}`:            "groups/0",
		root(`,"collections":[{"read":["nobody"]}]`):                                       "nobody",
		root(`,"collections":[{"named":["nobody"]}]`):                                      "nobody",
		root(`,"collections":[{"label":"pink"}]`):                                          "pink",
		root(`,"collections":[{"group":"g"}]`):                                             "group",
		root(`,"collections":[{"owner":"g"}]`):                                             "owner",
		root(`,"collections":[{"alias":"x"},{"alias":"x"}]`):                               "collections/1",
		root(`,"collections":[{"id":"no uuid"}]`):                                          "UUID",
		root(`,"collections":[{"objects":[{"date_added":"yesterday","object":{"a":1}}]}]`): "date_added",
		root(`,"collections":[{"objects":[{"object":{"a":1}}]}]`):                          "objects",
		root(`,"collections":[{"objects":[1]}]`):                                           "objects/0",
		root(`,"collections":[{"objects":[{"user":"x","object":` + object("01") + `}]}]`):  "user",
		root(`,"collections":[{"objects":[{"object":{"type":"identity"}}]}]`):              "objects",
	} {
		if _, err := load(t, text); err == nil {
			t.Errorf("%s is taken", text)
		} else if !strings.Contains(err.Error(), word) {
			t.Errorf("%s: the error does not speak of %s: %v", text, word, err)
		}
	}
}

// The example of the manual works.
func TestSeedOfTheManual(t *testing.T) {
	manual, err := os.ReadFile("../../docs/formats/seed.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(manual), "```json\n")
	text, _, found := strings.Cut(rest, "```")
	if !found || !json.Valid([]byte(text)) {
		t.Fatal("the manual has no example")
	}
	st, err := load(t, text)
	if err != nil {
		t.Fatal(err)
	}
	ex := exchange.New(st, exchange.Options{})
	robot, err := ex.Bearer(t.Context(), "ent_a-secret-that-only-tests-know")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := ex.Count(t.Context(), robot, store.Query{}); err != nil || n != 1 {
		t.Errorf("%d objects, %v", n, err)
	}
}
