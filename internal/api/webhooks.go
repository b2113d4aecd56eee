package api

import (
	"context"
	"net/http"
	"time"

	"entente/internal/exchange"
)

// Webhook is an address that is told what was added.
type Webhook struct {
	ID          string   `json:"id"`
	URL         string   `json:"url"`
	User        int64    `json:"user" doc:"Number of the account that it belongs to: it is told what that account may see"`
	Collections []string `json:"collections" doc:"Identifiers of collections, or aliases where one is added; none: all that the account may read"`
	Types       []string `json:"types" doc:"Types of objects; none: all"`
	Disabled    bool     `json:"disabled"`
	Created     string   `json:"created" format:"date-time"`
	Delivered   string   `json:"delivered,omitempty" format:"date-time" doc:"When it last took a message"`
	Failures    int      `json:"failures" doc:"Attempts in vain since then"`
	Error       string   `json:"error,omitempty" doc:"Why the last of them was"`
}

// Webhooks is a list of them.
type Webhooks struct {
	Webhooks []Webhook `json:"webhooks"`
}

// NewWebhook is a webhook to be added.
type NewWebhook struct {
	URL         string   `json:"url" minLength:"1" maxLength:"2000" doc:"https://host/path"`
	Secret      string   `json:"secret,omitempty" maxLength:"200" doc:"What messages are signed with, at least 16 characters. One is made without it"`
	Collections []string `json:"collections,omitempty" maxItems:"100"`
	Types       []string `json:"types,omitempty" maxItems:"100"`
}

// IssuedWebhook is a webhook with the secret that was made for it, which nobody can ask for again.
type IssuedWebhook struct {
	Webhook
	Secret string `json:"secret,omitempty" doc:"What messages are signed with, where the node has made it. It is in this answer and nowhere else"`
}

// WebhookChange says what to change of a webhook.
type WebhookChange struct {
	Disabled bool `json:"disabled" doc:"Whether it rests. What is added meanwhile it is told afterwards"`
}

// OfWebhook is the parameter of what is about one webhook.
type OfWebhook struct {
	Webhook string `path:"webhook" maxLength:"100" doc:"id of the webhook"`
}

func (s *Server) registerWebhooks() {
	add(s, operation{
		id: "webhooks", method: http.MethodGet, path: "webhooks", tag: "events", summary: "Webhooks of the caller; for administrators, all",
	}, s.webhooks)
	add(s, operation{
		id: "add-webhook", method: http.MethodPost, path: "webhooks", tag: "events", status: http.StatusCreated, summary: "Add a webhook, which is told what is added from now on",
		notes: "For analysts, publishers and administrators who may read. Messages are POST with JSON: webhook, delivery, and events as they are streamed, at most 100. " +
			"Entente-Signature is t=SECONDS,v1=HEX, where HEX is the HMAC-SHA256 with the secret over SECONDS, a dot and the body. An answer of 2xx takes the message; " +
			"410 disables the webhook; everything else is tried again, later and later. Each event is told at least once.",
	}, s.addWebhook)
	add(s, operation{
		id: "change-webhook", method: http.MethodPatch, path: "webhooks/{webhook}", tag: "events", summary: "Let a webhook rest, or go on",
	}, s.changeWebhook)
	add(s, operation{
		id: "remove-webhook", method: http.MethodDelete, path: "webhooks/{webhook}", tag: "events", summary: "Remove a webhook",
	}, s.removeWebhook)
}

// webhookOf writes a webhook. Collections that the caller does not know have no name here.
func webhookOf(w exchange.Webhook, known views) Webhook {
	out := Webhook{
		ID: w.ID, URL: w.URL, User: w.User, Collections: []string{}, Types: append([]string{}, w.Types...), Disabled: w.Disabled,
		Created: timestamp(w.Created), Failures: w.State.Failures, Error: w.State.Error,
	}
	for _, id := range w.Collections {
		if c, ok := known.byID[id]; ok {
			out.Collections = append(out.Collections, c.UID)
		}
	}
	if d := w.State.Delivered; !d.IsZero() {
		out.Delivered = d.UTC().Format(time.RFC3339)
	}
	return out
}

func (s *Server) webhooks(ctx context.Context, p exchange.Principal, _ *struct{}) (*body[Webhooks], error) {
	list, err := s.ex.Webhooks(ctx, p)
	if err != nil {
		return nil, err
	}
	known, err := s.views(ctx, p)
	if err != nil {
		return nil, err
	}
	out := Webhooks{Webhooks: []Webhook{}}
	for _, w := range list {
		out.Webhooks = append(out.Webhooks, webhookOf(w, known))
	}
	return &body[Webhooks]{out}, nil
}

func (s *Server) addWebhook(ctx context.Context, p exchange.Principal, in *body[NewWebhook]) (*body[IssuedWebhook], error) {
	if _, err := s.ex.Webhooks(ctx, p); err != nil { // who may have none learns nothing of the networks of the node
		return nil, err
	}
	if s.opt.CheckWebhook != nil {
		if err := s.opt.CheckWebhook(in.Body.URL); err != nil {
			return nil, newProblem(http.StatusUnprocessableEntity, "url: "+err.Error())
		}
	}
	known, err := s.views(ctx, p)
	if err != nil {
		return nil, err
	}
	w := exchange.Webhook{URL: in.Body.URL, Types: in.Body.Types}
	for _, uid := range in.Body.Collections {
		c, ok := known.named(uid)
		if !ok || !c.CanRead {
			return nil, newProblem(http.StatusUnprocessableEntity, "there is no collection "+uid)
		}
		w.Collections = append(w.Collections, c.ID)
	}
	w, secret, err := s.ex.AddWebhook(ctx, p, w, in.Body.Secret)
	return &body[IssuedWebhook]{IssuedWebhook{webhookOf(w, known), secret}}, err
}

func (s *Server) changeWebhook(ctx context.Context, p exchange.Principal, in *struct {
	OfWebhook
	Body WebhookChange
},
) (*nothing, error) {
	return nil, s.ex.DisableWebhook(ctx, p, in.Webhook, in.Body.Disabled)
}

func (s *Server) removeWebhook(ctx context.Context, p exchange.Principal, in *OfWebhook) (*nothing, error) {
	return nil, s.ex.RemoveWebhook(ctx, p, in.Webhook)
}
