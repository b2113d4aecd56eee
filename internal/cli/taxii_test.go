package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// taxiiServer is a small server of TAXII 2.1: one API root, a collection to read and one to write to. Its user is ali, with
// the password "sesame", and its token "tok".
type taxiiServer struct {
	*httptest.Server
	objects []string // the nth was added n milliseconds after 2021-07-19T00:00:00Z
	got     []string // bodies that were posted
	refuse  string   // objects whose JSON has it fail
}

func newTAXIIServer(t *testing.T) *taxiiServer {
	t.Helper()
	s := &taxiiServer{}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *taxiiServer) add(n int) {
	for range n {
		i := len(s.objects)
		s.objects = append(s.objects, fmt.Sprintf(`{"type":"indicator", "spec_version":"2.1","id":"indicator--00000000-0000-4000-8000-%012d",`+
			"\n"+`"created":"2021-07-19T00:00:00.000Z","modified":"2021-07-19T00:00:00.000Z","name":"é%d"}`, i, i))
	}
}

func addedAt(i int) time.Time {
	return time.Date(2021, 7, 19, 0, 0, 0, (i+1)*int(time.Millisecond), time.UTC)
}

func (s *taxiiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/taxii+json;version=2.1")
	if user, password, _ := r.BasicAuth(); (user != "ali" || password != "sesame") && r.Header.Get("Authorization") != "Bearer tok" {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"title":"who are you?"}`)
		return
	}
	cols := map[string]string{
		"in":  `{"id":"in","title":"Indicators\u001b[2J","alias":"ind","can_read":true,"can_write":false}`,
		"out": `{"id":"out","title":"Drop box","can_read":false,"can_write":true}`,
	}
	switch p := r.URL.Path; {
	case p == "/taxii2/":
		fmt.Fprint(w, `{"title":"Test","description":"for tests","default":"/api/","api_roots":["/api/","https://elsewhere.example/api/"]}`)
	case p == "/api/":
		fmt.Fprint(w, `{"title":"Root","versions":["application/taxii+json;version=2.1"],"max_content_length":100000}`)
	case p == "/api/collections/":
		fmt.Fprintf(w, `{"collections":[%s,%s]}`, cols["in"], cols["out"])
	case p == "/api/collections/in/objects/":
		s.page(w, r)
	case p == "/api/collections/out/objects/" && r.Method == http.MethodPost:
		s.take(w, r)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (s *taxiiServer) page(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	from, _ := strconv.Atoi(q.Get("next"))
	if after, err := time.Parse(time.RFC3339Nano, q.Get("added_after")); err == nil && from == 0 {
		for from < len(s.objects) && !addedAt(from).After(after) {
			from++
		}
	}
	limit, _ := strconv.Atoi(q.Get("limit"))
	to := min(from+limit, len(s.objects))
	if to == from {
		fmt.Fprint(w, `{}`)
		return
	}
	w.Header().Set("X-TAXII-Date-Added-Last", addedAt(to-1).Format("2006-01-02T15:04:05.000000Z"))
	fmt.Fprintf(w, `{"more":%t,"next":"%d","objects":[%s]}`, to < len(s.objects), to, strings.Join(s.objects[from:to], ","))
}

func (s *taxiiServer) take(w http.ResponseWriter, r *http.Request) {
	var in struct{ Objects []json.RawMessage }
	if json.NewDecoder(r.Body).Decode(&in) != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	var failures []string
	for _, raw := range in.Objects {
		var o struct{ ID, Modified string }
		_ = json.Unmarshal(raw, &o)
		if s.refuse != "" && strings.Contains(string(raw), s.refuse) {
			failures = append(failures, fmt.Sprintf(`{"id":%q,"version":%q,"message":"not wanted"}`, o.ID, o.Modified))
			continue
		}
		s.got = append(s.got, string(raw))
	}
	list := ""
	if len(failures) > 0 {
		list = `,"failures":[` + strings.Join(failures, ",") + `]`
	}
	w.WriteHeader(http.StatusAccepted)
	fmt.Fprintf(w, `{"id":"s","status":"complete","total_count":%d,"success_count":%d,"failure_count":%d,"pending_count":0%s}`,
		len(in.Objects), len(in.Objects)-len(failures), len(failures), list)
}

// taxii runs a verb with the server's token.
func (s *taxiiServer) taxii(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return runTAXII(t, map[string]string{"ENTENTE_TAXII_TOKEN": "tok"}, "", args...)
}

func runTAXII(t *testing.T, environ map[string]string, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Run(t.Context(), append([]string{"taxii"}, args...), Env{
		Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs, Getenv: func(k string) string { return environ[k] },
	})
	return code, out.String(), errs.String()
}

func wantRun(t *testing.T, what string, code, wantCode int, output string, want ...string) {
	t.Helper()
	if code != wantCode {
		t.Errorf("%s: exit code %d, want %d\n%s", what, code, wantCode, output)
	}
	for _, w := range want {
		if !strings.Contains(output, w) {
			t.Errorf("%s: the output lacks %q:\n%s", what, w, output)
		}
	}
}

func TestTAXIIDiscoverAndCollections(t *testing.T) {
	s := newTAXIIServer(t)
	code, out, errs := s.taxii(t, "discover", s.URL)
	wantRun(t, "discover", code, 0, out+errs, "Test\n", "Root  (default)", s.URL+"/api/", "elsewhere.example", "not asked")
	code, out, errs = s.taxii(t, "discover", "--format", "json", s.URL)
	var d discovered
	if err := json.Unmarshal([]byte(out), &d); err != nil || len(d.Roots) != 2 || d.Roots[0].MaxContentLength != 100000 || d.Roots[1].Error == "" {
		t.Errorf("%+v, %v", d, err)
	}
	wantRun(t, "discover as JSON", code, 0, out+errs)
	code, out, errs = s.taxii(t, "collections", s.URL)
	wantRun(t, "collections", code, 0, out+errs, "r-  "+s.URL+"/api/collections/in/", "(ind)", "-w  "+s.URL+"/api/collections/out/", "elsewhere.example")
	if strings.Contains(out, "\x1b") {
		t.Errorf("a title reaches the terminal: %q", out)
	}
	code, out, errs = s.taxii(t, "collections", "--format", "json", s.URL+"/api/")
	var cols []struct{ ID string }
	if err := json.Unmarshal([]byte(out), &cols); err != nil || len(cols) != 2 {
		t.Errorf("%v %v", cols, err)
	}
	wantRun(t, "collections as JSON", code, 0, out+errs)
}

func TestTAXIICredentials(t *testing.T) {
	s := newTAXIIServer(t)
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	password, token, empty := write("password", "sesame\r\nmore"), write("token", "tok"), write("empty", "\n")
	for name, test := range map[string]struct {
		environ map[string]string
		args    []string
		code    int
		want    string
	}{
		"none":                  {nil, nil, 1, "--token-file"},
		"token of the file":     {nil, []string{"--token-file", token}, 0, ""},
		"token of the world":    {map[string]string{"ENTENTE_TAXII_TOKEN": "tok"}, nil, 0, ""},
		"password of the file":  {nil, []string{"--user", "ali", "--password-file", password}, 0, ""},
		"password of the world": {map[string]string{"ENTENTE_TAXII_PASSWORD": "sesame", "ENTENTE_TAXII_TOKEN": "x"}, []string{"--user", "ali"}, 0, ""},
		"wrong password":        {map[string]string{"ENTENTE_TAXII_PASSWORD": "x"}, []string{"--user", "ali"}, 1, "401"},
		"nobody to ask":         {nil, []string{"--user", "ali"}, 2, "password of ali is missing"},
		"an empty file":         {nil, []string{"--token-file", empty}, 1, "first line is empty"},
		"both":                  {nil, []string{"--user", "ali", "--token-file", token}, 2, "not both"},
		"password of nobody":    {nil, []string{"--password-file", password}, 2, "--user"},
		"a key alone":           {nil, []string{"--key", token}, 2, "--cert"},
		"a bad pin":             {nil, []string{"--pin", "12"}, 2, "64 digits"},
		"no time":               {nil, []string{"--timeout", "0s"}, 2, "--timeout"},
	} {
		code, out, errs := runTAXII(t, test.environ, "", append(append([]string{"discover"}, test.args...), s.URL)...)
		wantRun(t, name, code, test.code, out+errs, test.want)
	}
	code, out, errs := runTAXII(t, nil, "", "discover", "http://taxii.example.org/")
	wantRun(t, "plain http", code, 2, out+errs, "not https")
	code, out, errs = runTAXII(t, nil, "", "discover", "https://ali:sesame@127.0.0.1/")
	wantRun(t, "a password in the address", code, 2, out+errs, "histories")
	if strings.Contains(out+errs, "sesame") {
		t.Errorf("the password is shown: %s", errs)
	}
}

func TestTAXIIPull(t *testing.T) {
	s := newTAXIIServer(t)
	s.add(25)
	code, out, errs := s.taxii(t, "pull", "--page-size", "10", s.URL)
	wantRun(t, "pull", code, 0, errs, "25 objects in 3 pages", "2021-07-19T00:00:00.025Z")
	var b struct {
		Type, ID string
		Objects  []json.RawMessage
	}
	if err := json.Unmarshal([]byte(out), &b); err != nil || b.Type != "bundle" || !strings.HasPrefix(b.ID, "bundle--") || len(b.Objects) != 25 || string(b.Objects[7]) != s.objects[7] {
		t.Errorf("%d objects, %v", len(b.Objects), err)
	}
	file := filepath.Join(t.TempDir(), "x.jsonl")
	code, _, errs = s.taxii(t, "pull", "-q", "-c", "ind", "--max", "13", "-o", file, s.URL)
	lines, err := os.ReadFile(file)
	if err != nil || strings.Count(string(lines), "\n") != 13 || errs != "" {
		t.Errorf("%v, %s, %s", err, errs, lines)
	}
	wantRun(t, "pull to a file", code, 0, errs)
	code, out, errs = s.taxii(t, "pull", "--added-after", "2021-07-19T00:00:00.025Z", s.URL+"/api/collections/in/")
	wantRun(t, "nothing new", code, 0, out+errs, `{"type":"bundle","id":"bundle--`, "0 objects")
	if strings.Contains(out, "objects") {
		t.Errorf("an empty bundle has no objects: %s", out)
	}
	for _, bad := range [][]string{
		{"--added-after", "yesterday"},
		{"--page-size", "0"},
		{"--format", "xml"},
		{"--state", "x", "--format", "bundle"},
		{"--state", "x", "--max", "1"},
		{"--state", "x", "-o", "./x"},
	} {
		code, out, errs = s.taxii(t, append(append([]string{"pull"}, bad...), s.URL)...)
		wantRun(t, strings.Join(bad, " "), code, 2, out+errs)
	}
	code, out, errs = s.taxii(t, "pull", "-c", "other", s.URL)
	wantRun(t, "a collection that is not there", code, 1, out+errs, `no collection "other"`, "/api/collections/in/")
}

func TestTAXIIPullGoesOn(t *testing.T) {
	s := newTAXIIServer(t)
	s.add(5)
	dir := t.TempDir()
	out, state := filepath.Join(dir, "out.jsonl"), filepath.Join(dir, "state")
	pull := func(want int) {
		t.Helper()
		code, stdout, errs := s.taxii(t, "pull", "--page-size", "3", "--state", state, "-o", out, s.URL)
		wantRun(t, "pull", code, 0, stdout+errs)
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
		if len(lines) != want {
			t.Fatalf("%d lines, want %d:\n%s", len(lines), want, b)
		}
		for i, l := range lines {
			var o struct{ Name string }
			if json.Unmarshal([]byte(l), &o) != nil || o.Name != fmt.Sprintf("é%d", i) {
				t.Errorf("line %d: %s", i, l)
			}
		}
	}
	pull(5)
	pull(5)
	s.add(4)
	pull(9)
	// A crash within a line: the line goes, and comes back where the state does not have it.
	f, err := os.OpenFile(out, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"type":"indi`); err != nil {
		t.Fatal(err)
	}
	f.Close()
	s.add(1)
	pull(10)
	if left, _ := filepath.Glob(filepath.Join(dir, "*.part")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	// The state of another collection is not taken for this one's.
	b, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(state, bytes.ReplaceAll(b, []byte("/in/"), []byte("/other/")), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, errs := s.taxii(t, "pull", "--state", state, "-o", out, s.URL)
	wantRun(t, "another's state", code, 2, stdout+errs, "is the state of pulls from")
}

func TestTAXIIPush(t *testing.T) {
	s := newTAXIIServer(t)
	object := func(n int, more string) string {
		return fmt.Sprintf(`{"type":"identity","spec_version":"2.1","id":"identity--00000000-0000-4000-8000-%012d","created":"2021-07-19T00:00:00.000Z","modified":"2021-07-19T00:00:00.000Z","name":"n%d"%s}`, n, n, more)
	}
	red := `,"object_marking_refs":["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"]`
	partlyRed := `,"granular_markings":[{"marking_ref":"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1","selectors":["name"]}]`
	file := filepath.Join(t.TempDir(), "bundle.json")
	bundle := `{"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000000","objects":[` +
		strings.Join([]string{object(0, ""), object(1, red), object(2, partlyRed), object(3, `,"x_bad":1`), object(4, "")}, ",") + `]}`
	if err := os.WriteFile(file, []byte(bundle), 0o600); err != nil {
		t.Fatal(err)
	}
	s.refuse = "x_bad"
	code, out, errs := s.taxii(t, "push", s.URL, file)
	wantRun(t, "push", code, 1, out+errs, "2 objects taken, 1 refused, 2 kept here", "kept: identity--00000000-0000-4000-8000-000000000001: it is marked red", "refused: identity--00000000-0000-4000-8000-000000000003: not wanted")
	if len(s.got) != 2 || s.got[0] != object(0, "") || s.got[1] != object(4, "") {
		t.Errorf("the server has %q", s.got)
	}
	s.got = nil
	code, out, errs = s.taxii(t, "push", "--tlp", "red", "--format", "json", s.URL, file)
	wantRun(t, "push red", code, 1, out+errs, "4 objects taken", `"outcome":"refused","message":"not wanted"`)
	if len(s.got) != 4 || strings.Count(out, "\n") != 5 {
		t.Errorf("the server has %q\n%s", s.got, out)
	}
	s.got, s.refuse = nil, ""
	code, out, errs = runTAXII(t, map[string]string{"ENTENTE_TAXII_TOKEN": "tok"}, object(7, "")+"\n"+object(8, ""), "push", s.URL+"/api/collections/out", "-")
	wantRun(t, "push from standard input", code, 0, out+errs, "2 objects taken")
	for _, bad := range [][]string{{"--tlp", "purple", s.URL, file}, {"--batch", "0", s.URL, file}, {"--format", "xml", s.URL, file}, {s.URL, t.TempDir()}, {s.URL}} {
		code, out, errs = s.taxii(t, append([]string{"push"}, bad...)...)
		wantRun(t, strings.Join(bad, " "), code, 2, out+errs)
	}
	code, out, errs = runTAXII(t, map[string]string{"ENTENTE_TAXII_TOKEN": "tok"}, "", "push", s.URL, "-")
	wantRun(t, "nothing to push", code, 1, out+errs, "no object")
}
