package exchange

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"entente/internal/store"
)

// TokenPrefix begins the secret of every token, so that one that was published by mistake is recognised.
const TokenPrefix = "ent_"

// NewToken makes the secret of a token, 256 random bits, and the hash by which the store knows it. The secret is shown once
// and kept nowhere.
func NewToken() (secret string, hash [32]byte) {
	var b [32]byte
	rand.Read(b[:]) // never fails
	secret = TokenPrefix + base64.RawURLEncoding.EncodeToString(b[:])
	return secret, sha256.Sum256([]byte(secret))
}

// CertificateKey is what the store knows the certificate of a user by: the SHA-256 of its public key in hex. A certificate
// that is renewed with the same key stays the user's.
func CertificateKey(c *x509.Certificate) string {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:])
}

// Bounds of signing in.
const (
	hashesAtOnce   = 2               // each takes 19 MiB
	hashWait       = 5 * time.Second // for one of them
	rememberedFor  = 10 * time.Second
	mostRemembered = 1000
)

// signIn is what signing in needs beside the store.
type signIn struct {
	hashing chan struct{} // a place for each password that is being hashed
	key     [32]byte      // of remembered passwords; made at start, kept nowhere

	mu         sync.Mutex
	remembered map[[32]byte]time.Time // verified passwords, until when: hashing one for each request would be all a node does
	touched    map[int64]struct{}     // tokens that were noted in this minute
	minute     time.Time
}

func newSignIn() *signIn {
	a := &signIn{hashing: make(chan struct{}, hashesAtOnce), remembered: map[[32]byte]time.Time{}, touched: map[int64]struct{}{}}
	rand.Read(a.key[:]) // never fails
	return a
}

// Anonymous is a caller without credentials.
func (s *Service) Anonymous(context.Context) (Principal, error) {
	return Principal{Roles: store.Reader, Scopes: store.ScopeRead}, nil
}

// Bearer is the caller who holds a token. The error is [ErrUnauthenticated] for a token that is unknown, revoked or expired,
// and where its user or organisation is disabled.
func (s *Service) Bearer(ctx context.Context, secret string) (Principal, error) {
	if !strings.HasPrefix(secret, TokenPrefix) || len(secret) > 100 {
		return Principal{}, fmt.Errorf("token: %w", ErrUnauthenticated)
	}
	token, user, org, err := s.st.TokenByHash(ctx, sha256.Sum256([]byte(secret)))
	if errors.Is(err, store.ErrNotFound) {
		return Principal{}, fmt.Errorf("token: %w", ErrUnauthenticated)
	}
	if err != nil {
		return Principal{}, meaning(err)
	}
	now := s.opt.Now()
	if token.Revoked || !token.Expires.IsZero() && !now.Before(token.Expires) || user.Disabled || org.Disabled {
		return Principal{}, fmt.Errorf("token: %w", ErrUnauthenticated)
	}
	if s.auth.firstInMinute(token.ID, now) {
		s.touch(ctx, token.ID, now)
	}
	p := principal(user, org)
	p.Token, p.Scopes = token.ID, token.Scopes
	return p, nil
}

// touch notes that a token was used, behind the call that used it: who reads does not wait for those who write.
func (s *Service) touch(ctx context.Context, token int64, now time.Time) {
	s.running.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditTimeout)
		defer cancel()
		if err := s.st.TouchToken(ctx, token, now); err != nil {
			s.opt.Log.LogAttrs(ctx, slog.LevelWarn, "the use of a token could not be noted", slog.Int64("token", token), slog.Any("error", err))
		}
	})
}

func principal(u store.User, o store.Org) Principal {
	return Principal{
		Caller: store.Caller{User: u.ID, Org: o.ID}, UserName: u.Name, OrgUID: o.UID, OrgName: o.Name, Roles: u.Roles, Scopes: AllScopes,
	}
}

// firstInMinute says whether a token is used for the first time in this minute, as far as this process knows.
func (a *signIn) firstInMinute(token int64, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if m := now.Truncate(time.Minute); !m.Equal(a.minute) {
		a.minute = m
		clear(a.touched)
	}
	if _, ok := a.touched[token]; ok {
		return false
	}
	a.touched[token] = struct{}{}
	return true
}

// Basic is the caller who knows a password. It takes as long for a user who is not there as for a wrong password. Hashing
// takes 19 MiB and some tens of milliseconds, so that only a few are hashed at a time ([ErrBusy] for who waits too long), and
// a password that was right is remembered for ten seconds, unless it, the user or the organisation changes.
func (s *Service) Basic(ctx context.Context, name, password string) (Principal, error) {
	return s.basic(ctx, name, password, s.auth.check)
}

// Remembered is [Service.Basic] for a password that was right a moment ago, which costs nothing to see. All others are
// [ErrUnauthenticated].
func (s *Service) Remembered(ctx context.Context, name, password string) (Principal, error) {
	return s.basic(ctx, name, password, func(_ context.Context, now time.Time, name, password, phc string) (bool, error) {
		return s.auth.recalls(s.auth.idOf(name, password, phc), now), nil
	})
}

func (s *Service) basic(ctx context.Context, name, password string, check func(ctx context.Context, now time.Time, name, password, phc string) (bool, error)) (Principal, error) {
	if len(password) > maxPassword || len(name) > maxPassword {
		return Principal{}, fmt.Errorf("password: %w", ErrUnauthenticated)
	}
	user, err := s.st.UserByName(ctx, name)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Principal{}, meaning(err)
	}
	found := err == nil && user.Password != ""
	phc := nobody
	if found {
		phc = user.Password
	}
	right, err := check(ctx, s.opt.Now(), name, password, phc)
	if err != nil {
		return Principal{}, err
	}
	if !right || !found {
		return Principal{}, fmt.Errorf("password: %w", ErrUnauthenticated)
	}
	return s.signedIn(ctx, user)
}

// signedIn is the user who has proved to be one, unless disabled.
func (s *Service) signedIn(ctx context.Context, user store.User) (Principal, error) {
	org, err := s.st.Org(ctx, user.Org)
	if err != nil {
		return Principal{}, meaning(err)
	}
	if user.Disabled || org.Disabled {
		return Principal{}, fmt.Errorf("account: %w", ErrUnauthenticated)
	}
	return principal(user, org), nil
}

// idOf is what a password that was right is remembered by.
func (a *signIn) idOf(name, password, phc string) [32]byte {
	mac := hmac.New(sha256.New, a.key[:])
	for _, part := range []string{name, password, phc} {
		mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		mac.Write([]byte(part))
	}
	return [32]byte(mac.Sum(nil))
}

// recalls says whether a password was right a moment ago.
func (a *signIn) recalls(id [32]byte, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	until, ok := a.remembered[id]
	return ok && now.Before(until)
}

// check says whether a password is that of a PHC string.
func (a *signIn) check(ctx context.Context, now time.Time, name, password, phc string) (bool, error) {
	id := a.idOf(name, password, phc)
	if a.recalls(id, now) {
		return true, nil
	}
	ctx, cancel := context.WithTimeout(ctx, hashWait)
	defer cancel()
	select {
	case a.hashing <- struct{}{}:
	case <-ctx.Done():
		return false, fmt.Errorf("too many sign in at once: %w", ErrBusy)
	}
	right := verify(phc, password)
	<-a.hashing
	if right {
		a.remember(id, now)
	}
	return right, nil
}

func (a *signIn) remember(id [32]byte, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for old, until := range a.remembered {
		if !now.Before(until) || until.Sub(now) > rememberedFor { // the clock may have gone back
			delete(a.remembered, old)
		}
	}
	if len(a.remembered) < mostRemembered {
		a.remembered[id] = now.Add(rememberedFor)
	}
}

// Certificate is the caller who has the private key of a certificate: the handshake has proved that. Which authority has
// signed it does not matter, the key is the user's; that it is valid today does.
func (s *Service) Certificate(ctx context.Context, c *x509.Certificate) (Principal, error) {
	now := s.opt.Now()
	if c == nil || now.Before(c.NotBefore) || now.After(c.NotAfter) {
		return Principal{}, fmt.Errorf("certificate: %w", ErrUnauthenticated)
	}
	user, err := s.st.UserByCert(ctx, CertificateKey(c))
	if errors.Is(err, store.ErrNotFound) {
		return Principal{}, fmt.Errorf("certificate: %w", ErrUnauthenticated)
	}
	if err != nil {
		return Principal{}, meaning(err)
	}
	return s.signedIn(ctx, user)
}
