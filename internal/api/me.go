package api

import (
	"context"
	"net/http"

	"entente/internal/exchange"
)

// Me says who the caller is.
type Me struct {
	User         string   `json:"user" doc:"Name of the account, empty for a caller without credentials"`
	Organisation OrgRef   `json:"organisation"`
	Roles        []string `json:"roles" doc:"reader, analyst, publisher, admin, auditor"`
	Scopes       []string `json:"scopes" doc:"What the token allows: read, write, admin, audit. All of them without a token"`
	Token        int64    `json:"token,omitempty" doc:"Number of the token"`
	May          []string `json:"may" doc:"What roles and scopes allow together: read, write, publish, administer, audit"`
}

// OrgRef names an organisation.
type OrgRef struct {
	ID   string `json:"id" doc:"Its identity in STIX"`
	Name string `json:"name"`
}

func (s *Server) registerMe() {
	add(s, operation{id: "me", method: http.MethodGet, path: "me", tag: "caller", summary: "Who am I?"}, s.me)
}

var deeds = []struct {
	name string
	deed exchange.Deed
}{
	{"read", exchange.Read}, {"write", exchange.Write}, {"publish", exchange.Publish}, {"administer", exchange.Administer}, {"audit", exchange.Audit},
}

func (s *Server) me(_ context.Context, p exchange.Principal, _ *struct{}) (*body[Me], error) {
	m := Me{
		User: p.UserName, Organisation: OrgRef{p.OrgUID, p.OrgName}, Roles: exchange.RoleNames(p.Roles), Scopes: exchange.ScopeNames(p.Scopes),
		Token: p.Token, May: []string{},
	}
	for _, d := range deeds {
		if p.May(d.deed) {
			m.May = append(m.May, d.name)
		}
	}
	return &body[Me]{m}, nil
}
