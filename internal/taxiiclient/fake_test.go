package taxiiclient

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/internal/stix"
)

const fakeCollection = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"

// fake is a server of TAXII 2.1 with one API root and one collection, and with the habits that servers have.
type fake struct {
	*httptest.Server

	next      bool // it gives cursors
	noDates   bool // it does not say when objects were added
	pageLimit int  // 0: as many as are asked for
	maxLength int64
	wholesale bool                                              // one bad object makes it refuse all
	async     int                                               // how often a status is pending
	hook      func(w http.ResponseWriter, r *http.Request) bool // true: it has answered

	mu       sync.Mutex // guards what follows
	held     []heldObject
	requests []string
	posts    int
	status   map[string]*Status
	polls    int
}

type heldObject struct {
	raw   string
	id    string
	added time.Time
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{next: true, maxLength: 1 << 20, status: map[string]*Status{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

// fakeID is the identifier of the nth object.
func fakeID(n int) string { return fmt.Sprintf("indicator--00000000-0000-4000-8000-%012d", n) }

func fakeObject(n int) string {
	return fmt.Sprintf(`{"type":"indicator","spec_version":"2.1","id":%q,"created":"2021-07-19T00:00:00.000Z","modified":"2021-07-19T00:00:00.000Z","n":%d}`, fakeID(n), n)
}

func parsed(t *testing.T, raw string) *stix.Object {
	t.Helper()
	o, err := stix.Parse([]byte(raw), stix.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// hold puts n objects into the collection, perInstant of them at the same time.
func (f *fake) hold(n, perInstant int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for range n {
		i := len(f.held)
		added := time.Date(2021, 7, 19, 12, 0, 0, i/perInstant*1000, time.UTC)
		f.held = append(f.held, heldObject{fakeObject(i), fakeID(i), added})
	}
}

func (f *fake) seen() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.requests)
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.requests = append(f.requests, r.Method+" "+r.URL.RequestURI())
	f.mu.Unlock()
	if f.hook != nil && f.hook(w, r) {
		return
	}
	w.Header().Set("Content-Type", mediaType)
	if r.Header.Get("Accept") != mediaType {
		w.WriteHeader(http.StatusNotAcceptable)
		return
	}
	const col = "/api/collections/" + fakeCollection + "/"
	switch p := r.URL.Path; {
	case p == "/taxii2/":
		fmt.Fprint(w, `{"title":"Fake","default":"/api/","api_roots":["/api/","https://elsewhere.example/api/"]}`)
	case p == "/api/":
		fmt.Fprintf(w, `{"title":"Root","versions":["application/taxii+json;version=2.1"],"max_content_length":%d}`, f.maxLength)
	case p == "/api/collections/":
		fmt.Fprintf(w, `{"collections":[%s]}`, f.collection())
	case p == col:
		fmt.Fprint(w, f.collection())
	case p == col+"objects/" && r.Method == http.MethodGet:
		f.objects(w, r, false)
	case p == col+"manifest/":
		f.objects(w, r, true)
	case p == col+"objects/" && r.Method == http.MethodPost:
		f.post(w, r)
	case strings.HasPrefix(p, "/api/status/"):
		f.poll(w, strings.Trim(strings.TrimPrefix(p, "/api/status/"), "/"))
	case strings.HasSuffix(p, "/versions/"):
		fmt.Fprint(w, `{"versions":["2021-07-19T00:00:00.000Z"]}`)
	case r.Method == http.MethodDelete:
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"title":"nothing\u001b[31m here","http_status":"404"}`)
	}
}

func (f *fake) collection() string {
	return fmt.Sprintf(`{"id":%q,"title":"Indicators","alias":"ind","can_read":true,"can_write":true,"media_types":["application/stix+json;version=2.1"]}`, fakeCollection)
}

func (f *fake) objects(w http.ResponseWriter, r *http.Request, manifest bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	q := r.URL.Query()
	from := 0
	if s := q.Get("next"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		from = n
	} else if s := q.Get("added_after"); s != "" {
		after, ok := parseTimestamp(s)
		if !ok {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		for from < len(f.held) && !f.held[from].added.After(after) {
			from++
		}
	}
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil {
		limit = len(f.held)
	}
	if f.pageLimit > 0 {
		limit = min(limit, f.pageLimit)
	}
	to := min(from+limit, len(f.held))
	page := f.held[from:to]
	var parts []string
	for _, h := range page {
		if manifest {
			parts = append(parts, fmt.Sprintf(`{"id":%q,"date_added":%q,"version":"2021-07-19T00:00:00.000Z"}`, h.id, timestamp(h.added)))
		} else {
			parts = append(parts, h.raw)
		}
	}
	if len(page) > 0 && !f.noDates {
		w.Header().Set("X-TAXII-Date-Added-First", timestamp(page[0].added))
		w.Header().Set("X-TAXII-Date-Added-Last", timestamp(page[len(page)-1].added))
	}
	var b strings.Builder
	b.WriteString("{")
	if to < len(f.held) {
		b.WriteString(`"more":true,`)
		if f.next && !manifest {
			fmt.Fprintf(&b, `"next":"%d",`, to)
		}
	}
	if len(parts) > 0 {
		fmt.Fprintf(&b, `"objects":[%s]}`, strings.Join(parts, ",\n"))
	} else {
		b.WriteString(`"more":false}`)
	}
	_, _ = io.WriteString(w, b.String())
}

// post takes objects whose type is not `bad`.
func (f *fake) post(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if int64(len(body)) > f.maxLength {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	var in struct{ Objects []json.RawMessage }
	if err := json.Unmarshal(body, &in); err != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.posts++
	s := &Status{ID: fmt.Sprintf("status-%d", f.posts), Status: "complete", TotalCount: len(in.Objects)}
	var good []heldObject
	for _, raw := range in.Objects {
		var o struct{ Type, ID, Modified string }
		_ = json.Unmarshal(raw, &o)
		if o.Type == "bad" {
			s.FailureCount++
			s.Failures = append(s.Failures, StatusDetail{ID: o.ID, Version: o.Modified, Message: "bad"})
			continue
		}
		s.SuccessCount++
		good = append(good, heldObject{string(raw), o.ID, time.Now()})
	}
	if f.wholesale && s.FailureCount > 0 {
		w.WriteHeader(http.StatusUnprocessableEntity)
		fmt.Fprint(w, `{"title":"one of them is bad"}`)
		return
	}
	f.held = append(f.held, good...)
	f.status[s.ID] = s
	w.WriteHeader(http.StatusAccepted)
	if f.async > 0 {
		_ = json.NewEncoder(w).Encode(Status{ID: s.ID, Status: "pending", TotalCount: s.TotalCount, PendingCount: s.TotalCount})
		return
	}
	_ = json.NewEncoder(w).Encode(s)
}

func (f *fake) poll(w http.ResponseWriter, id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.status[id]
	if s == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if f.polls++; f.polls < f.async {
		_ = json.NewEncoder(w).Encode(Status{ID: s.ID, Status: "pending", TotalCount: s.TotalCount, PendingCount: s.TotalCount})
		return
	}
	_ = json.NewEncoder(w).Encode(s)
}

// client makes a client that loses no time between two tries.
func (f *fake) client(t *testing.T, change ...func(*Config)) *Client {
	t.Helper()
	cfg := Config{URL: f.URL, Backoff: time.Millisecond, MaxWait: 50 * time.Millisecond, TempDir: t.TempDir()}
	for _, c := range change {
		c(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func (f *fake) find(t *testing.T, c *Client) (Root, Collection) {
	t.Helper()
	root, col, err := c.Find(t.Context(), "ind", false)
	if err != nil {
		t.Fatal(err)
	}
	return root, col
}
