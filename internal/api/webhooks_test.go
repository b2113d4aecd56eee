package api_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"entente/internal/api"
)

func TestWebhooks(t *testing.T) {
	w := newWorld(t, api.Options{CheckWebhook: func(url string) error {
		if strings.Contains(url, "//10.") {
			return errors.New("not public")
		}
		return nil
	}})
	h := read[api.IssuedWebhook](w, w.call("al", http.MethodPost, "webhooks", `{"url":"https://example.org/hook","types":["tool"],"collections":["`+w.shared.UID+`"]}`, 201))
	if len(h.Secret) < 16 || h.URL != "https://example.org/hook" || len(h.Collections) != 1 || h.Collections[0] != w.shared.UID || h.User != w.users["al"].ID {
		t.Errorf("%+v", h)
	}
	if given := read[api.IssuedWebhook](w, w.call("ann", http.MethodPost, "webhooks", `{"url":"http://example.org/","secret":"the receiver has it already"}`, 201)); given.Secret != "" {
		t.Errorf("%+v", given)
	}
	a := w.call("al", http.MethodGet, "webhooks", "", 200)
	if list := read[api.Webhooks](w, a).Webhooks; len(list) != 1 || list[0].ID != h.ID || strings.Contains(string(a.body), h.Secret) {
		t.Errorf("%s", a.body)
	}
	a = w.call("root", http.MethodGet, "webhooks", "", 200) // an administrator, who sees no collection
	if list := read[api.Webhooks](w, a).Webhooks; len(list) != 2 || strings.Contains(string(a.body), h.Secret) || strings.Contains(string(a.body), "receiver has it") {
		t.Errorf("%s", a.body)
	}
	for _, c := range []struct {
		who, body string
		status    int
	}{
		{"bea", `{"url":"https://example.org"}`, 403}, // a reader
		{"root", `{"url":"https://example.org"}`, 403},
		{"", `{"url":"https://example.org"}`, 401},
		{"al", `{"url":"https://10.0.0.1/"}`, 422},
		{"bea", `{"url":"https://10.0.0.1/"}`, 403},
		{"al", `{"url":"ftp://example.org"}`, 400},
		{"al", `{"url":"https://user:password@example.org"}`, 400},
		{"al", `{"url":"https:///path"}`, 400},
		{"al", `{"url":"https://example.org/#x"}`, 400},
		{"al", `{"url":"//example.org"}`, 400},
		{"al", `{"url":"https://example.org","secret":"short"}`, 400},
		{"al", `{"url":"https://example.org","collections":["x"]}`, 422},
		{"al", `{"url":""}`, 422},
	} {
		w.call(c.who, http.MethodPost, "webhooks", c.body, c.status)
	}
	for range 19 {
		w.call("al", http.MethodPost, "webhooks", `{"url":"https://example.org"}`, 201)
	}
	w.call("al", http.MethodPost, "webhooks", `{"url":"https://example.org"}`, 403) // enough
	w.call("al", http.MethodPatch, "webhooks/"+h.ID, `{"disabled":true}`, 204)
	if list := get[api.Webhooks](w, "al", "webhooks").Webhooks; !list[0].Disabled {
		t.Errorf("%+v", list[0])
	}
	w.call("bea", http.MethodGet, "webhooks", "", 403)
	w.call("bea", http.MethodDelete, "webhooks/"+h.ID, "", 403)
	w.call("root", http.MethodDelete, "webhooks/"+h.ID, "", 204)
	w.call("al", http.MethodDelete, "webhooks/"+h.ID, "", 404)
	w.call("al", http.MethodPatch, "webhooks/"+h.ID, `{"disabled":true}`, 404)
	var deeds []string
	for _, e := range get[api.Entries](w, "ann", "audit?limit=1000").Entries {
		deeds = append(deeds, e.Deed)
	}
	if all := strings.Join(deeds, " "); !strings.Contains(all, "webhook.add") || !strings.Contains(all, "webhook.set") || !strings.Contains(all, "webhook.remove") {
		t.Error(all)
	}
}
