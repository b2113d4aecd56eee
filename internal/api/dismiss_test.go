package api_test

import (
	"net/http"
	"strconv"
	"testing"

	"entente/internal/api"
)

func TestDismiss(t *testing.T) {
	w := newWorld(t, api.Options{})
	w.submit(tool(1, "a", "clear"))
	w.call("ann", http.MethodPost, "collections/"+w.shared.UID+"/objects", `{"objects":[`+tool(1, "b", "clear")+`]}`, 200)
	one := "conflicts/" + strconv.FormatInt(get[api.Conflicts](w, "ann", "conflicts").Conflicts[0].Number, 10)
	w.call("root", http.MethodDelete, one, "", 403)
	w.call("bea", http.MethodDelete, one, "", 403)
	w.call("ann", http.MethodDelete, one+"0", "", 404)
	w.call("ann", http.MethodDelete, "conflicts/x", "", 422)
	w.call("ann", http.MethodDelete, one, "", 204)
	if c := get[api.Conflicts](w, "ann", "conflicts").Conflicts; len(c) != 0 {
		t.Errorf("left: %+v", c)
	}
	w.call("ann", http.MethodDelete, one, "", 404)
}
