package api

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"slices"
	"time"

	"entente/internal/exchange"
	"entente/internal/store"
)

// Administration. Everything here needs the role admin and, of a token, the scope admin.

func (s *Server) registerAdmin() {
	s.registerOrganisations()
	s.registerAccounts()
	s.registerTokens()
	s.registerSharing()
	s.registerRights()
}

// Organisation is whoever has accounts on the node.
type Organisation struct {
	ID        string `json:"id" doc:"Its identity in STIX"`
	Number    int64  `json:"number" doc:"What the audit log calls it"`
	Name      string `json:"name"`
	Clearance string `json:"clearance" enum:"clear,green,amber,amber+strict" doc:"The strictest label of others' objects that it may see"`
	ClientOf  string `json:"client_of,omitempty" doc:"id of the organisation whose client it is"`
	Disabled  bool   `json:"disabled" doc:"Whether its accounts are closed"`
	Created   string `json:"created" format:"date-time"`
}

// Organisations is a list of them.
type Organisations struct {
	Organisations []Organisation `json:"organisations"`
}

// NewOrganisation is an organisation to be added.
type NewOrganisation struct {
	ID        string `json:"id,omitempty" pattern:"^identity--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$" doc:"Its identity in STIX; made without it"`
	Name      string `json:"name" minLength:"1" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f]+$"`
	Clearance string `json:"clearance,omitempty" enum:"clear,green,amber,amber+strict" default:"amber"`
	ClientOf  string `json:"client_of,omitempty" maxLength:"100"`
}

// OrganisationChange says what to change of an organisation; what is absent stays.
type OrganisationChange struct {
	Name      *string `json:"name,omitempty" minLength:"1" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f]+$"`
	Clearance *string `json:"clearance,omitempty" enum:"clear,green,amber,amber+strict"`
	ClientOf  *string `json:"client_of,omitempty" maxLength:"100" doc:"Empty for none"`
	Disabled  *bool   `json:"disabled,omitempty"`
}

func (s *Server) registerOrganisations() {
	const path = "admin/organisations"
	add(s, operation{id: "organisations", method: http.MethodGet, path: path, tag: administration, summary: "All organisations"}, s.organisations)
	add(s, operation{id: "add-organisation", method: http.MethodPost, path: path, tag: administration, summary: "Add an organisation", status: http.StatusCreated}, s.addOrganisation)
	add(s, operation{id: "change-organisation", method: http.MethodPatch, path: path + "/{organisation}", tag: administration, summary: "Change an organisation"}, s.changeOrganisation)
}

// orgs are all organisations, to find one of them.
type orgs []store.Org

func (o orgs) uid(id int64) string {
	for _, org := range o {
		if org.ID == id {
			return org.UID
		}
	}
	return ""
}

// byUID finds the organisation that a body names. "" is none.
func (o orgs) byUID(uid string) (store.Org, error) {
	if uid == "" {
		return store.Org{}, nil
	}
	for _, org := range o {
		if org.UID == uid {
			return org, nil
		}
	}
	return store.Org{}, newProblem(http.StatusUnprocessableEntity, "there is no organisation "+uid)
}

func (o orgs) view(org store.Org) Organisation {
	return Organisation{
		ID: org.UID, Number: org.ID, Name: org.Name, Clearance: exchange.LabelName(org.Clearance), ClientOf: o.uid(org.ClientOf),
		Disabled: org.Disabled, Created: timestamp(org.Created),
	}
}

// orgOf is the organisation in a path.
func (s *Server) orgOf(ctx context.Context, p exchange.Principal, uid string) (store.Org, orgs, error) {
	all, err := s.ex.Orgs(ctx, p)
	if err != nil {
		return store.Org{}, nil, err
	}
	i := slices.IndexFunc(all, func(o store.Org) bool { return o.UID == uid })
	if i < 0 {
		return store.Org{}, nil, fmt.Errorf("organisation: %w", exchange.ErrNotFound)
	}
	return all[i], all, nil
}

func (s *Server) organisations(ctx context.Context, p exchange.Principal, _ *struct{}) (*body[Organisations], error) {
	all, err := s.ex.Orgs(ctx, p)
	if err != nil {
		return nil, err
	}
	out := Organisations{Organisations: make([]Organisation, 0, len(all))}
	for _, o := range all {
		out.Organisations = append(out.Organisations, orgs(all).view(o))
	}
	return &body[Organisations]{out}, nil
}

func (s *Server) addOrganisation(ctx context.Context, p exchange.Principal, in *body[NewOrganisation]) (*body[Organisation], error) {
	all, err := s.ex.Orgs(ctx, p)
	if err != nil {
		return nil, err
	}
	patron, err := orgs(all).byUID(in.Body.ClientOf)
	if err != nil {
		return nil, err
	}
	clearance, _ := exchange.LabelNamed(in.Body.Clearance) // one of the enumeration
	org, err := s.ex.AddOrg(ctx, p, store.Org{UID: in.Body.ID, Name: in.Body.Name, Clearance: clearance, ClientOf: patron.ID})
	return &body[Organisation]{orgs(all).view(org)}, err
}

func (s *Server) changeOrganisation(ctx context.Context, p exchange.Principal, in *struct {
	Organisation string `path:"organisation" maxLength:"100" doc:"id of the organisation"`
	Body         OrganisationChange
},
) (*body[Organisation], error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	org, all, err := s.orgOf(ctx, p, in.Organisation)
	if err != nil {
		return nil, err
	}
	c := in.Body
	set(&org.Name, c.Name)
	set(&org.Disabled, c.Disabled)
	if c.Clearance != nil {
		org.Clearance, _ = exchange.LabelNamed(*c.Clearance)
	}
	if c.ClientOf != nil {
		patron, err := all.byUID(*c.ClientOf)
		if err != nil {
			return nil, err
		}
		org.ClientOf = patron.ID
	}
	return &body[Organisation]{all.view(org)}, s.ex.SetOrg(ctx, p, org)
}

// set changes what a change names.
func set[T any](v, to *T) {
	if to != nil {
		*v = *to
	}
}

// Account is a person or a service.
type Account struct {
	Name         string   `json:"name"`
	Number       int64    `json:"number" doc:"What the audit log calls it"`
	Organisation string   `json:"organisation" doc:"id of its organisation"`
	Service      bool     `json:"service" doc:"Whether it is of a program or a peer"`
	Roles        []string `json:"roles"`
	Password     bool     `json:"password" doc:"Whether it has one"`
	Certificate  string   `json:"certificate,omitempty" doc:"SHA-256 of the public key of its client certificate, in hex"`
	Disabled     bool     `json:"disabled"`
	Created      string   `json:"created" format:"date-time"`
}

// Accounts is a list of them.
type Accounts struct {
	Users []Account `json:"users"`
}

// NewAccount is an account to be added.
type NewAccount struct {
	Name         string   `json:"name" minLength:"1" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f:/]+$"`
	Organisation string   `json:"organisation" maxLength:"100" doc:"id of its organisation"`
	Service      bool     `json:"service,omitempty"`
	Roles        []string `json:"roles,omitempty" maxItems:"5" doc:"reader, analyst, publisher, admin, auditor. Default: reader"`
	Password     string   `json:"password,omitempty" maxLength:"1000"`
	Certificate  string   `json:"certificate,omitempty" maxLength:"20000" doc:"Its client certificate, in PEM"`
}

// AccountChange says what to change of an account; what is absent stays.
type AccountChange struct {
	Roles       []string `json:"roles,omitempty" maxItems:"5"`
	Password    *string  `json:"password,omitempty" maxLength:"1000" doc:"Empty for none"`
	Certificate *string  `json:"certificate,omitempty" maxLength:"20000" doc:"In PEM; empty for none"`
	Disabled    *bool    `json:"disabled,omitempty"`
}

// OfUser is the parameter of what is about one account.
type OfUser struct {
	User string `path:"user" maxLength:"200" doc:"Name of the account"`
}

func (s *Server) registerAccounts() {
	const path = "admin/users"
	add(s, operation{id: "users", method: http.MethodGet, path: path, tag: administration, summary: "All accounts"}, s.users)
	add(s, operation{id: "add-user", method: http.MethodPost, path: path, tag: administration, summary: "Add an account", status: http.StatusCreated}, s.addUser)
	add(s, operation{id: "change-user", method: http.MethodPatch, path: path + "/{user}", tag: administration, summary: "Change an account"}, s.changeUser)
}

func (o orgs) account(u store.User) Account {
	return Account{
		Name: u.Name, Number: u.ID, Organisation: o.uid(u.Org), Service: u.Service, Roles: exchange.RoleNames(u.Roles), Password: u.Password != "",
		Certificate: u.Cert, Disabled: u.Disabled, Created: timestamp(u.Created),
	}
}

// userOf is the account in a path.
func (s *Server) userOf(ctx context.Context, p exchange.Principal, name string) (store.User, error) {
	all, err := s.ex.Users(ctx, p)
	if err != nil {
		return store.User{}, err
	}
	i := slices.IndexFunc(all, func(u store.User) bool { return u.Name == name })
	if i < 0 {
		return store.User{}, fmt.Errorf("account: %w", exchange.ErrNotFound)
	}
	return all[i], nil
}

func (s *Server) users(ctx context.Context, p exchange.Principal, _ *struct{}) (*body[Accounts], error) {
	all, err := s.ex.Users(ctx, p)
	if err != nil {
		return nil, err
	}
	o, err := s.ex.Orgs(ctx, p)
	if err != nil {
		return nil, err
	}
	out := Accounts{Users: make([]Account, 0, len(all))}
	for _, u := range all {
		out.Users = append(out.Users, orgs(o).account(u))
	}
	return &body[Accounts]{out}, nil
}

func (s *Server) addUser(ctx context.Context, p exchange.Principal, in *body[NewAccount]) (*body[Account], error) {
	n := in.Body
	org, all, err := s.orgOf(ctx, p, n.Organisation)
	if err != nil {
		return nil, unnamed(err, "organisation")
	}
	u := store.User{Org: org.ID, Name: n.Name, Service: n.Service, Roles: store.Reader}
	if err := secrets(&u, n.Roles, &n.Password, &n.Certificate); err != nil {
		return nil, err
	}
	u, err = s.ex.AddUser(ctx, p, u)
	return &body[Account]{all.account(u)}, err
}

func (s *Server) changeUser(ctx context.Context, p exchange.Principal, in *struct {
	OfUser
	Body AccountChange
},
) (*body[Account], error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	u, err := s.userOf(ctx, p, in.User)
	if err != nil {
		return nil, err
	}
	all, err := s.ex.Orgs(ctx, p)
	if err != nil {
		return nil, err
	}
	set(&u.Disabled, in.Body.Disabled)
	if err := secrets(&u, in.Body.Roles, in.Body.Password, in.Body.Certificate); err != nil {
		return nil, err
	}
	return &body[Account]{orgs(all).account(u)}, s.ex.SetUser(ctx, p, u)
}

// secrets sets those of an account that are not nil.
func secrets(u *store.User, roles []string, password, certificate *string) (err error) {
	if roles != nil {
		var ok bool
		if u.Roles, ok = exchange.RolesNamed(roles); !ok {
			return newProblem(http.StatusUnprocessableEntity, "roles: reader, analyst, publisher, admin, auditor")
		}
	}
	if password != nil {
		u.Password = ""
		if *password != "" {
			if u.Password, err = exchange.HashPassword(*password); err != nil {
				return newProblem(http.StatusUnprocessableEntity, err.Error())
			}
		}
	}
	if certificate != nil {
		u.Cert = ""
		if *certificate != "" {
			block, _ := pem.Decode([]byte(*certificate))
			if block == nil || block.Type != "CERTIFICATE" {
				return newProblem(http.StatusUnprocessableEntity, "certificate: a certificate in PEM")
			}
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return newProblem(http.StatusUnprocessableEntity, "certificate: "+err.Error())
			}
			u.Cert = exchange.CertificateKey(cert)
		}
	}
	return nil
}

// unnamed makes a thing that a body names in vain the caller's mistake: the path is right.
func unnamed(err error, what string) error {
	if problemOf(err).status == http.StatusNotFound {
		return newProblem(http.StatusUnprocessableEntity, "there is no such "+what)
	}
	return err
}

// Token is a bearer token, without its secret.
type Token struct {
	ID       int64    `json:"id"`
	User     string   `json:"user" doc:"Name of its account"`
	Name     string   `json:"name" doc:"What it is for"`
	Scopes   []string `json:"scopes"`
	Created  string   `json:"created" format:"date-time"`
	Expires  string   `json:"expires,omitempty" format:"date-time"`
	LastUsed string   `json:"last_used,omitempty" format:"date-time" doc:"To the minute"`
	Revoked  bool     `json:"revoked"`
}

// Tokens is a list of them.
type Tokens struct {
	Tokens []Token `json:"tokens"`
}

// NewToken is a token to be added.
type NewToken struct {
	User    string    `json:"user" maxLength:"200" doc:"Name of its account"`
	Name    string    `json:"name,omitempty" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f]*$" doc:"What it is for"`
	Scopes  []string  `json:"scopes,omitempty" maxItems:"4" doc:"read, write, admin, audit. Default: read and write"`
	Expires time.Time `json:"expires,omitzero" required:"false" doc:"When it ends; never without"`
}

// IssuedToken is a token with its secret, which nobody can ask for again.
type IssuedToken struct {
	Token
	Secret string `json:"secret" doc:"For Authorization: Bearer. It is in this answer and nowhere else"`
}

func (s *Server) registerTokens() {
	const path = "admin/tokens"
	add(s, operation{id: "tokens", method: http.MethodGet, path: path, tag: administration, summary: "All tokens, without their secrets"}, s.allTokens)
	add(s, operation{id: "add-token", method: http.MethodPost, path: path, tag: administration, summary: "Add a token", status: http.StatusCreated}, s.addToken)
	add(s, operation{id: "revoke-token", method: http.MethodDelete, path: path + "/{token}", tag: administration, summary: "End a token for good"}, s.revokeToken)
}

func tokenOf(k store.Token, user string) Token {
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return timestamp(t)
	}
	return Token{
		ID: k.ID, User: user, Name: k.Name, Scopes: exchange.ScopeNames(k.Scopes), Created: at(k.Created), Expires: at(k.Expires),
		LastUsed: at(k.LastUsed), Revoked: k.Revoked,
	}
}

func (s *Server) allTokens(ctx context.Context, p exchange.Principal, _ *struct{}) (*body[Tokens], error) {
	tokens, err := s.ex.Tokens(ctx, p)
	if err != nil {
		return nil, err
	}
	users, err := s.ex.Users(ctx, p)
	if err != nil {
		return nil, err
	}
	names := map[int64]string{}
	for _, u := range users {
		names[u.ID] = u.Name
	}
	out := Tokens{Tokens: make([]Token, 0, len(tokens))}
	for _, k := range tokens {
		out.Tokens = append(out.Tokens, tokenOf(k, names[k.User]))
	}
	return &body[Tokens]{out}, nil
}

func (s *Server) addToken(ctx context.Context, p exchange.Principal, in *body[NewToken]) (*body[IssuedToken], error) {
	n := in.Body
	user, err := s.userOf(ctx, p, n.User)
	if err != nil {
		return nil, unnamed(err, "user")
	}
	scopes := store.ScopeRead | store.ScopeWrite
	if n.Scopes != nil {
		var ok bool
		if scopes, ok = exchange.ScopesNamed(n.Scopes); !ok {
			return nil, newProblem(http.StatusUnprocessableEntity, "scopes: read, write, admin, audit")
		}
	}
	if !n.Expires.IsZero() && !n.Expires.After(s.opt.Now()) {
		return nil, newProblem(http.StatusUnprocessableEntity, "expires is over already")
	}
	secret, k, err := s.ex.AddToken(ctx, p, store.Token{User: user.ID, Name: n.Name, Scopes: scopes, Expires: n.Expires})
	return &body[IssuedToken]{IssuedToken{tokenOf(k, user.Name), secret}}, err
}

func (s *Server) revokeToken(ctx context.Context, p exchange.Principal, in *struct {
	Token int64 `path:"token" minimum:"1" doc:"Number of the token"`
},
) (*nothing, error) {
	return nil, s.ex.RevokeToken(ctx, p, in.Token)
}
