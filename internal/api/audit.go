package api

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"

	"entente/internal/exchange"
	"entente/internal/store"
)

// Entry is an entry of the audit log.
type Entry struct {
	Seq    int64  `json:"seq"`
	At     string `json:"at" format:"date-time"`
	User   int64  `json:"user" doc:"Number of the account, 0 for nobody"`
	Org    int64  `json:"org" doc:"Number of its organisation"`
	Token  int64  `json:"token" doc:"Number of the token, 0 without"`
	Remote string `json:"remote" doc:"Address"`
	Deed   string `json:"deed"`
	Object string `json:"object"`
	Detail any    `json:"detail,omitempty"`
	Hash   string `json:"hash" doc:"SHA-256 over this entry and the hash of the one before, in hex"`
}

// Entries is a page of them.
type Entries struct {
	Entries []Entry `json:"entries"`
}

// Verification is what became of following the chain of the audit log.
type Verification struct {
	Entries int64  `json:"entries" doc:"How many there are"`
	Last    string `json:"last" doc:"Hash of the last one, in hex"`
}

func (s *Server) registerAudit() {
	add(s, operation{
		id: "audit", method: http.MethodGet, path: "audit", tag: "audit", summary: "The audit log: who did what, with which token, from where",
	}, s.audit)
	add(s, operation{
		id: "verify-audit", method: http.MethodGet, path: "audit/verification", tag: "audit", summary: "Follow the chain of the audit log from its beginning",
		notes: "500 where it is broken; the log of the node says where.",
	}, s.verifyAudit)
}

func (s *Server) audit(ctx context.Context, p exchange.Principal, in *struct {
	After  int64     `query:"after" minimum:"0" doc:"seq of the last one that is known"`
	Since  time.Time `query:"since"`
	Until  time.Time `query:"until"`
	User   int64     `query:"user" minimum:"0" doc:"Number of an account"`
	Org    int64     `query:"org" minimum:"0" doc:"Number of an organisation"`
	Deed   string    `query:"deed" maxLength:"100"`
	Object string    `query:"object" maxLength:"300"`
	Limit  int       `query:"limit" minimum:"1" default:"100"`
},
) (*body[Entries], error) {
	list, err := s.ex.AuditPage(ctx, p, store.AuditQuery{
		After: in.After, Org: in.Org, User: in.User, Deed: in.Deed, Object: in.Object, Since: in.Since, Until: in.Until, Limit: min(in.Limit, s.opt.MaxPage),
	})
	if err != nil {
		return nil, err
	}
	out := Entries{Entries: make([]Entry, 0, len(list))}
	for _, e := range list {
		entry := Entry{
			Seq: e.Seq, At: timestamp(e.At), User: e.User, Org: e.Org, Token: e.Token, Remote: e.Remote, Deed: e.Deed, Object: e.Object,
		}
		if e.Hash != [32]byte{} {
			entry.Hash = hex.EncodeToString(e.Hash[:])
		}
		if json.Valid([]byte(e.Detail)) {
			entry.Detail = json.RawMessage(e.Detail)
		}
		out.Entries = append(out.Entries, entry)
	}
	return &body[Entries]{out}, nil
}

func (s *Server) verifyAudit(ctx context.Context, p exchange.Principal, _ *struct{}) (*body[Verification], error) {
	n, last, err := s.ex.VerifyAudit(ctx, p)
	return &body[Verification]{Verification{n, hex.EncodeToString(last[:])}}, err
}
