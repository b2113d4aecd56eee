package taxiiclient

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func badObject(n int) string { return strings.Replace(fakeObject(n), `"indicator"`, `"bad"`, 1) }

func TestPush(t *testing.T) {
	for name, test := range map[string]struct {
		set    func(*fake)
		bad    map[int]bool
		o      PushOptions
		report PushReport
	}{
		"one body":               {func(*fake) {}, nil, PushOptions{}, PushReport{Accepted: 100, Requests: 1}},
		"by number":              {func(*fake) {}, nil, PushOptions{MaxObjects: 30}, PushReport{Accepted: 100, Requests: 4}},
		"by the server's length": {func(f *fake) { f.maxLength = 2000 }, nil, PushOptions{}, PushReport{Accepted: 100, Requests: 10}},
		"later":                  {func(f *fake) { f.async = 3 }, nil, PushOptions{}, PushReport{Accepted: 100, Requests: 1}},
		"some bad":               {func(*fake) {}, map[int]bool{3: true, 77: true}, PushOptions{}, PushReport{Accepted: 98, Refused: 2, Requests: 1}},
		"some bad, later":        {func(f *fake) { f.async = 2 }, map[int]bool{3: true, 77: true}, PushOptions{}, PushReport{Accepted: 98, Refused: 2, Requests: 1}},
		"all or nothing":         {func(f *fake) { f.wholesale = true }, map[int]bool{3: true, 77: true}, PushOptions{}, PushReport{Accepted: 98, Refused: 2, Requests: 25}},
		"the server says too long": {func(f *fake) {
			f.hook = tooLong(3000)
		}, nil, PushOptions{}, PushReport{Accepted: 100, Requests: 15}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			test.set(f)
			c := f.client(t)
			root, col := f.find(t, c)
			said := map[string]PushResult{}
			test.o.Result = func(r PushResult) error {
				if _, twice := said[r.ID]; twice {
					t.Errorf("%s is reported twice", r.ID)
				}
				said[r.ID] = r
				return nil
			}
			p := c.NewPusher(root, col, test.o)
			for n := range 100 {
				raw := fakeObject(n)
				if test.bad[n] {
					raw = badObject(n)
				}
				if err := p.Add(t.Context(), parsed(t, raw)); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := p.Report(); got != test.report {
				t.Errorf("report %+v, want %+v", got, test.report)
			}
			for n := range 100 {
				r := said[fakeID(n)]
				if refused := r.Outcome == Refused; refused != test.bad[n] || refused && r.Message == "" || r.Version == "" {
					t.Errorf("object %d: %+v", n, r)
				}
			}
			if len(f.held) != int(test.report.Accepted) || f.held[0].raw != fakeObject(0) {
				t.Errorf("the server has %d objects", len(f.held))
			}
		})
	}
}

// tooLong refuses bodies that are longer than a server has said.
func tooLong(limit int64) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && r.ContentLength > limit {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return true
		}
		return false
	}
}

func TestPushOfAnObjectThatIsTooLarge(t *testing.T) {
	f := newFake(t)
	f.maxLength = 300
	c := f.client(t)
	root, col := f.find(t, c)
	var said []string
	p := c.NewPusher(root, col, PushOptions{Result: func(r PushResult) error {
		said = append(said, fmt.Sprint(r.Outcome, " ", r.Message))
		return nil
	}})
	large := strings.Replace(fakeObject(1), `"n":`, `"text":"`+strings.Repeat("x", 300)+`","n":`, 1)
	for _, raw := range []string{fakeObject(0), large, fakeObject(2)} {
		if err := p.Add(t.Context(), parsed(t, raw)); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := p.Report(); r.Accepted != 2 || r.Refused != 1 || len(f.held) != 2 {
		t.Errorf("%+v, %q", r, said)
	}
}

// A server that refuses everything is not asked about each object.
func TestPushGivesUpHalving(t *testing.T) {
	f := newFake(t)
	f.hook = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusUnprocessableEntity)
		}
		return r.Method == http.MethodPost
	}
	c := f.client(t)
	root, col := f.find(t, c)
	p := c.NewPusher(root, col, PushOptions{})
	for n := range 1000 {
		if err := p.Add(t.Context(), parsed(t, fakeObject(n))); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := p.Report(); r.Refused != 1000 || r.Requests > 1+bisections {
		t.Errorf("%+v", r)
	}
}

// What the server leaves open is unknown, not accepted.
func TestPushWithoutAnswer(t *testing.T) {
	for name, answer := range map[string]string{
		"never complete":   `{"id":"s","status":"pending","total_count":2,"success_count":0,"failure_count":0,"pending_count":2}`,
		"no body":          ``,
		"no status":        `"thanks"`,
		"unnamed failures": `{"id":"s","status":"complete","total_count":2,"success_count":1,"failure_count":1,"pending_count":0}`,
		"status unknown":   `{"id":"gone","status":"pending","total_count":2,"success_count":0,"failure_count":0,"pending_count":2}`,
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.hook = func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPost || strings.HasSuffix(r.URL.Path, "/status/s/") {
					w.Header().Set("Content-Type", mediaType)
					w.WriteHeader(http.StatusAccepted)
					_, _ = w.Write([]byte(answer))
					return true
				}
				return false
			}
			c := f.client(t)
			root, col := f.find(t, c)
			p := c.NewPusher(root, col, PushOptions{Wait: 120 * time.Millisecond})
			for n := range 2 {
				if err := p.Add(t.Context(), parsed(t, fakeObject(n))); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if r := p.Report(); r.Unknown != 2 || r.Accepted != 0 {
				t.Errorf("%+v", r)
			}
		})
	}
}

// An object without versions has the version that the server gives it.
func TestPushOfObservables(t *testing.T) {
	f := newFake(t)
	const id = "ipv4-addr--00000000-0000-4000-8000-000000000001"
	f.hook = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost {
			return false
		}
		w.Header().Set("Content-Type", mediaType)
		fmt.Fprintf(w, `{"id":"s","status":"complete","total_count":1,"success_count":0,"failure_count":1,"pending_count":0,
			"failures":[{"id":%q,"version":"2021-07-19T00:00:00.000000Z","message":"no"}]}`, id)
		return true
	}
	c := f.client(t)
	root, col := f.find(t, c)
	p := c.NewPusher(root, col, PushOptions{})
	if err := errors.Join(p.Add(t.Context(), parsed(t, `{"type":"ipv4-addr","id":"`+id+`","value":"203.0.113.1"}`)), p.Flush(t.Context())); err != nil {
		t.Fatal(err)
	}
	if r := p.Report(); r.Refused != 1 {
		t.Errorf("%+v", r)
	}
}

func TestPushIsForbidden(t *testing.T) {
	f := newFake(t)
	f.hook = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusForbidden)
		}
		return r.Method == http.MethodPost
	}
	c := f.client(t)
	root, col := f.find(t, c)
	p := c.NewPusher(root, col, PushOptions{})
	if err := p.Add(t.Context(), parsed(t, fakeObject(0))); err != nil {
		t.Fatal(err)
	}
	if e, ok := errors.AsType[*Error](p.Flush(t.Context())); !ok || e.Status != 403 {
		t.Errorf("%v", e)
	}
}
