package exchange

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"entente/internal/store"
)

// Webhook is an address that is told what was added, as far as its user may see it when it is told.
type Webhook struct {
	ID          string // UUID
	URL         string
	User        int64
	Collections []int64 // empty: every collection that the user may read
	Types       []string
	Disabled    bool
	Created     time.Time
	State       WebhookState

	number int64
	sealed []byte
	state  []byte // as it is stored
}

// WebhookState is how far a webhook has come.
type WebhookState struct {
	Places    Places    `json:"places"`
	Delivered time.Time `json:"delivered,omitzero"` // when it last took something
	Failures  int       `json:"failures,omitempty"` // since then
	Failed    time.Time `json:"failed,omitzero"`    // when the last of them was
	Error     string    `json:"error,omitempty"`    // the last of them
}

// webhookFilter is what is stored of what a webhook wants to be told of.
type webhookFilter struct {
	Collections []int64  `json:"collections,omitempty"`
	Types       []string `json:"types,omitempty"`
}

// Bounds of webhooks.
const (
	maxWebhooks  = 20 // of one user
	minSecret    = 16 // bytes
	maxSecret    = 200
	maxURL       = 2000
	secretPrefix = "whsec_"
)

// mayHook says whether a caller may have webhooks: they make the node send requests, so that readers may not.
func (p Principal) mayHook() error {
	if p.IsAnonymous() || !p.May(Read) || !p.May(Write) && !p.May(Administer) {
		return fmt.Errorf("webhooks are for analysts, publishers and those administrators who may read: %w", ErrForbidden)
	}
	return nil
}

// Webhooks are those of the caller; for administrators, all.
func (s *Service) Webhooks(ctx context.Context, p Principal) ([]Webhook, error) {
	of := p.User
	switch {
	case p.May(Administer):
		of = 0
	case p.mayHook() != nil:
		return nil, p.mayHook()
	}
	list, err := s.st.Webhooks(ctx, of)
	if err != nil {
		return nil, meaning(err)
	}
	out := make([]Webhook, 0, len(list))
	for _, h := range list {
		w, err := webhookOf(h)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

func webhookOf(h store.Webhook) (Webhook, error) {
	w := Webhook{ID: h.UID, URL: h.URL, User: h.User, Disabled: h.Disabled, Created: h.Created, number: h.ID, sealed: h.Secret, state: h.State}
	var f webhookFilter
	if err := json.Unmarshal(h.Filter, &f); err != nil {
		return w, fmt.Errorf("webhook %s: %w", h.UID, err)
	}
	w.Collections, w.Types = f.Collections, f.Types
	if err := json.Unmarshal(h.State, &w.State); err != nil {
		return w, fmt.Errorf("webhook %s: %w", h.UID, err)
	}
	return w, nil
}

// AddWebhook adds a webhook of the caller's, which is told of what is added from now on. secret is what its messages are
// signed with; where it is "" one is made, and given back this once.
func (s *Service) AddWebhook(ctx context.Context, p Principal, w Webhook, secret string) (Webhook, string, error) {
	if err := p.mayHook(); err != nil {
		return w, "", err
	}
	if err := checkURL(w.URL); err != nil {
		return w, "", err
	}
	if secret != "" && (len(secret) < minSecret || len(secret) > maxSecret) {
		return w, "", fmt.Errorf("a secret has %d to %d bytes: %w", minSecret, maxSecret, ErrBadRequest)
	}
	own, err := s.st.Webhooks(ctx, p.User)
	if err != nil {
		return w, "", meaning(err)
	}
	if len(own) >= maxWebhooks {
		return w, "", fmt.Errorf("you have %d webhooks: remove one: %w", len(own), ErrForbidden)
	}
	made := ""
	if secret == "" {
		made = secretPrefix + rand.Text()
		secret = made
	}
	at, err := s.Here(ctx, p)
	if err != nil {
		return w, "", err
	}
	h := store.Webhook{UID: newUUID(), User: p.User, URL: w.URL}
	if h.Secret, err = s.sealSecret(h, secret); err != nil {
		return w, "", err
	}
	if h.Filter, err = json.Marshal(webhookFilter{w.Collections, w.Types}); err != nil {
		return w, "", fmt.Errorf("webhook: %w", err)
	}
	if h.State, err = json.Marshal(WebhookState{Places: at}); err != nil {
		return w, "", fmt.Errorf("webhook: %w", err)
	}
	if h, err = s.st.CreateWebhook(ctx, h); err != nil {
		return w, "", meaning(err)
	}
	if w, err = webhookOf(h); err != nil {
		return w, "", err
	}
	u, _ := url.Parse(w.URL) // it was read before
	return w, made, s.Audit(ctx, p, "webhook.add", w.ID, map[string]any{"host": u.Host})
}

// checkURL says what is wrong with the address of a webhook.
func checkURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || len(text) > maxURL || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.Opaque != "":
		return fmt.Errorf("url: https://host/path of at most %d bytes: %w", maxURL, ErrBadRequest)
	case u.User != nil || u.Fragment != "":
		return fmt.Errorf("url: without a password and a fragment: the messages are signed: %w", ErrBadRequest)
	}
	return nil
}

// webhook finds one that the caller may change.
func (s *Service) webhook(ctx context.Context, p Principal, id string) (Webhook, error) {
	list, err := s.Webhooks(ctx, p)
	if err != nil {
		return Webhook{}, err
	}
	for _, w := range list {
		if w.ID == id {
			return w, nil
		}
	}
	return Webhook{}, fmt.Errorf("webhook: %w", ErrNotFound)
}

// RemoveWebhook removes a webhook of the caller's; administrators remove any.
func (s *Service) RemoveWebhook(ctx context.Context, p Principal, id string) error {
	w, err := s.webhook(ctx, p, id)
	if err != nil {
		return err
	}
	if err := s.st.DeleteWebhook(ctx, w.number); err != nil {
		return meaning(err)
	}
	return s.Audit(ctx, p, "webhook.remove", id, nil)
}

// DisableWebhook says whether a webhook rests. What is added meanwhile it is told when it rests no more.
func (s *Service) DisableWebhook(ctx context.Context, p Principal, id string, disabled bool) error {
	w, err := s.webhook(ctx, p, id)
	if err != nil {
		return err
	}
	if err := s.st.DisableWebhook(ctx, w.number, disabled); err != nil {
		return meaning(err)
	}
	return s.Audit(ctx, p, "webhook.set", id, map[string]any{"disabled": disabled})
}

// What follows is for the node, which tells the webhooks.

// OpenWebhooks are the webhooks that do not rest.
func (s *Service) OpenWebhooks(ctx context.Context) ([]Webhook, error) {
	list, err := s.st.Webhooks(ctx, 0)
	if err != nil {
		return nil, meaning(err)
	}
	var out []Webhook
	for _, h := range list {
		if h.Disabled {
			continue
		}
		w, err := webhookOf(h)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

// OpenWebhook is one of them as it is now.
func (s *Service) OpenWebhook(ctx context.Context, id string) (Webhook, error) {
	list, err := s.OpenWebhooks(ctx)
	if err != nil {
		return Webhook{}, err
	}
	for _, w := range list {
		if w.ID == id {
			return w, nil
		}
	}
	return Webhook{}, fmt.Errorf("webhook: %w", ErrNotFound)
}

// WebhookNews is what is to be told to a webhook, as far as its user may see it now, and who that is.
func (s *Service) WebhookNews(ctx context.Context, w Webhook, ends Places, limit int) (p Principal, events []Event, to Places, more bool, err error) {
	if p, err = s.Renew(ctx, Principal{Caller: store.Caller{User: w.User}, Remote: "webhook"}); err != nil {
		return p, nil, nil, false, err
	}
	if err = p.mayHook(); err != nil {
		return p, nil, nil, false, err
	}
	events, to, more, err = s.News(ctx, p, News{From: w.State.Places, Ends: ends, Collections: w.Collections, Types: w.Types, Limit: limit})
	return p, events, to, more, err
}

// MoveWebhook keeps how far a webhook has come. The error is [store.ErrConflict] where another node has told it meanwhile, or it
// is gone.
func (s *Service) MoveWebhook(ctx context.Context, w Webhook, to WebhookState) (Webhook, error) {
	state, err := json.Marshal(to)
	if err != nil {
		return w, fmt.Errorf("webhook: %w", err)
	}
	if err := s.st.MoveWebhook(ctx, w.number, w.state, state); err != nil {
		return w, meaning(err)
	}
	w.State, w.state = to, state
	return w, nil
}

// RestWebhook lets a webhook rest whose receiver wants no more.
func (s *Service) RestWebhook(ctx context.Context, w Webhook) error {
	if err := s.st.DisableWebhook(ctx, w.number, true); err != nil {
		return meaning(err)
	}
	return s.Audit(ctx, Principal{Caller: store.Caller{User: w.User}, Remote: "webhook"}, "webhook.gone", w.ID, nil)
}

// WebhookSecret is what the messages of a webhook are signed with. It fails where the node has another key than the one with
// which it was sealed.
func (s *Service) WebhookSecret(w Webhook) (string, error) {
	seal, err := s.webhookSeal()
	if err != nil {
		return "", err
	}
	b := w.sealed
	if len(b) < seal.NonceSize() {
		return "", errors.New("the secret of the webhook is damaged: remove it and add it again")
	}
	secret, err := seal.Open(nil, b[:seal.NonceSize()], b[seal.NonceSize():], []byte(w.ID+" "+w.URL))
	if err != nil {
		return "", errors.New("the secret of the webhook was sealed with another key: put that key into place, or remove the webhook and add it again")
	}
	return string(secret), nil
}

// sealSecret seals the secret of a webhook, for it and its address alone.
func (s *Service) sealSecret(h store.Webhook, secret string) ([]byte, error) {
	seal, err := s.webhookSeal()
	if err != nil {
		return nil, err
	}
	out := make([]byte, seal.NonceSize())
	rand.Read(out) // never fails
	return seal.Seal(out, out, []byte(secret), []byte(h.UID+" "+h.URL)), nil
}

func (s *Service) webhookSeal() (cipher.AEAD, error) {
	if len(s.opt.SealingKey) != 32 {
		return nil, fmt.Errorf("this node has no key to seal secrets with: %w", ErrForbidden)
	}
	block, err := aes.NewCipher(s.opt.SealingKey)
	if err != nil {
		return nil, fmt.Errorf("key of secrets: %w", err)
	}
	return cipher.NewGCM(block)
}
