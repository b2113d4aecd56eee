package sign

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// serveAgent answers on a socket of its own until the test ends.
func serveAgent(t *testing.T, serve func(net.Conn)) Agent {
	t.Helper()
	dir, err := os.MkdirTemp("", "agent") //nolint:usetesting // a socket's path may have about 100 bytes, and t.TempDir more
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		if runtime.GOOS == "windows" {
			t.Skipf("no Unix sockets: %v", err)
		}
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer conn.Close()
				serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		running.Wait() // every connection has been closed from our side
		os.RemoveAll(dir)
	})
	return Agent{Socket: socket, Timeout: time.Minute}
}

// keyring is an agent with the keys 1 and 2, and others that cannot sign here.
func keyring(t *testing.T) agent.Agent {
	t.Helper()
	ring := agent.NewKeyring()
	strange, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private := testKey(3).private()
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert := &ssh.Certificate{Key: signer.PublicKey(), CertType: ssh.UserCert, ValidBefore: ssh.CertTimeInfinity}
	if err := cert.SignCert(rand.Reader, signer); err != nil {
		t.Fatal(err)
	}
	for _, k := range []agent.AddedKey{
		{PrivateKey: strange},
		{PrivateKey: testKey(1).private(), Comment: "first"},
		{PrivateKey: private, Certificate: cert},
		{PrivateKey: testKey(2).private(), Comment: strings.Repeat("x", 1000)},
	} {
		if err := ring.Add(k); err != nil {
			t.Fatal(err)
		}
	}
	return ring
}

func serveRing(t *testing.T, ring agent.Agent) Agent {
	t.Helper()
	return serveAgent(t, func(c net.Conn) { _ = agent.ServeAgent(ring, c) })
}

func TestAgent(t *testing.T) {
	a := serveRing(t, keyring(t))
	keys, err := a.Keys(t.Context())
	if err != nil || len(keys) != 2 {
		t.Fatalf("%v, %v", keys, err)
	}
	if keys[0] != (AgentKey{testKey(1).Public(), "first"}) || keys[1] != (AgentKey{testKey(2).Public(), strings.Repeat("x", maxComment)}) {
		t.Errorf("keys %v", keys)
	}
	s, err := a.Signer(t.Context(), testKey(2).Public())
	if err != nil {
		t.Fatal(err)
	}
	// Two signatures by the agent and one of ours make the envelope that our own three keys make.
	first, err := a.Signer(t.Context(), testKey(1).Public())
	if err != nil {
		t.Fatal(err)
	}
	got, want := mustSign(t, "payload", s, testKey(3), first), mustSign(t, "payload", testKey(1), testKey(2), testKey(3))
	if !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Errorf("%s\nwant %s", got.Bytes(), want.Bytes())
	}
	if sig, err := s.Sign(nil); err != nil || !Verify(s.Public(), nil, sig) {
		t.Errorf("nothing is not signed: %v", err)
	}
	if sig, err := s.Sign(make([]byte, maxAgentMessage)); err != nil || len(sig) != 64 {
		t.Errorf("the longest message: %v", err)
	}
	if sig, err := s.Sign(make([]byte, maxAgentMessage+1)); !errors.Is(err, ErrAgentSign) || sig != nil {
		t.Errorf("a message that is too long: %v", err)
	}
}

// The longest message makes the longest request that OpenSSH's agent takes, which has 4 bytes of length before it.
func TestLongestAgentMessage(t *testing.T) {
	length := make(chan int, 1)
	a := serveAgent(t, func(c net.Conn) {
		var size [4]byte
		if _, err := io.ReadFull(c, size[:]); err == nil {
			length <- int(binary.BigEndian.Uint32(size[:]))
		}
		_, _ = io.CopyN(io.Discard, c, 256<<10)
	})
	_, err := agentSigner{t.Context(), a, testKey(1).Public()}.Sign(make([]byte, maxAgentMessage))
	if !errors.Is(err, ErrAgentSign) {
		t.Errorf("the error is %v", err)
	}
	if got := <-length; got != 256<<10 {
		t.Errorf("the request has %d bytes", got)
	}
}

// OpenSSH's own agent, where there is one.
func TestOpenSSHAgent(t *testing.T) {
	program, err := exec.LookPath("ssh-agent")
	if err != nil {
		t.Skip("ssh-agent of OpenSSH is not installed")
	}
	dir, err := os.MkdirTemp("", "agent") //nolint:usetesting // as in serveAgent
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	run := exec.CommandContext(t.Context(), program, "-D", "-a", socket) // in the foreground, until the test ends
	if err := run.Start(); err != nil {
		t.Skipf("ssh-agent does not start: %v", err)
	}
	t.Cleanup(func() { _ = run.Wait() }) // the context is done before
	var conn net.Conn
	for range 500 {
		if conn, err = net.Dial("unix", socket); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		t.Skipf("ssh-agent does not answer: %v", err)
	}
	defer conn.Close()
	client := agent.NewClient(conn)
	if err := client.Add(agent.AddedKey{PrivateKey: testKey(1).private(), Comment: "first"}); err != nil {
		t.Fatal(err)
	}
	a := Agent{Socket: socket}
	if keys, err := a.Keys(t.Context()); err != nil || len(keys) != 1 || keys[0] != (AgentKey{testKey(1).Public(), "first"}) {
		t.Fatalf("%v, %v", keys, err)
	}
	s, err := a.Signer(t.Context(), testKey(1).Public())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := mustSign(t, "payload", s), mustSign(t, "payload", testKey(1)); !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Errorf("%s\nwant %s", got.Bytes(), want.Bytes())
	}
	if _, err := s.Sign(make([]byte, maxAgentMessage)); err != nil {
		t.Errorf("the longest message: %v", err)
	}
	if err := client.Lock([]byte("secret")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Sign(nil); !errors.Is(err, ErrAgentSign) {
		t.Errorf("locked: %v", err)
	}
	if _, err := a.Signer(t.Context(), testKey(1).Public()); !errors.Is(err, ErrAgentKey) || !strings.Contains(err.Error(), "ssh-add -X") {
		t.Errorf("locked: %v", err)
	}
}

func TestNoAgent(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, socket := range map[string]string{"none": "", "not there": filepath.Join(dir, "x"), "a file": file, "a folder": dir, "a long name": strings.Repeat("x", 5000)} {
		a := Agent{Socket: socket}
		if keys, err := a.Keys(t.Context()); !errors.Is(err, ErrNoAgent) || keys != nil {
			t.Errorf("%s: %v, %v", name, keys, err)
		}
		if s, err := a.Signer(t.Context(), testKey(1).Public()); !errors.Is(err, ErrNoAgent) || s != nil {
			t.Errorf("%s: %v, %v", name, s, err)
		}
		if sig, err := (agentSigner{t.Context(), a, testKey(1).Public()}).Sign(nil); !errors.Is(err, ErrNoAgent) || sig != nil {
			t.Errorf("%s: %v, %v", name, sig, err)
		}
	}
}

func TestAgentKeyIsMissing(t *testing.T) {
	ring := keyring(t)
	a := serveRing(t, ring)
	for _, k := range []byte{3, 4} { // a key that stands behind a certificate, and none
		if s, err := a.Signer(t.Context(), testKey(k).Public()); !errors.Is(err, ErrAgentKey) || s != nil || !strings.Contains(err.Error(), "2 Ed25519 keys") {
			t.Errorf("key %d: %v, %v", k, s, err)
		}
	}
	// It is taken away, or locked, after it was there.
	s, err := a.Signer(t.Context(), testKey(1).Public())
	if err != nil {
		t.Fatal(err)
	}
	if err := ring.Lock([]byte("secret")); err != nil {
		t.Fatal(err)
	}
	if sig, err := s.Sign([]byte("x")); !errors.Is(err, ErrAgentSign) || sig != nil || !strings.Contains(err.Error(), "locked") {
		t.Errorf("locked: %v", err)
	}
	if _, err := a.Signer(t.Context(), testKey(1).Public()); !errors.Is(err, ErrAgentKey) || !strings.Contains(err.Error(), "ssh-add -X") {
		t.Errorf("locked: %v", err)
	}
	if err := ring.Unlock([]byte("secret")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Sign([]byte("x")); err != nil {
		t.Errorf("unlocked: %v", err)
	}
	if err := ring.RemoveAll(); err != nil {
		t.Fatal(err)
	}
	if sig, err := s.Sign([]byte("x")); !errors.Is(err, ErrAgentSign) || sig != nil {
		t.Errorf("taken away: %v", err)
	}
}

// liar is an agent that signs something else.
type liar struct {
	agent.Agent
	answer func(agent.Agent, ssh.PublicKey, []byte) (*ssh.Signature, error)
}

func (l liar) Sign(k ssh.PublicKey, data []byte) (*ssh.Signature, error) {
	return l.answer(l.Agent, k, data)
}

func TestAgentAnswersWrongly(t *testing.T) {
	good, _ := testKey(1).Sign([]byte("x"))
	for name, answer := range map[string]func(agent.Agent, ssh.PublicKey, []byte) (*ssh.Signature, error){
		"refuses": func(agent.Agent, ssh.PublicKey, []byte) (*ssh.Signature, error) { return nil, errors.New("no") },
		"another message": func(a agent.Agent, k ssh.PublicKey, _ []byte) (*ssh.Signature, error) {
			return a.Sign(k, []byte("y"))
		},
		"another key": func(a agent.Agent, _ ssh.PublicKey, data []byte) (*ssh.Signature, error) {
			k, err := ssh.NewPublicKey(testKey(2).private().Public().(ed25519.PublicKey))
			if err != nil {
				return nil, err
			}
			return a.Sign(k, data)
		},
		"another format": func(agent.Agent, ssh.PublicKey, []byte) (*ssh.Signature, error) {
			return &ssh.Signature{Format: "ssh-rsa", Blob: good}, nil
		},
		"nothing": func(agent.Agent, ssh.PublicKey, []byte) (*ssh.Signature, error) {
			return &ssh.Signature{Format: ssh.KeyAlgoED25519}, nil
		},
		"more": func(agent.Agent, ssh.PublicKey, []byte) (*ssh.Signature, error) {
			return &ssh.Signature{Format: ssh.KeyAlgoED25519, Blob: append(bytes.Clone(good), 0)}, nil
		},
	} {
		a := serveRing(t, liar{keyring(t), answer})
		s, err := a.Signer(t.Context(), testKey(1).Public())
		if err != nil {
			t.Fatal(err)
		}
		if sig, err := s.Sign([]byte("x")); !errors.Is(err, ErrAgentSign) || sig != nil {
			t.Errorf("%s: %x, %v", name, sig, err)
		}
	}
}

// What speaks another language is no agent.
func TestStrangeAgents(t *testing.T) {
	list := func(n uint32, blobs ...[]byte) []byte {
		b := binary.BigEndian.AppendUint32([]byte{12}, n)
		for _, blob := range blobs {
			b = append(b, ssh.Marshal(struct {
				Blob    []byte
				Comment string
			}{blob, "c"})...)
		}
		return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
	}
	entry := func(key []byte) []byte {
		return ssh.Marshal(struct {
			Format string
			Key    []byte
		}{ssh.KeyAlgoED25519, key})
	}
	token := ssh.Marshal(struct {
		Format      string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKED25519, testKey(1).private()[32:], "ssh:"})
	weak, short := PublicKey(smallOrder[3]), make([]byte, 31)
	for name, c := range map[string]struct {
		answer []byte
		fine   bool // no key, but no error
	}{
		"closes":          {nil, false},
		"half an answer":  {[]byte{0, 0, 0, 5, 12}, false},
		"empty answer":    {[]byte{0, 0, 0, 0}, false},
		"endless answer":  {[]byte{0xff, 0xff, 0xff, 0xff, 12}, false},
		"HTTP":            {[]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), false},
		"failure":         {[]byte{0, 0, 0, 1, 5}, false},
		"success":         {[]byte{0, 0, 0, 1, 6}, false},
		"more than it is": {list(1000), false},
		"far more":        {list(1 << 31), false},
		"none":            {list(0), true},
		"weak key":        {list(1, entry(weak[:])), true},
		"short key":       {list(1, entry(short)), true},
		"security key":    {list(1, token), true},
		"key of nothing":  {list(1, entry(nil)), true},
	} {
		a := serveAgent(t, func(conn net.Conn) {
			_, _ = conn.Read(make([]byte, 100))
			_, _ = conn.Write(c.answer)
		})
		keys, err := a.Keys(t.Context())
		if len(keys) > 0 || (err == nil) != c.fine || err != nil && !errors.Is(err, ErrNoAgent) {
			t.Errorf("%s: %v, %v", name, keys, err)
		}
	}
}

// An agent that does not answer costs the time that was given, and no more; whoever stops waiting is let go at once.
func TestAgentIsSilent(t *testing.T) {
	a := serveAgent(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	a.Timeout = 20 * time.Millisecond
	if _, err := a.Keys(t.Context()); !errors.Is(err, ErrNoAgent) || !strings.Contains(err.Error(), "within 20ms") {
		t.Errorf("keys: %v", err)
	}
	s := agentSigner{t.Context(), a, testKey(1).Public()}
	if _, err := s.Sign([]byte("x")); !errors.Is(err, ErrAgentSign) || !strings.Contains(err.Error(), "within 20ms") {
		t.Errorf("sign: %v", err)
	}
	a.Timeout = 0 // a minute
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := (agentSigner{ctx, a, testKey(1).Public()}).Sign([]byte("x")); !errors.Is(err, ErrAgentSign) || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := a.Keys(ctx); !errors.Is(err, ErrNoAgent) || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
}
