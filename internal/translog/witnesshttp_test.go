package translog

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func post(t *testing.T, url string, body []byte) (status int, kind, answer string) {
	t.Helper()
	r, err := http.Post(url, "text/plain", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, r.Header.Get("Content-Type"), string(b)
}

func TestWitnessHandler(t *testing.T) {
	l, first, requests := refusals(t)
	w, _ := newTestWitness(t)
	var refused []error
	server := httptest.NewServer(w.Handler(func(_ context.Context, _ *AddCheckpoint, err error) { refused = append(refused, err) }))
	defer server.Close()
	url := server.URL + "/add-checkpoint"
	status, kind, answer := post(t, url, (&AddCheckpoint{Checkpoint: first}).Body())
	sigs, err := ParseSignatures([]byte(answer))
	if status != 200 || err != nil || len(sigs) != 1 || kind != "text/plain; charset=utf-8" {
		t.Fatalf("status %d, %s: %s", status, kind, answer)
	}
	if _, err := pick(testWitness, first, sigs); err != nil {
		t.Error(err)
	}
	client := &WitnessClient{Witness: testWitness, URL: server.URL + "/"}
	for name, r := range requests {
		refused = nil
		status, kind, answer := post(t, url, r.request.Body())
		if status != r.status || len(refused) != 1 {
			t.Errorf("%s: status %d instead of %d: %s", name, status, r.status, answer)
		}
		if status == 409 && (kind != "text/x.tlog.size" || answer != "5\n") {
			t.Errorf("%s: %s %q", name, kind, answer)
		}
		_, err := client.AddCheckpoint(context.Background(), &r.request)
		if r.status == 409 && errorSize(Cosignature{}, err) != 5 || r.status != 409 && !errors.Is(err, r.want) {
			t.Errorf("%s: the client says %v", name, err)
		}
	}
	for name, body := range map[string]string{
		"nothing":       "",
		"no checkpoint": "old 5\n\n",
		"too long":      "old 5\n\n" + strings.Repeat("x", maxRequest),
	} {
		if status, _, _ := post(t, url, []byte(body)); status != 400 {
			t.Errorf("%s: status %d", name, status)
		}
	}
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %s", r.Status)
	}
	if status, _, _ := post(t, server.URL+"/other", nil); status != 404 {
		t.Errorf("another path: %d", status)
	}
	w.Close()
	status, _, answer = post(t, url, (&AddCheckpoint{Checkpoint: l.Head()}).Body())
	if status != 500 || answer != "the witness has failed\n" {
		t.Errorf("a closed witness: %d %q", status, answer)
	}
}

func TestParseAddCheckpoint(t *testing.T) {
	hash := Hash{1}.String() + "\n"
	for _, good := range []string{
		"old 0\n\n" + exampleNote,
		"old 20852014\n" + hash + hash + "\n" + exampleNote,
		"old 20852163\n" + strings.Repeat(hash, 63) + "\n" + exampleNote,
	} {
		a, err := ParseAddCheckpoint([]byte(good))
		if err != nil || string(a.Body()) != good {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "old 0\n", "old 0\n\n", "old 0\n" + exampleNote, "old\n\n" + exampleNote, "Old 0\n\n" + exampleNote, "old  0\n\n" + exampleNote, "old 00\n\n" + exampleNote,
		"old -1\n\n" + exampleNote, "old 0 \n\n" + exampleNote, "old 0\r\n\n" + exampleNote, "\n\n" + exampleNote, exampleNote,
		"old 1152921504606846977\n\n" + exampleNote, "old 1\nAAAA\n\n" + exampleNote, "old 1\n" + hash + "\n\n" + exampleNote,
		"old 1\n" + strings.Repeat(hash, 64) + "\n" + exampleNote, "old 1\n" + hash + exampleNote,
	} {
		if _, err := ParseAddCheckpoint([]byte(bad)); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

func TestWitnessClient(t *testing.T) {
	l, _ := newTestLog(t, 3)
	request := &AddCheckpoint{Checkpoint: l.Head()}
	answers := map[string]struct {
		do   http.HandlerFunc
		want string
	}{
		"no signatures": {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello\n") }, "its answer"},
		"too long":      {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, strings.Repeat("a", maxAnswer+1)) }, "longer than it can be"},
		"endless": {func(w http.ResponseWriter, _ *http.Request) {
			for range 100 {
				if _, err := io.WriteString(w, strings.Repeat("a", 1<<16)); err != nil {
					return
				}
			}
		}, "longer than it can be"},
		"redirection": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, "307"},
		"failure": {func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "no\x1b[31m", http.StatusServiceUnavailable)
		}, `503 Service Unavailable: "no\x1b[31m"`},
		"size of another type": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "5", http.StatusConflict) }, "409"},
		"no size": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", sizeType)
			w.WriteHeader(409)
			io.WriteString(w, "-5\n")
		}, "409"},
	}
	for name, a := range answers {
		server := httptest.NewServer(a.do)
		c := &WitnessClient{Witness: testWitness, URL: server.URL}
		_, err := c.AddCheckpoint(context.Background(), request)
		if err == nil || !strings.Contains(err.Error(), a.want) {
			t.Errorf("%s: %v", name, err)
		}
		server.Close()
	}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then is it noticed that the client has gone
		<-r.Context().Done()
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	c := &WitnessClient{Witness: testWitness, URL: server.URL}
	if _, err := c.AddCheckpoint(ctx, request); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a witness that does not answer: %v", err)
	}
}
