package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"entente/internal/api"
	"entente/internal/store"
)

var quick = api.EventOptions{Every: 2 * time.Millisecond, Heartbeat: 20 * time.Millisecond}

// listener reads a stream of events.
type listener struct {
	w     *world
	lines chan string // of the stream; closed at its end
	close func()
}

// listen opens a stream as somebody and waits until it has told what there was.
func (w *world) listen(who, query, last string) *listener {
	w.Helper()
	ctx, cancel := context.WithCancel(w.Context())
	req := must[*http.Request](w.T)(http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/api/v1/events"+query, http.NoBody))
	req.Header.Set("Authorization", "Bearer "+w.tokens[who])
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(req) //nolint:bodyclose // close closes it
	if err != nil {
		w.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		w.Fatalf("%d %s", resp.StatusCode, resp.Header)
	}
	l := &listener{w: w, lines: make(chan string, 10_000), close: func() { cancel(); _ = resp.Body.Close() }}
	w.Cleanup(l.close)
	go func() {
		defer close(l.lines)
		in := bufio.NewScanner(resp.Body)
		for in.Scan() {
			l.lines <- in.Text()
		}
	}()
	return l
}

// next is the next event, or none where a sign of life comes first. ended says that the stream has ended.
func (l *listener) next() (e api.Event, ok, ended bool) {
	l.w.Helper()
	id, name := "", ""
	for {
		select {
		case line, open := <-l.lines:
			switch {
			case !open:
				return e, false, true
			case strings.HasPrefix(line, ":"):
				return e, false, false
			case strings.HasPrefix(line, "id: "):
				id = line[4:]
			case strings.HasPrefix(line, "event: "):
				name = line[7:]
			case strings.HasPrefix(line, "data: "):
				var all map[string]any
				if json.Unmarshal([]byte(line[6:]), &all) != nil || len(all) != 4 || json.Unmarshal([]byte(line[6:]), &e) != nil || e.Cursor != id || name != "object" {
					l.w.Fatalf("%s of %s: %s", name, id, line)
				}
				return e, true, false
			}
		case <-time.After(20 * time.Second):
			l.w.Fatal("the stream says nothing")
		}
	}
}

// hears checks the next events, and that there are no more for now.
func (l *listener) hears(want ...string) (last string) {
	l.w.Helper()
	var got []string
	for {
		e, ok, ended := l.next()
		if ended {
			l.w.Fatalf("the stream has ended after %v", got)
		}
		if ok {
			got = append(got, strings.TrimLeft(e.ID[len("tool--"):][:8], "0"))
			last = e.Cursor
			continue
		}
		if len(got) >= len(want) {
			break
		}
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		l.w.Fatalf("heard of %v, not %v", got, want)
	}
	return last
}

func (l *listener) ends() {
	l.w.Helper()
	for range 1000 {
		if e, ok, ended := l.next(); ended {
			return
		} else if ok {
			l.w.Fatalf("heard of %+v", e)
		}
	}
	l.w.Fatal("the stream goes on")
}

func TestEvents(t *testing.T) {
	w := newWorld(t, api.Options{Events: quick})
	w.submit(tool(1, "secret name", "clear"))
	ann, bea := w.listen("ann", "", ""), w.listen("bea", "", "")
	ann.hears()
	bea.hears()
	w.submit(tool(2, "a", "clear"), tool(3, "b", "amber"), tool(4, "c", "red"))
	w.submit(tool(5, "d", "green"))
	ann.hears("2", "3", "4", "5")
	last := bea.hears("2", "5")
	w.submit(tool(6, "a", "clear"))
	bea.hears("6")
	// Whoever comes again goes on after the last event, in whatever way it is said.
	for _, l := range []*listener{w.listen("bea", "", last), w.listen("bea", "?after="+last, "")} {
		l.hears("6")
	}
	w.listen("bea", "?after=beginning", "").hears("1", "2", "5", "6")
	w.listen("ann", "?after=beginning&type=tool&collection="+w.shared.UID, "").hears("1", "2", "3", "4", "5", "6")
	w.listen("ann", "?after=beginning&type=indicator", "").hears()
	for _, c := range []struct {
		who, query string
		status     int
	}{
		{"", "", 401}, {"root", "", 403}, {"bea", "?collection=x", 404}, {"bea", "?after=x", 400}, {"ann", "?after=" + last, 400}, {"bea", "?x=1", 422},
	} {
		w.call(c.who, http.MethodGet, "events"+c.query, "", c.status)
	}
}

// More than a page, in two collections: each once and in order.
func TestEventsOfManyObjects(t *testing.T) {
	w := newWorld(t, api.Options{Events: quick})
	var want []string
	for n := 1; n <= 350; n++ {
		want = append(want, fmt.Sprint(n))
	}
	l := w.listen("bea", "", "")
	l.hears()
	for from := 1; from <= 350; from += 50 {
		var objects []string
		for n := from; n < from+50; n++ {
			objects = append(objects, tool(n, "x", "clear"))
		}
		w.submit(objects...)
	}
	l.hears(want...)
	w.listen("bea", "?after=beginning", "").hears(want...)
}

// What is withdrawn while a stream runs is told no more, from the very next event on.
func TestEventsEndWithRights(t *testing.T) {
	for name, withdraw := range map[string]func(w *world) (ends bool){
		"the right to read": func(w *world) bool {
			w.must(w.st.SetRights(w.Context(), store.Rights{Collection: w.shared.ID, Org: w.beta.ID}))
			return false
		},
		"the role": func(w *world) bool {
			u := w.users["bea"]
			u.Roles = store.Auditor
			w.must(w.st.UpdateUser(w.Context(), u))
			return true
		},
		"the account": func(w *world) bool {
			u := w.users["bea"]
			u.Disabled = true
			w.must(w.st.UpdateUser(w.Context(), u))
			return true
		},
		"the organisation": func(w *world) bool {
			o := w.beta
			o.Disabled = true
			w.must(w.st.UpdateOrg(w.Context(), o))
			return true
		},
		"the token": func(w *world) bool {
			w.must(w.st.RevokeToken(w.Context(), w.ids["bea"]))
			return true
		},
		"the clearance": func(w *world) bool {
			o := w.beta
			o.Clearance = store.Clear
			w.must(w.st.UpdateOrg(w.Context(), o))
			return false
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, api.Options{Events: quick})
			l := w.listen("bea", "", "")
			l.hears()
			w.submit(tool(1, "a", "green"))
			l.hears("1")
			ends := withdraw(w)
			w.submit(tool(2, "b", "green"))
			if ends {
				l.ends()
			} else {
				l.hears()
				l.hears()
			}
		})
	}
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// A collection that the caller may read from now on is told from its beginning.
func TestEventsOfNewRights(t *testing.T) {
	w := newWorld(t, api.Options{Events: quick})
	w.must(w.st.SetRights(t.Context(), store.Rights{Collection: w.shared.ID, Org: w.beta.ID}))
	w.submit(tool(1, "a", "clear"))
	l := w.listen("bea", "", "")
	l.hears()
	w.must(w.st.SetRights(t.Context(), store.Rights{Collection: w.shared.ID, Org: w.beta.ID, Read: true}))
	w.submit(tool(2, "a", "clear"))
	l.hears("1", "2")
}

func TestStreamsAreBounded(t *testing.T) {
	w := newWorld(t, api.Options{Events: api.EventOptions{Every: time.Millisecond, Heartbeat: 5 * time.Millisecond, PerCaller: 2, Most: 3}})
	one := w.listen("ann", "", "")
	w.listen("ann", "", "")
	w.call("ann", http.MethodGet, "events", "", http.StatusTooManyRequests)
	w.listen("bea", "", "")
	w.call("al", http.MethodGet, "events", "", http.StatusServiceUnavailable)
	w.call("al", http.MethodHead, "events", "", http.StatusOK)
	one.close()
	soon(t, "the place of a stream that was closed is free", func() bool { return w.hasPlace("al") })
}

// hasPlace says whether somebody may open a stream.
func (w *world) hasPlace(who string) bool {
	w.Helper()
	req := must[*http.Request](w.T)(http.NewRequestWithContext(w.Context(), http.MethodGet, w.url+"/api/v1/events", http.NoBody))
	req.Header.Set("Authorization", "Bearer "+w.tokens[who])
	resp, err := http.DefaultClient.Do(req)
	w.must(err)
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// soon waits until something is so.
func soon(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); !so(); {
		if time.Now().After(end) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

func TestStreamsEnd(t *testing.T) {
	w := newWorld(t, api.Options{Events: quick})
	l := w.listen("ann", "", "")
	l.hears()
	w.server.Close()
	l.ends()
	w = newWorld(t, api.Options{Events: api.EventOptions{Every: time.Millisecond, Life: 30 * time.Millisecond, Heartbeat: 10 * time.Millisecond}})
	w.listen("ann", "", "").ends()
}

// A client that does not read is dropped.
func TestSlowReaders(t *testing.T) {
	w := newWorld(t, api.Options{Events: api.EventOptions{Every: time.Millisecond, Patience: 50 * time.Millisecond, PerCaller: 1}})
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(w.url, "http://"))
	w.must(err)
	defer conn.Close()
	w.must(conn.(*net.TCPConn).SetReadBuffer(1 << 10))
	fmt.Fprintf(conn, "GET /api/v1/events?after=beginning HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", w.tokens["bea"])
	if line, err := bufio.NewReaderSize(conn, 16).ReadString(' '); err != nil || line != "HTTP/1.1 " { // the stream has begun
		t.Fatal(line, err)
	}
	n := 0
	soon(t, "a client that does not read is dropped", func() bool {
		var objects []string
		for range 500 {
			n++
			objects = append(objects, tool(n, "x", "clear"))
		}
		w.submit(objects...)
		return w.hasPlace("bea")
	})
}
