package sign

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// Agent is an ssh-agent, which keeps private keys to itself and signs with them; keys on tokens it may have, too. What it
// signs is the message as it stands, which is never one that logs in somewhere: a DSSE message begins with DSSEv1, what SSH
// has signed with the length of a session's id or with SSHSIG. Each request takes a connection of its own.
type Agent struct {
	Socket  string        // path of its Unix socket: what SSH_AUTH_SOCK says
	Timeout time.Duration // for an answer, which a person may have to give; 0 is a minute
}

// AgentKey is an Ed25519 key in an agent.
type AgentKey struct {
	Key     PublicKey
	Comment string // whatever stands there, at most 256 bytes: it is for people, and nobody has checked it
}

// Why an agent has not signed.
var (
	ErrNoAgent   = errors.New("no ssh-agent answers")
	ErrAgentKey  = errors.New("the ssh-agent does not have the key")
	ErrAgentSign = errors.New("the ssh-agent has not signed")
)

// maxAgentMessage is the longest message that OpenSSH's agent takes: 256 KiB less what stands around it in the request.
const maxAgentMessage = 256<<10 - (1 + 4 + 51 + 4 + 4)

const maxComment = 256

// Keys lists the Ed25519 keys that the agent holds. A locked agent says that it has none.
func (a Agent) Keys(ctx context.Context) ([]AgentKey, error) {
	var out []AgentKey
	err := a.ask(ctx, ErrNoAgent, func(c agent.Agent) error {
		list, err := c.List()
		if err != nil {
			return err
		}
		for _, k := range list {
			if key, ok := ed25519Key(k); ok {
				out = append(out, AgentKey{key, k.Comment[:min(len(k.Comment), maxComment)]})
			}
		}
		return nil
	})
	return out, err
}

// ed25519Key is the key of an entry in an agent's list, if it is one that can sign here: certificates and keys that sign
// more than the message, as security keys do, are not.
func ed25519Key(k *agent.Key) (PublicKey, bool) {
	if k.Format != ssh.KeyAlgoED25519 {
		return PublicKey{}, false
	}
	parsed, err := ssh.ParsePublicKey(k.Blob)
	if err != nil {
		return PublicKey{}, false
	}
	public, ok := parsed.(ssh.CryptoPublicKey)
	if !ok {
		return PublicKey{}, false
	}
	b, ok := public.CryptoPublicKey().(ed25519.PublicKey)
	if !ok || len(b) != ed25519.PublicKeySize || checkPoint(b) != nil {
		return PublicKey{}, false
	}
	return PublicKey(b), true
}

// Signer signs with a key that the agent holds, for as long as ctx lasts. The error is [ErrNoAgent] or [ErrAgentKey]; those
// of its Sign are these and [ErrAgentSign], where the agent refuses, is locked, or has not answered in time.
func (a Agent) Signer(ctx context.Context, k PublicKey) (Signer, error) {
	keys, err := a.Keys(ctx)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w %.12s: it shows no Ed25519 key at all\nhint: ssh-add FILE adds one, ssh-add -X unlocks an agent that is locked", ErrAgentKey, k.ID())
	}
	for _, held := range keys {
		if held.Key == k {
			return agentSigner{ctx, a, k}, nil
		}
	}
	return nil, fmt.Errorf("%w %.12s among the %d Ed25519 keys that it shows\nhint: ssh-add FILE adds one", ErrAgentKey, k.ID(), len(keys))
}

// agentSigner keeps the context because signing has none: most that sign do not wait for anybody.
type agentSigner struct {
	ctx   context.Context
	agent Agent
	key   PublicKey
}

func (s agentSigner) Public() PublicKey { return s.key }

func (s agentSigner) Sign(message []byte) (sig []byte, err error) {
	if len(message) > maxAgentMessage {
		return nil, fmt.Errorf("%w: agents take messages of at most %d bytes, and this one has %d", ErrAgentSign, maxAgentMessage, len(message))
	}
	key, err := ssh.NewPublicKey(ed25519.PublicKey(s.key[:]))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAgentSign, err)
	}
	err = s.agent.ask(s.ctx, ErrAgentSign, func(c agent.Agent) error {
		answer, err := c.Sign(key, message)
		if err != nil {
			return fmt.Errorf("%w\nhint: it may be locked (ssh-add -X), have lost the key (ssh-add -l), or been told not to", err)
		}
		if answer.Format != ssh.KeyAlgoED25519 || !Verify(s.key, message, answer.Blob) {
			return errors.New("what came back is no signature by the key")
		}
		sig = answer.Blob
		return nil
	})
	return sig, err
}

// ask connects and asks for something. An error of it is of the kind given. Where the time is over, the connection is closed,
// and the error says so.
func (a Agent) ask(ctx context.Context, kind error, something func(agent.Agent) error) error {
	if a.Socket == "" {
		return fmt.Errorf("%w: SSH_AUTH_SOCK names none\nhint: eval $(ssh-agent) starts one", ErrNoAgent)
	}
	timeout := a.Timeout
	if timeout <= 0 {
		timeout = time.Minute
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("it has not answered within %v", timeout))
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "unix", a.Socket)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoAgent, err)
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	// What cannot be closed is asked one thing after another, without a goroutine that a strange answer could leave behind.
	err = something(agent.NewClient(struct {
		io.Reader
		io.Writer
	}{conn, conn}))
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %w", kind, context.Cause(ctx))
	}
	return fmt.Errorf("%w: %w", kind, err)
}
