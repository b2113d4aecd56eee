package gate

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"entente/internal/exchange"
	"entente/internal/store"
)

func post(t *testing.T, body io.Reader) (*httptest.ResponseRecorder, *http.Request) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", body)
	if _, ok := body.(*strings.Reader); !ok {
		r.ContentLength = -1
	}
	return httptest.NewRecorder(), r
}

func caller(user int64) exchange.Principal {
	return exchange.Principal{Caller: store.Caller{User: user, Org: 1}}
}

func TestBody(t *testing.T) {
	g := New(nil, Options{})
	const most = 3 * smallBody
	for _, n := range []int{0, 1, smallBody - 1, smallBody, smallBody + 1, most} {
		for _, chunked := range []bool{false, true} {
			text := strings.Repeat("x", n)
			var from io.Reader = strings.NewReader(text)
			if chunked {
				from = iotest.HalfReader(from)
			}
			w, r := post(t, from)
			body, done, err := g.Body(w, r, caller(1), most)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(body)
			if err != nil || string(got) != text {
				t.Errorf("%d bytes, chunked %v: %d bytes, %v", n, chunked, len(got), err)
			}
			done()
		}
	}
	for _, from := range []io.Reader{strings.NewReader(strings.Repeat("x", most+1)), iotest.HalfReader(strings.NewReader(strings.Repeat("x", most+1)))} {
		w, r := post(t, from)
		body, done, err := g.Body(w, r, caller(1), most)
		if err == nil {
			_, err = io.ReadAll(body)
			done()
		}
		if big, ok := errors.AsType[*http.MaxBytesError](err); !ok || big.Limit != most {
			t.Errorf("a body that is too large: %v", err)
		}
	}
	if len(g.uploads.large) != 0 || len(g.uploads.callers) != 0 {
		t.Errorf("places are not given back: %d, %v", len(g.uploads.large), g.uploads.callers)
	}
}

// TestBodiesOfOthers: one caller's bodies that do not come stop nobody else's, and end in time.
func TestBodiesOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(nil, Options{})
		const most = 4 * smallBody
		open := func(user int64, from io.Reader) (io.Reader, func(), error) {
			w, r := post(t, from)
			return g.Body(w, r, caller(user), most)
		}
		for i := range bodiesAtOnce {
			body, _, err := open(1, iotest.HalfReader(strings.NewReader(strings.Repeat("x", smallBody+10))))
			if err != nil {
				t.Fatal(err)
			}
			got := make([]byte, smallBody+1)
			_, err = io.ReadFull(body, got)
			if busy := errors.Is(err, exchange.ErrBusy); busy != (i >= largePerCaller) {
				t.Errorf("large body %d: %v", i, err)
			}
		}
		if _, _, err := open(1, strings.NewReader("{}")); !errors.Is(err, exchange.ErrBusy) {
			t.Errorf("one body more of the caller: %v", err)
		}
		began := time.Now()
		body, done, err := open(2, iotest.HalfReader(strings.NewReader(strings.Repeat("x", 2*smallBody))))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(body); err != nil || len(got) != 2*smallBody {
			t.Errorf("another caller's large body: %d bytes, %v", len(got), err)
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("another caller waited %v", waited)
		}
		done()
	})
}

// TestLargeBodiesHaveToCome: who holds the place of a large body sends it.
func TestLargeBodiesHaveToCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(nil, Options{})
		pr, pw := io.Pipe()
		go func() {
			_, _ = pw.Write(make([]byte, smallBody))
			for range 1000 {
				time.Sleep(time.Second)
				if _, err := pw.Write(make([]byte, largePace/4)); err != nil {
					return
				}
			}
		}()
		w, r := post(t, pr)
		body, done, err := g.Body(w, r, caller(1), 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		defer done()
		if _, err := io.Copy(io.Discard, body); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a body that trickles: %v", err)
		}
		_ = pr.Close()
	})
}
