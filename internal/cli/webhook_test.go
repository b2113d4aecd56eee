package cli

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"entente/internal/exchange"
	"entente/internal/node"
	"entente/internal/store"
)

func TestAdminWebhook(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	st, _, err := node.Prepare(ctx, node.Config{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	begun, err := node.Begin(ctx, st, node.First{})
	if err != nil {
		t.Fatal(err)
	}
	ex := exchange.New(st, exchange.Options{SealingKey: make([]byte, 32)})
	p := exchange.Principal{Caller: store.Caller{User: begun.Admin.ID, Org: begun.Organisation.ID}, Roles: begun.Admin.Roles, Scopes: exchange.AllScopes}
	h, secret, err := ex.AddWebhook(ctx, p, exchange.Webhook{URL: "https://example.org/hook"}, "")
	if err := errors.Join(err, ex.Close(ctx), st.Close()); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		t.Helper()
		var out bytes.Buffer
		env := Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }}
		if code := Run(context.WithoutCancel(ctx), append([]string{"admin", "--node", dir, "webhook"}, args...), env); code != ExitOK {
			t.Fatalf("%v: %d %s", args, code, out.String())
		}
		return out.String()
	}
	if list := run("list"); !strings.Contains(list, h.ID) || !strings.Contains(list, "https://example.org/hook") || strings.Contains(list, secret) {
		t.Error(list)
	}
	run("set", h.ID, "--disabled")
	if list := run("list", "-f", "json"); !strings.Contains(list, `"disabled":true`) {
		t.Error(list)
	}
	run("remove", h.ID)
	if list := run("list"); strings.Contains(list, h.ID) {
		t.Error(list)
	}
}
