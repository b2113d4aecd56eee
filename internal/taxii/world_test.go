package taxii_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"entente/internal/exchange"
	"entente/internal/node"
	"entente/internal/taxii"
)

const mediaType = "application/taxii+json;version=2.1"

// The collections of the world, and what alice may do with them. Bob, of another organisation, may read many and write open.
const (
	open     = "0a6f7f2e-6f2c-4b8c-9c55-0d9a1a3d7f01" // read and write
	many     = "1a6f7f2e-6f2c-4b8c-9c55-0d9a1a3d7f02" // read and write; 25 objects
	readOnly = "2a6f7f2e-6f2c-4b8c-9c55-0d9a1a3d7f03"
	dropBox  = "3a6f7f2e-6f2c-4b8c-9c55-0d9a1a3d7f04" // write alone
	hidden   = "4a6f7f2e-6f2c-4b8c-9c55-0d9a1a3d7f05" // neither
	empty    = "5a6f7f2e-6f2c-4b8c-9c55-0d9a1a3d7f06" // read and write; no objects
	public   = "6a6f7f2e-6f2c-4b8c-9c55-0d9a1a3d7f07" // everybody may read
)

// The objects of open.
const (
	malwareID  = "malware--11111111-0000-4000-8000-000000000001"   // three versions, added 2, 1, 3
	identityID = "identity--11111111-0000-4000-8000-000000000002"  // in STIX 2.0 and 2.1
	addressID  = "ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd" // without versions
	lonelyID   = "identity--11111111-0000-4000-8000-000000000005"  // in STIX 2.0 alone
)

const markingID = "marking-definition--11111111-0000-4000-8000-000000000004"

const (
	version1 = "2021-01-01T00:00:00.000Z"
	version2 = "2021-02-01T00:00:00.123456Z"
	version3 = "2021-03-01T00:00:00Z"
)

const (
	aliceToken    = "ent_alice-of-alpha-in-the-tests"
	bobToken      = "ent_bob-of-beta-in-the-tests"
	alicePassword = "correct horse battery"
	maxLength     = 60_000
	maxPage       = 10
)

func malware(modified, name string) string {
	return fmt.Sprintf(`{"type":"malware","spec_version":"2.1","id":%q,"created":%q,"modified":%q,"name":%q,"is_family":true}`,
		malwareID, version1, modified, name)
}

func indicator(n int) string {
	return fmt.Sprintf(`{"type":"indicator","spec_version":"2.1","id":"indicator--22222222-0000-4000-8000-%012x",`+
		`"created":"2021-04-01T00:00:00.000Z","modified":"2021-04-01T00:00:00.000Z","pattern":"[ipv4-addr:value = '198.51.100.%d']",`+
		`"pattern_type":"stix","valid_from":"2021-04-01T00:00:00Z"}`, n, n)
}

func added(at, object string) string { return fmt.Sprintf(`{"date_added":%q,"object":%s}`, at, object) }

func seed() string {
	openObjects := []string{
		added("2021-05-01T00:00:00.000001Z", malware(version2, "two")),
		added("2021-05-01T00:00:01Z", malware(version1, "one")),
		added("2021-05-01T00:00:02.5Z", malware(version3, "three")),
		added("2021-05-01T00:00:03Z", `{"type":"identity","id":"`+identityID+`","created":"2021-01-01T00:00:00.000Z",`+
			`"modified":"2021-01-01T00:00:00.000Z","name":"Example","identity_class":"organization"}`),
		added("2021-05-01T00:00:04Z", `{"type":"identity","spec_version":"2.1","id":"`+identityID+`","created":"2021-01-01T00:00:00.000Z",`+
			`"modified":"2021-01-01T00:00:00.000Z","name":"Example","identity_class":"organization"}`),
		added("2021-05-01T00:00:05Z", `{"type":"ipv4-addr","spec_version":"2.1","id":"`+addressID+`","value":"198.51.100.3"}`),
		added("2021-05-01T00:00:06Z", `{"type":"marking-definition","spec_version":"2.1","id":"`+markingID+`",`+
			`"created":"2021-01-05T00:00:00.000Z","definition_type":"statement","definition":{"statement":"Copyright Example"}}`),
		added("2021-05-01T00:00:07Z", `{"type":"identity","id":"`+lonelyID+`","created":"2021-01-01T00:00:00.000Z",`+
			`"modified":"2021-01-01T00:00:00.000Z","name":"Old","identity_class":"organization"}`),
	}
	var manyObjects []string
	for i := range 25 {
		manyObjects = append(manyObjects, added(fmt.Sprintf("2021-06-01T00:00:%02d.000000Z", i), indicator(i)))
	}
	slices.Reverse(manyObjects) // the order of the file is none
	collection := func(id, alias, rights, objects string) string {
		return fmt.Sprintf(`{"id":%q,"alias":%q,"title":"Collection %s",%s,"objects":[%s]}`, id, alias, alias, rights, objects)
	}
	one := added("2021-07-01T00:00:00Z", indicator(100))
	collections := strings.Join([]string{
		collection(public, "public", `"public":true,"label":"clear"`, one),
		collection(open, "open", `"read":["Alpha"],"write":["Alpha","Beta"]`, strings.Join(openObjects, ",")),
		collection(many, "many", `"read":["*"],"write":["Alpha"]`, strings.Join(manyObjects, ",")),
		collection(readOnly, "read-only", `"read":["alice"]`, one),
		collection(dropBox, "drop-box", `"write":["Alpha"]`, one),
		collection(hidden, "hidden", `"read":["Beta"],"write":["Beta"],"owner":"Beta"`, one),
		collection(empty, "empty", `"read":["Alpha"],"write":["Alpha"]`, ""),
	}, ",")
	return fmt.Sprintf(`{"format":"entente-seed/1","title":"The world","default_root":"/trust/","max_page":%d,
		"organisations":[{"name":"Alpha"},{"name":"Beta"}],
		"users":[
			{"name":"alice","organisation":"Alpha","password":%q,"token":%q},
			{"name":"bob","organisation":"Beta","token":%q}],
		"api_roots":[
			{"path":"trust","title":"Trust group","max_content_length":%d,"collections":[%s]},
			{"path":"taxii2/bare","title":"Nothing here"}]}`,
		maxPage, alicePassword, aliceToken, bobToken, maxLength, collections)
}

// world is a node that serves over TLS.
type world struct {
	base   string
	client *http.Client
	roots  *x509.CertPool
	stop   func()
}

// quietly is where the nodes of the tests log.
var quietly = slog.New(slog.DiscardHandler)

func newWorld(dir string) (*world, error) { return worldOf(dir, seed()) }

func worldOf(dir, seed string) (*world, error) {
	ctx, cancel := context.WithCancel(context.Background())
	s, err := node.ReadSeed(strings.NewReader(seed))
	if err != nil {
		cancel()
		return nil, err
	}
	cfg := node.Config{Listen: "127.0.0.1:0"}
	drop := func() {}
	if onPostgres {
		if cfg.Database, drop, err = newSchema(ctx); err != nil {
			cancel()
			return nil, err
		}
	}
	s.Configure(&cfg)
	if err := cfg.Finish(); err != nil {
		cancel()
		return nil, err
	}
	st, _, err := node.Prepare(ctx, cfg, dir)
	if err != nil {
		cancel()
		return nil, err
	}
	if _, err := node.LoadSeed(ctx, st, exchange.New(st, exchange.Options{}), s); err != nil {
		cancel()
		return nil, err
	}
	n, err := node.Listen(ctx, node.Parts{Config: cfg, Dir: dir, Store: st, Log: quietly, Version: "test"})
	if err != nil {
		cancel()
		return nil, err
	}
	served := make(chan error, 1)
	go func() { served <- n.Serve(ctx) }()
	pem, err := os.ReadFile(filepath.Join(dir, "tls-cert.pem"))
	if err != nil {
		cancel()
		return nil, err
	}
	w := &world{base: strings.TrimSuffix(n.URL(), taxii.DiscoveryPath), roots: x509.NewCertPool()}
	w.roots.AppendCertsFromPEM(pem)
	w.client = &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: w.roots}, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	w.stop = func() {
		w.client.CloseIdleConnections()
		cancel()
		<-served
		_ = st.Close()
		drop()
	}
	return w, nil
}

// postgresEnv names a PostgreSQL database: where it is set, all tests run once more, on it.
const postgresEnv = "ENTENTE_TEST_POSTGRES"

var onPostgres bool

// newSchema makes a schema of its own in the PostgreSQL of the tests, and gives the URL of a store in it.
func newSchema(ctx context.Context) (at string, drop func(), err error) {
	u, err := url.Parse(os.Getenv(postgresEnv))
	if err != nil {
		return "", nil, err
	}
	db, err := pgx.Connect(ctx, u.String())
	if err != nil {
		return "", nil, err
	}
	name := "taxii" + strconv.FormatInt(time.Now().UnixNano(), 36)
	if _, err := db.Exec(ctx, "CREATE SCHEMA "+name); err != nil {
		return "", nil, err
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String(), func() { //nolint:contextcheck // what the tests have made goes, whatever ends them
		_, _ = db.Exec(context.Background(), "DROP SCHEMA "+name+" CASCADE")
		_ = db.Close(context.Background())
	}, nil
}

// fresh is a world of the test's own, to be changed.
func fresh(t *testing.T) *world {
	t.Helper()
	w, err := newWorld(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.stop)
	return w
}

var sharedWorld func() (*world, error)

// share makes sharedWorld give one world to all, and gives what ends it.
func share() (end func()) {
	var made *world
	sharedWorld = sync.OnceValues(func() (*world, error) {
		dir, err := os.MkdirTemp("", "entente-taxii-")
		if err != nil {
			return nil, err
		}
		w, err := newWorld(dir)
		if err != nil {
			return nil, err
		}
		stop := w.stop
		w.stop = func() { stop(); _ = os.RemoveAll(dir) }
		made = w
		return w, nil
	})
	return func() {
		if made != nil {
			made.stop()
		}
	}
}

func TestMain(m *testing.M) {
	end := share()
	code := m.Run()
	end()
	if code == 0 && os.Getenv(postgresEnv) != "" {
		fmt.Println("once more, on PostgreSQL")
		onPostgres = true
		end = share()
		code = m.Run()
		end()
	}
	os.Exit(code)
}

// shared is the world of the tests that change nothing.
func shared(t *testing.T) *world {
	t.Helper()
	w, err := sharedWorld()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// call is a request to be made.
type call struct {
	method string
	path   string // with query; without a slash before it, below the API root trust
	header map[string]string
	body   string
	token  string // - is none
}

type reply struct {
	status int
	header http.Header
	body   []byte
}

// do makes a request and checks what holds for every answer.
func (w *world) do(t *testing.T, c call) reply {
	t.Helper()
	if c.method == "" {
		c.method = http.MethodGet
	}
	if !strings.HasPrefix(c.path, "/") {
		c.path = "/trust/" + c.path
	}
	req, err := http.NewRequestWithContext(t.Context(), c.method, w.base+c.path, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", mediaType)
	if c.method == http.MethodPost {
		req.Header.Set("Content-Type", mediaType)
	}
	switch c.token {
	case "":
		req.Header.Set("Authorization", "Bearer "+aliceToken)
	case "-":
	default:
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for name, value := range c.header {
		req.Header.Set(name, value)
		if value == "" {
			req.Header[http.CanonicalHeaderKey(name)] = nil
		}
	}
	res, err := w.client.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", c.method, c.path, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", c.method, c.path, err)
	}
	r := reply{status: res.StatusCode, header: res.Header, body: body}
	if problem := r.wrong(c.method); problem != "" {
		t.Errorf("%s %s: %d: %s\n%s", c.method, c.path, r.status, problem, body)
	}
	return r
}

// wrong says what is wrong with an answer, whatever was asked.
func (r reply) wrong(method string) string {
	if got := r.header.Get("Content-Type"); got != mediaType {
		return "Content-Type is " + got
	}
	if method == http.MethodHead || method == http.MethodDelete && r.status == http.StatusOK {
		if len(r.body) > 0 {
			return "there is a body"
		}
		return ""
	}
	if !utf8.Valid(r.body) {
		return "the body is not UTF-8"
	}
	if err := strictJSON(r.body); err != nil {
		return err.Error()
	}
	if r.status < 400 {
		return ""
	}
	var e map[string]any
	if err := json.Unmarshal(r.body, &e); err != nil {
		return err.Error()
	}
	if title, ok := e["title"].(string); !ok || title == "" {
		return "an error without title"
	}
	if s, ok := e["http_status"]; ok && s != strconv.Itoa(r.status) {
		return fmt.Sprintf("http_status is %v", s)
	}
	return ""
}

// strictJSON says whether a text is I-JSON: one value, no name twice, no number beyond 2^53, no empty list.
func strictJSON(text []byte) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := strictValue(dec); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return fmt.Errorf("something follows the JSON")
	}
	return nil
}

func strictValue(dec *json.Decoder) error {
	tok, err := dec.Token()
	if err != nil {
		return err
	}
	switch v := tok.(type) {
	case json.Number:
		if n, err := v.Int64(); err != nil || n > 1<<53-1 || n < -(1<<53-1) {
			return fmt.Errorf("the number %s", v)
		}
	case json.Delim:
		names, n := map[string]bool{}, 0
		for ; dec.More(); n++ {
			if v == '{' {
				name, err := dec.Token()
				if err != nil {
					return err
				}
				s := name.(string)
				if names[s] {
					return fmt.Errorf("%q stands twice", s)
				}
				names[s] = true
			}
			if err := strictValue(dec); err != nil {
				return err
			}
		}
		if v == '[' && n == 0 {
			return fmt.Errorf("a list is empty")
		}
		_, err = dec.Token()
		return err
	}
	return nil
}

func (w *world) get(t *testing.T, path string) reply {
	t.Helper()
	return w.do(t, call{path: path})
}

// want is an answer with the status.
func (w *world) want(t *testing.T, status int, c call) reply {
	t.Helper()
	r := w.do(t, c)
	if r.status != status {
		t.Errorf("%s %s: %d, want %d\n%s", orGet(c.method), c.path, r.status, status, r.body)
	}
	return r
}

func orGet(method string) string {
	if method == "" {
		return http.MethodGet
	}
	return method
}

func (r reply) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(r.body, v); err != nil {
		t.Fatalf("%v\n%s", err, r.body)
	}
}

// resource is any resource of TAXII.
func (r reply) resource(t *testing.T) map[string]any {
	t.Helper()
	var m map[string]any
	r.into(t, &m)
	return m
}

// envelope is what the objects endpoints give.
type envelope struct {
	More    bool
	Next    string
	Objects []map[string]any
}

func (r reply) envelope(t *testing.T) envelope {
	t.Helper()
	var e envelope
	r.into(t, &e)
	return e
}

// objects gets a path and gives identifier and version of what comes.
func (w *world) objects(t *testing.T, path string) []string {
	t.Helper()
	return w.want(t, http.StatusOK, call{path: path}).envelope(t).list()
}

func (e envelope) list() []string {
	out := []string{}
	for _, o := range e.Objects {
		version, ok := o["modified"].(string)
		if !ok {
			version, _ = o["created"].(string)
		}
		out = append(out, fmt.Sprint(o["id"], " ", version))
	}
	return out
}

// status is the status resource.
type status struct {
	ID           string `json:"id"`
	Status       string `json:"status"`
	Total        int    `json:"total_count"`
	Success      int    `json:"success_count"`
	Failure      int    `json:"failure_count"`
	Pending      int    `json:"pending_count"`
	Successes    []detail
	Failures     []detail
	Pendings     []detail
	RequestStamp string `json:"request_timestamp"`
}

type detail struct{ ID, Version, Message string }

// post adds objects and waits until they are.
func (w *world) post(t *testing.T, collection string, objects ...string) status {
	t.Helper()
	r := w.want(t, http.StatusAccepted, call{
		method: http.MethodPost, path: "collections/" + collection + "/objects/", body: `{"objects":[` + strings.Join(objects, ",") + `]}`,
	})
	var s status
	r.into(t, &s)
	path := "status/" + s.ID + "/"
	for end := time.Now().Add(10 * time.Second); s.Status == "pending" && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		s = status{}
		w.want(t, http.StatusOK, call{path: path}).into(t, &s)
	}
	return s
}

func sameList(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}
