package api_test

import (
	"errors"
	"net/http"
	"testing"

	"entente/internal/api"
)

// Administrators add API roots, and remove what is empty; what holds something stays.
func TestRemoval(t *testing.T) {
	w := newWorld(t, api.Options{CheckRoot: func(path string) error {
		if path == "api" {
			return errors.New("it belongs to the node itself")
		}
		return nil
	}})
	root := read[api.Root](w, w.call("root", http.MethodPost, "admin/roots", `{"path":"new","title":"New"}`, 201))
	if root.Path != "new" || root.Title != "New" {
		t.Errorf("%+v", root)
	}
	w.call("root", http.MethodPost, "admin/roots", `{"path":"new"}`, 409)
	w.call("root", http.MethodPost, "admin/roots", `{"path":"api"}`, 422)
	g := read[api.SharingGroup](w, w.call("root", http.MethodPost, "admin/groups", `{"name":"circle","owner":"`+w.alpha.UID+`"}`, 201))
	c := read[api.ManagedCollection](w, w.call("root", http.MethodPost, "admin/collections", `{"root":"new","title":"x","owner":"`+w.alpha.UID+`","group":"`+g.ID+`"}`, 201))
	w.submit(tool(1, "x", "clear"))
	for _, path := range []string{"admin/groups/" + g.ID, "admin/collections/" + w.shared.UID} {
		w.call("root", http.MethodDelete, path, "", 409)
	}
	for _, path := range []string{"admin/collections/" + c.ID, "admin/groups/" + g.ID} {
		w.call("al", http.MethodDelete, path, "", 403)
		w.call("root", http.MethodDelete, path, "", 204)
		w.call("root", http.MethodDelete, path, "", 404)
	}
	if n := get[api.Count](w, "ann", "counts").Count; n != 1 {
		t.Errorf("%d objects are left", n)
	}
	deeds := map[string]int{}
	for _, e := range get[api.Entries](w, "ann", "audit?limit=1000").Entries {
		deeds[e.Deed]++
	}
	for _, deed := range []string{"admin.root.add", "admin.collection.remove", "admin.group.remove"} {
		if deeds[deed] != 1 {
			t.Errorf("the audit log has %s %d times", deed, deeds[deed])
		}
	}
}
