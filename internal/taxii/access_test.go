package taxii_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/internal/exchange"
	"entente/internal/gate"
	"entente/internal/node"
	"entente/internal/store"
	"entente/internal/taxii"
)

// A client certificate is enough, over real TLS.
func TestCallerByCertificate(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	seeded := strings.Replace(seed(), `"users":[`, fmt.Sprintf(`"users":[{"name":"carol","organisation":"Alpha","certificate":%q},`, exchange.CertificateKey(cert)), 1)
	w, err := worldOf(t.TempDir(), seeded)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.stop)
	c := call{path: "collections/" + open + "/objects/", token: "-"}
	w.want(t, http.StatusUnauthorized, c)
	w.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
		RootCAs: w.roots, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
	}}}
	w.want(t, http.StatusOK, c)
	w.want(t, http.StatusUnauthorized, call{path: c.path, token: "ent_wrong"})
}

// Who asks too often is told so in TAXII, and how long to wait.
func TestTooManyRequests(t *testing.T) {
	st, err := store.Create(t.Context(), store.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	ex := exchange.New(st, exchange.Options{})
	world, err := node.ReadSeed(strings.NewReader(seed()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := node.LoadSeed(t.Context(), st, ex, world); err != nil {
		t.Fatal(err)
	}
	server := taxii.New(ex, gate.New(ex, gate.Options{Rate: 0.001, Burst: 2}), taxii.Options{})
	ask := func() *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/trust/", http.NoBody)
		r.Header.Set("Accept", mediaType)
		r.Header.Set("Authorization", "Bearer "+aliceToken)
		rec := httptest.NewRecorder()
		server.ServeHTTP(rec, r)
		return rec
	}
	for range 2 {
		if rec := ask(); rec.Code != http.StatusOK {
			t.Errorf("%d %s", rec.Code, rec.Body)
		}
	}
	rec := ask()
	if rec.Code != http.StatusTooManyRequests || rec.Header().Get("Retry-After") == "" || rec.Header().Get("Content-Type") != mediaType {
		t.Errorf("%d %v %s", rec.Code, rec.Header(), rec.Body)
	}
}

// While many write, walks by next and by date meet every object that was there when they began, once and in order.
func TestWalksWhileOthersWrite(t *testing.T) {
	w := fresh(t)
	var writers sync.WaitGroup
	stop := make(chan struct{})
	for n := range 3 {
		writers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					w.post(t, many, indicator(10_000*(n+1)+2*i), indicator(10_000*(n+1)+2*i+1))
				}
			}
		})
	}
	var kept []string
	for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end) || len(kept) == 0; {
		for i, got := range [][]string{
			w.walkFor(t, "collections/"+many+"/objects/", true), w.walkFor(t, "collections/"+many+"/manifest/", false),
		} {
			seen := map[string]bool{}
			for _, id := range got {
				if seen[id] {
					t.Errorf("walk %d met %s twice", i, id)
				}
				seen[id] = true
			}
			for j, id := range kept {
				if j >= len(got) || got[j] != id {
					t.Fatalf("walk %d has not %s at place %d", i, id, j)
				}
			}
			if i == 0 {
				kept = got
			}
		}
	}
	close(stop)
	writers.Wait()
}

// walkFor walks up to 60 pages, by next or by date.
func (w *world) walkFor(t *testing.T, path string, byNext bool) []string {
	t.Helper()
	var out []string
	query := ""
	for range 60 {
		r := w.want(t, http.StatusOK, call{path: path + "?limit=7" + query})
		e := r.envelope(t)
		out = append(out, e.ids()...)
		if !e.More {
			break
		}
		query = "&" + escape("added_after", r.header.Get("X-TAXII-Date-Added-Last"))
		if byNext {
			query = "&" + escape("next", e.Next)
		}
	}
	return out
}
