package taxii_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"entente/internal/exchange"
	"entente/internal/gate"
	"entente/internal/node"
	"entente/internal/store"
	"entente/internal/taxii"
)

// FuzzBody posts bodies of any kind: the answer is a status whose counts add up, or an error of the client's, and what was
// told to be stored can be had, as JSON of TAXII.
func FuzzBody(f *testing.F) {
	seeds := []string{
		`{"objects":[` + indicator(1) + `]}`, `{"objects":[` + indicator(1) + `,` + malware(version3, "x") + `],"more":true}`,
		`{}`, `{"objects":[]}`, `{"objects":[1,null,"x",[],{}]}`, `[` + indicator(1) + `]`, indicator(1) + "\n" + indicator(2), "\x00", `{"objects":`,
		`{"type":"bundle","id":"bundle--11111111-0000-4000-8000-000000000001","objects":[` + indicator(3) + `]}`,
		`{"objects":[{"type":"indicator","id":"indicator--x","modified":"9999-99-99T99:99:99Z"}]}`,
		strings.Replace(`{"objects":[`+indicator(1)+`]}`, `"name"`, `"granular_markings":[{"selectors":["pattern"],"marking_ref":"x"}],"name"`, 1),
	}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	ctx := f.Context()
	st, err := store.Create(ctx, store.Config{Dir: f.TempDir()})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = st.Close() })
	ex := exchange.New(st, exchange.Options{})
	world, err := node.ReadSeed(strings.NewReader(seed()))
	if err != nil {
		f.Fatal(err)
	}
	if _, err := node.LoadSeed(ctx, st, ex, world); err != nil {
		f.Fatal(err)
	}
	server := taxii.New(ex, gate.New(ex, gate.Options{}), taxii.Options{})
	ask := func(t *testing.T, method, path, body string) *httptest.ResponseRecorder {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), method, "/trust/"+path, strings.NewReader(body))
		r.Header.Set("Accept", mediaType)
		r.Header.Set("Content-Type", mediaType)
		r.Header.Set("Authorization", "Bearer "+aliceToken)
		rec := httptest.NewRecorder()
		server.ServeHTTP(rec, r)
		return rec
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		rec := ask(t, http.MethodPost, "collections/"+empty+"/objects/", string(body))
		switch rec.Code {
		case http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
			return
		case http.StatusAccepted:
		default:
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
		if err := strictJSON(rec.Body.Bytes()); err != nil {
			t.Fatalf("%v\n%s", err, rec.Body)
		}
		var s status
		if err := json.Unmarshal(rec.Body.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		if s.Total != s.Success+s.Failure+s.Pending || len(s.Successes) != s.Success || len(s.Failures) != s.Failure {
			t.Fatalf("%+v", s)
		}
		for _, d := range s.Successes {
			got := ask(t, http.MethodGet, "collections/"+empty+"/objects/"+d.ID+"/?"+escape("match[version]", d.Version), "")
			var e envelope
			if err := json.Unmarshal(got.Body.Bytes(), &e); err != nil || got.Code != http.StatusOK || len(e.Objects) != 1 || e.Objects[0]["id"] != d.ID {
				t.Fatalf("%+v: %d %s", d, got.Code, got.Body)
			}
		}
	})
}
