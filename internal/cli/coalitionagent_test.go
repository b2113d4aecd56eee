package cli

import (
	"bytes"
	"crypto/ed25519"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"entente/internal/coalition"
	"entente/internal/sign"
)

// A member whose key is in an ssh-agent has a card of it, and signs with it.
func TestCoalitionAgent(t *testing.T) {
	dir, err := os.MkdirTemp("", "entente") //nolint:usetesting // the path of a socket has to be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	ring := agent.NewKeyring()
	if err := ring.Add(agent.AddedKey{PrivateKey: private}); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "agent")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Skipf("no Unix sockets: %v", err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(ring, c); _ = c.Close() }()
		}
	}()
	public, err := ssh.NewPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	line := ssh.MarshalAuthorizedKey(public)
	pub := filepath.Join(dir, "id_ed25519.pub")
	if err := os.WriteFile(pub, line, 0o600); err != nil {
		t.Fatal(err)
	}
	id, err := sign.NewIdentity(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := (sign.IdentityFile{Path: filepath.Join(dir, "me.key"), Work: 10}).Create(id, storyPassphrase); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	run := func(want int, args ...string) {
		t.Helper()
		out.Reset()
		errs.Reset()
		env := Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(name string) string {
			return map[string]string{"SSH_AUTH_SOCK": socket, "ENTENTE_PASSPHRASE": storyPassphrase}[name]
		}}
		if code := Run(t.Context(), args, env); code != want {
			t.Fatalf("entente %s: code %d\n%s%s", strings.Join(args, " "), code, out.String(), errs.String())
		}
	}
	key, card, root := filepath.Join(dir, "me.key"), filepath.Join(dir, "us.card"), filepath.Join(dir, "root-1.json")
	for _, form := range []string{pub, string(line), sign.PublicKey([]byte(private.Public().(ed25519.PublicKey))).String()} {
		run(ExitOK, "coalition", "key", key, "--agent-key", form)
		got, err := sign.ParseCard(out.Bytes())
		if err != nil || got.Recipient != id.Card().Recipient || !bytes.Equal(got.Key[:], private.Public().(ed25519.PublicKey)) {
			t.Errorf("%s: the card is %s, %v", form, out.String(), err)
		}
	}
	if err := os.WriteFile(card, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	run(ExitUsage, "coalition", "key", key, "--agent-key", "id")
	run(ExitFailure, "coalition", "key", key, "--agent-key", id.Public().String()) // which the agent does not have
	run(ExitOK, "coalition", "new", "Allies", "--member", "us="+card, "--agent-key", pub, "-o", root)
	file, err := os.ReadFile(root)
	if err != nil {
		t.Fatal(err)
	}
	if f, err := coalition.ReadRootFile(file, nil); err != nil || !f.Complete() {
		t.Errorf("the agent has not signed: %+v, %v", f, err)
	}
}
