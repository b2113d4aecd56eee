package node

import (
	"bytes"
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
			{"name":"robot","organisation":"Beta","service":true,"token":"ent_x","certificate":"`+strings.Repeat("aB", 32)+`"}],
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
		``:                            "empty",
		`{}`:                          "api_roots",
		`{"api_roots":[]}`:            "api_roots",
		`{"api_root":[{"path":"a"}]}`: "api_root",
		root(`,"titel":"x"`):          "titel",
		root(``) + "x":                "after top-level value",
		`{"format":"entente-seed/2","api_roots":[{"path":"a"}]}`:                           "entente-seed/1",
		`{"api_roots":[{"path":""}]}`:                                                      "path",
		`{"api_roots":[{"path":"a/collections"}]}`:                                         "path",
		`{"api_roots":[{"path":"a"},{"path":"a"}]}`:                                        "api_roots/1",
		root(`,"max_content_length":-1`):                                                   "max_content_length",
		`{"users":[{"name":"a","organisation":"b"}],"api_roots":[{"path":"a"}]}`:           "users/0",
		`{"users":[{"name":"a","roles":["king"]}],"api_roots":[{"path":"a"}]}`:             "users/0/roles/0",
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

// Every mistake is told with its place: line, column, path.
func TestSeedSaysWhere(t *testing.T) {
	const uuid = "2f6f7f2e-6f2c-4b8c-9c55-0d9a1a3d7f10"
	in := func(collection string) string {
		return "{\n \"api_roots\": [\n  {\"path\": \"a\", \"collections\": [\n   " + collection + "\n  ]}\n ]\n}"
	}
	with := func(more string) string { return "{\"api_roots\":[{\"path\":\"a\"}],\n  " + more + "}" }
	other := strings.Replace(object("01"), "Example", "Beispiel", 1)
	for text, want := range map[string]string{
		"hello":                                             "line 1, column 1: invalid character",
		"{\n  \"api_roots\": [,]}":                          "line 2, column 17: invalid character",
		"{\"title\":\"é\" 1}":                               "line 1, column 14: invalid character",
		"{\"api_roots\":[\n {\"path":                        "line 2, column 8: unexpected end",
		"{\"title\": \"a\xffb\"}":                           "line 1, column 13: the text is not UTF-8",
		"[]":                                                "line 1, column 1: an object is needed here, not a list",
		with(`"default_root":"b"`):                          `line 2, column 18: default_root: no API root has the path "b"`,
		with(`"max_page":-1`):                               "line 2, column 14: max_page: -1 is not between",
		with(`"max_page":0`):                                "line 2, column 14: max_page: 0 is not between",
		with(`"max_page":"10"`):                             "line 2, column 14: max_page: a whole number is needed here, not a string",
		with(`"max_page":1.5`):                              "line 2, column 14: max_page: a whole number is needed here, not the number 1.5",
		with(`"users":{}`):                                  "line 2, column 11: users: a list is needed here, not an object",
		with(`"users":[7]`):                                 "line 2, column 12: users/0: an object is needed here, not the number 7",
		with(`"title":true`):                                "line 2, column 11: title: a string is needed here, not true",
		with(`"Title":"x"`):                                 `line 2, column 3: there is no property "Title" here, but format, title,`,
		with(`"users":[],"users":[]`):                       "line 2, column 14: users: the property stands here twice",
		with(`"users":[{"name":"a","service":"yes"}]`):      "users/0/service: true or false is needed",
		with(`"users":[{"name":"a","password":""}]`):        "line 2, column 35: users/0/password: it is empty",
		with(`"users":[{"name":"a","token":""}]`):           "users/0/token: tokens begin with ent_",
		with(`"users":[{"name":"a","certificate":"abcd"}]`): "users/0/certificate: ",
		with(`"users":[{"name":"a"},{"name":"a"}]`):         "line 2, column 33: users/1/name: users/0 has this name of a user already",
		with(`"users":[{"name":"a","token":"ent_a"},{"name":"b","token":"ent_a"}]`):    "users/1/token: users/0 has this token already",
		with(`"organisations":[{"name":"a"},{"name":"a"}]`):                            "organisations/1/name: organisations/0 has",
		with(`"organisations":[{"name":"a","client_of":"a"}]`):                         "organisations/0/client_of",
		with(`"organisations":[{"name":"a"}],"groups":[{"name":"g"},{"name":"g"}]`):    "groups/1/name: groups/0 has",
		with(`"organisations":[{"name":"a"}],"groups":[{"name":"g","id":"x"}]`):        `groups/0/id: "x" is no UUID`,
		with(`"organisations":[{"name":"a"}],"groups":[{"name":"g","members":["b"]}]`): "groups/0/members/0: there is no organisation or user",
		`{"api_roots":[{"path":"a","max_content_length":0}]}`:                          "api_roots/0/max_content_length: 0 is not above 0",
		`{"api_roots":[{"path":"a"},{"path":"/a/"}]}`:                                  "api_roots/1/path: api_roots/0 has this path already",
		in(`{"id":"abc"}`): `line 4, column 10: api_roots/0/collections/0/id: "abc" is no UUID`,
		in(`{"id":"` + uuid + `"},{"id":"` + strings.ToUpper(uuid) + `"}`): "collections/1/id: api_roots/0/collections/0 has this id already",
		in(`{"alias":"a/b ?"}`):                                                            `line 4, column 13: api_roots/0/collections/0/alias: "a/b ?" cannot stand in a URL`,
		in(`{"alias":"x"},{"alias":"x"}`):                                                  "collections/1/alias: api_roots/0/collections/0 has this alias",
		in(`{"alias":"` + uuid + `"},{"id":"` + uuid + `"}`):                               "collections/0/alias: it is the id of api_roots/0/collections/1",
		in(`{"read":["bob"]}`):                                                             `line 4, column 13: api_roots/0/collections/0/read/0: there is no organisation or user "bob"`,
		in(`{"owner":"*"}`):                                                                "collections/0/owner: there is no",
		in(`{"objects":[` + object("01") + `,1]}`):                                         "collections/0/objects/1: an object is needed here, not the number 1",
		in(`{"objects":[{"type":"identity"}]}`):                                            "line 4, column 16: api_roots/0/collections/0/objects/0: id is missing",
		in(`{"objects":[{"object":{"id":"x"}}]}`):                                          "objects/0: object: type is missing",
		in(`{"objects":[{"object":[]}]}`):                                                  "objects/0: object: an object is needed here, not a list",
		in(`{"objects":[{"type":"bundle","id":"bundle--` + uuid + `"}]}`):                  "objects/0: a bundle is no object",
		in(`{"objects":[{"added":"x","object":` + object("01") + `}]}`):                    `objects/0: there is no property "added" here`,
		in(`{"objects":[{"object":` + object("01") + `,"object":{}}]}`):                    "objects/0: object: the property stands here twice",
		in(`{"objects":[{"date_added":5,"object":` + object("01") + `}]}`):                 "objects/0: date_added: a string is needed",
		in(`{"objects":[` + object("01") + `,` + object("02") + `,` + "\n" + other + `]}`): "line 5, column 1: api_roots/0/collections/0/objects/2: api_roots/0/collections/0/objects/0 is the same version",
		in(`{"objects":[` + object("01") + `,` + "\n" + strings.Replace(object("02"), `"name"`, `"name":"a","name"`, 1) + `]}`): "line 5, column 1: api_roots/0/collections/0/objects/1: ",
	} {
		if _, err := load(t, text); err == nil {
			t.Errorf("%s is taken", text)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n  got %v\n want %s", text, err, want)
		}
	}
}

// What a seed may well have: null for what is not there, a byte order mark, escapes, the same object twice, and identifiers
// that well-known servers have though they are no UUID of version 4.
func TestSeedTakes(t *testing.T) {
	text := "\ufeff" + `{"title":null,"\u0075sers":[{"name":"a\"\u00e9","password":null,"roles":null}],"max_page":null,"api_roots":[{"path":"a",
		"collections":[{"id":"365FED99-08fa-fdcd-a1b3-fb247eb41d01","alias":"Not_secret.1","read":["a\"é"],"objects":[
			` + object("01") + `,{"date_added":null,"user":null,"object":` + object("01") + `},{"user":"a\"é","object":` + object("02") + `}]}]}]}`
	s, err := ReadSeed(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], "api_roots/0/collections/0/id") || !strings.Contains(s.Warnings[0], "version 4") {
		t.Errorf("warnings: %q", s.Warnings)
	}
	st, err := load(t, text)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := st.CollectionByUID(t.Context(), "365fed99-08fa-fdcd-a1b3-fb247eb41d01"); err != nil || c.Alias != "Not_secret.1" {
		t.Errorf("%+v, %v", c, err)
	}
	if u, err := st.UserByName(t.Context(), `a"é`); err != nil || u.Password != "" {
		t.Errorf("%+v, %v", u, err)
	}
}

func FuzzReadSeed(f *testing.F) {
	for _, text := range []string{
		`{"api_roots":[{"path":"a","collections":[{"alias":"x","objects":[` + object("01") + `,{"date_added":"2021-07-19T12:00:02Z","object":` + object("02") + `}]}]}]}`,
		`{"users":[{"name":"\ud83d\ude00","roles":["reader"],"service":true}],"max_page":1e2,"api_roots":null}`, "{", "[[]]", "\ufeff{}", `"\\"`, `{"a":"\\\""}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := ReadSeed(bytes.NewReader(text))
		if err == nil && len(s.APIRoots) == 0 {
			t.Error("a seed without API roots is taken")
		}
		if err == nil && !json.Valid(bytes.TrimPrefix(text, []byte("\ufeff"))) {
			t.Error("what is no JSON is taken")
		}
	})
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
