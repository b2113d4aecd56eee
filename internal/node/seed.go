package node

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"entente/internal/exchange"
	"entente/internal/stix"
	"entente/internal/store"
	"entente/internal/taxii"
)

// Seed is what a new node is filled with: docs/formats/seed.md is its manual.
type Seed struct {
	Format        string             `json:"format"`
	Title         string             `json:"title"`
	Description   string             `json:"description"`
	Contact       string             `json:"contact"`
	DefaultRoot   string             `json:"default_root"`
	MaxPage       int                `json:"max_page"`
	Organisations []SeedOrganisation `json:"organisations"`
	Users         []SeedUser         `json:"users"`
	Groups        []SeedGroup        `json:"groups"`
	APIRoots      []SeedRoot         `json:"api_roots"`
}

// SeedOrganisation is an organisation.
type SeedOrganisation struct {
	Name      string `json:"name"`
	ID        string `json:"id"`
	Clearance string `json:"clearance"`
	ClientOf  string `json:"client_of"`
}

// SeedUser is an account.
type SeedUser struct {
	Name         string   `json:"name"`
	Organisation string   `json:"organisation"`
	Password     string   `json:"password"`
	Token        string   `json:"token"`
	Certificate  string   `json:"certificate"`
	Roles        []string `json:"roles"`
	Service      bool     `json:"service"`
}

// SeedGroup is a sharing group.
type SeedGroup struct {
	Name    string   `json:"name"`
	ID      string   `json:"id"`
	Owner   string   `json:"owner"`
	Members []string `json:"members"`
}

// SeedRoot is an API root.
type SeedRoot struct {
	Path             string           `json:"path"`
	Title            string           `json:"title"`
	Description      string           `json:"description"`
	MaxContentLength int64            `json:"max_content_length"`
	Collections      []SeedCollection `json:"collections"`
}

// SeedCollection is a collection with its objects.
type SeedCollection struct {
	ID          string            `json:"id"`
	Alias       string            `json:"alias"`
	Title       string            `json:"title"`
	Description string            `json:"description"`
	Owner       string            `json:"owner"`
	Label       string            `json:"label"`
	Group       string            `json:"group"`
	Public      bool              `json:"public"`
	Read        []string          `json:"read"`
	Write       []string          `json:"write"`
	Named       []string          `json:"named"`
	Objects     []json.RawMessage `json:"objects"`
}

// seedObject is one of the objects: an object of STIX, or one with what is to be known of it.
type seedObject struct {
	Type      string          `json:"type"` // of a bare object
	DateAdded string          `json:"date_added"`
	User      string          `json:"user"`
	Object    json.RawMessage `json:"object"`
}

// SeedFormat is the value of format.
const SeedFormat = "entente-seed/1"

const maxSeedFile = 1 << 30

// ReadSeed reads a seed. Properties that it does not know are an error: a typing mistake would open or close something.
func ReadSeed(r io.Reader) (Seed, error) {
	var s Seed
	limited := &io.LimitedReader{R: r, N: maxSeedFile}
	dec := json.NewDecoder(limited)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		return s, fmt.Errorf("at byte %d: %w", dec.InputOffset(), err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return s, fmt.Errorf("something follows the seed at byte %d", dec.InputOffset())
	}
	if s.Format != "" && s.Format != SeedFormat {
		return s, fmt.Errorf("the format is %q: this program reads %s", s.Format, SeedFormat)
	}
	if len(s.APIRoots) == 0 {
		return s, errors.New("api_roots is missing: a node has one at least")
	}
	return s, nil
}

// Configure sets what the seed says of the configuration.
func (s *Seed) Configure(c *Config) {
	for _, f := range []struct {
		to    *string
		value string
	}{{&c.Title, s.Title}, {&c.Description, s.Description}, {&c.Contact, s.Contact}, {&c.DefaultRoot, strings.Trim(s.DefaultRoot, "/")}} {
		if f.value != "" {
			*f.to = f.value
		}
	}
	if s.MaxPage > 0 {
		c.MaxPage = s.MaxPage
	}
}

// planter fills a store.
type planter struct {
	ctx    context.Context //nolint:containedctx // of the one call that it is made for
	st     *store.Store
	ex     *exchange.Service
	orgs   map[string]store.Org
	first  store.Org
	users  map[string]store.User
	groups map[string]store.Group
}

// LoadSeed fills a new store and says how many objects it holds. Where it fails, the store is of no use any more.
func LoadSeed(ctx context.Context, st *store.Store, ex *exchange.Service, s Seed) (objects int64, err error) {
	switch fresh, err := IsNew(ctx, st); {
	case err != nil:
		return 0, err
	case !fresh:
		return 0, fmt.Errorf("a seed is for a new node, and this one has accounts: %w", store.ErrExists)
	}
	p := &planter{ctx: ctx, st: st, ex: ex, orgs: map[string]store.Org{}, users: map[string]store.User{}, groups: map[string]store.Group{}}
	if err := p.accounts(s); err != nil {
		return 0, err
	}
	for i, r := range s.APIRoots {
		n, err := p.root(r)
		objects += n
		if err != nil {
			return objects, fmt.Errorf("api_roots/%d/%w", i, err)
		}
	}
	return objects, nil
}

func (p *planter) accounts(s Seed) error {
	for i, o := range s.Organisations {
		if err := p.organisation(o); err != nil {
			return fmt.Errorf("organisations/%d: %w", i, err)
		}
	}
	for i, u := range s.Users {
		if err := p.user(u); err != nil {
			return fmt.Errorf("users/%d: %w", i, err)
		}
	}
	if len(p.orgs) == 0 {
		if err := p.organisation(SeedOrganisation{Name: "Own organisation"}); err != nil {
			return err
		}
	}
	for i, o := range s.Organisations {
		if o.ClientOf == "" {
			continue
		}
		of, ok := p.orgs[o.ClientOf]
		if !ok {
			return fmt.Errorf("organisations/%d/client_of: there is no organisation %q", i, o.ClientOf)
		}
		org := p.orgs[o.Name]
		org.ClientOf = of.ID
		if err := p.st.UpdateOrg(p.ctx, org); err != nil {
			return fmt.Errorf("organisations/%d/client_of: %w", i, err)
		}
	}
	for i, g := range s.Groups {
		if err := p.group(g); err != nil {
			return fmt.Errorf("groups/%d: %w", i, err)
		}
	}
	return nil
}

func (p *planter) organisation(o SeedOrganisation) error {
	if o.Name == "" {
		return errors.New("name is missing")
	}
	clearance, err := label(o.Clearance, store.Amber)
	if err != nil {
		return fmt.Errorf("clearance: %w", err)
	}
	org, err := p.st.CreateOrg(p.ctx, store.Org{UID: o.ID, Name: o.Name, Clearance: clearance})
	if err != nil {
		return err
	}
	if len(p.orgs) == 0 {
		p.first = org
	}
	p.orgs[o.Name] = org
	return nil
}

func (p *planter) user(u SeedUser) error {
	if u.Name == "" {
		return errors.New("name is missing")
	}
	if u.Organisation == "" { // an organisation of its own, so that it can have rights of its own
		u.Organisation = u.Name
		if _, ok := p.orgs[u.Name]; !ok {
			if err := p.organisation(SeedOrganisation{Name: u.Name}); err != nil {
				return err
			}
		}
	}
	org, ok := p.orgs[u.Organisation]
	if !ok {
		return fmt.Errorf("organisation: there is no organisation %q", u.Organisation)
	}
	roles, err := rolesOf(u.Roles)
	if err != nil {
		return fmt.Errorf("roles: %w", err)
	}
	user := store.User{Org: org.ID, Name: u.Name, Service: u.Service, Roles: roles, Cert: strings.ToLower(u.Certificate)}
	if u.Password != "" {
		if user.Password, err = exchange.HashAnyPassword(u.Password); err != nil {
			return fmt.Errorf("password: %w", err)
		}
	}
	if user, err = p.st.CreateUser(p.ctx, user); err != nil {
		return err
	}
	p.users[u.Name] = user
	if u.Token == "" {
		return nil
	}
	if !strings.HasPrefix(u.Token, exchange.TokenPrefix) {
		return fmt.Errorf("token: tokens begin with %s", exchange.TokenPrefix)
	}
	_, err = p.st.CreateToken(p.ctx, store.Token{User: user.ID, Name: "seed", Hash: sha256.Sum256([]byte(u.Token)), Scopes: exchange.AllScopes})
	return err
}

func (p *planter) group(g SeedGroup) error {
	owner, err := p.org(g.Owner)
	if err != nil {
		return fmt.Errorf("owner: %w", err)
	}
	made, err := p.st.CreateGroup(p.ctx, store.Group{UID: g.ID, Name: g.Name, Owner: owner.ID})
	if err != nil {
		return err
	}
	p.groups[g.Name] = made
	for _, name := range g.Members {
		org, err := p.org(name)
		if err != nil {
			return fmt.Errorf("members: %w", err)
		}
		if err := p.st.AddMember(p.ctx, made.ID, org.ID); err != nil {
			return err
		}
	}
	return nil
}

// org is the organisation with a name, that of the user with it, or the first of all without one.
func (p *planter) org(name string) (store.Org, error) {
	if name == "" {
		return p.first, nil
	}
	if org, ok := p.orgs[name]; ok {
		return org, nil
	}
	if user, ok := p.users[name]; ok {
		return p.st.Org(p.ctx, user.Org)
	}
	return store.Org{}, fmt.Errorf("there is no organisation or user %q", name)
}

func (p *planter) root(r SeedRoot) (objects int64, err error) {
	path := strings.Trim(r.Path, "/")
	if !taxii.ValidRootPath(path) {
		return 0, fmt.Errorf("path: %q cannot be the path of an API root", r.Path)
	}
	if r.MaxContentLength < 0 {
		return 0, fmt.Errorf("max_content_length: %d is below 0", r.MaxContentLength)
	}
	root, err := p.st.CreateRoot(p.ctx, store.Root{Path: path, Title: r.Title, Description: r.Description, MaxContentLength: r.MaxContentLength})
	if err != nil {
		return 0, err
	}
	for i, c := range r.Collections {
		n, err := p.collection(root, c)
		objects += n
		if err != nil {
			return objects, fmt.Errorf("collections/%d/%w", i, err)
		}
	}
	return objects, nil
}

func (p *planter) collection(root store.Root, c SeedCollection) (objects int64, err error) {
	if c.Owner == "" && len(c.Write) > 0 && c.Write[0] != everybody {
		c.Owner = c.Write[0] // whose own objects they then are, so that it may delete them
	}
	owner, err := p.org(c.Owner)
	if err != nil {
		return 0, fmt.Errorf("owner: %w", err)
	}
	l, err := label(c.Label, store.Amber)
	if err != nil {
		return 0, fmt.Errorf("label: %w", err)
	}
	if c.ID != "" && !isUUID(c.ID) {
		return 0, fmt.Errorf("id: %q is no UUID", c.ID)
	}
	coll := store.Collection{
		UID: strings.ToLower(c.ID), Root: root.ID, Alias: c.Alias, Title: c.Title, Description: c.Description,
		Owner: owner.ID, Label: l, Public: c.Public,
	}
	if c.Group != "" {
		g, ok := p.groups[c.Group]
		if !ok {
			return 0, fmt.Errorf("group: there is no sharing group %q", c.Group)
		}
		coll.Group = g.ID
	}
	if coll, err = p.st.CreateCollection(p.ctx, coll); err != nil {
		return 0, fmt.Errorf("id: %w", err)
	}
	if err := p.rights(coll, c); err != nil {
		return 0, err
	}
	return p.objects(coll, owner, c.Objects)
}

// everybody stands for all organisations in lists of rights.
const everybody = "*"

func (p *planter) rights(coll store.Collection, c SeedCollection) error {
	rights := map[int64]store.Rights{}
	for property, names := range map[string][]string{"read": c.Read, "write": c.Write} {
		for _, name := range names {
			in := []store.Org{}
			if name == everybody {
				for _, org := range p.orgs {
					in = append(in, org)
				}
			} else {
				org, err := p.org(name)
				if err != nil {
					return fmt.Errorf("%s: %w", property, err)
				}
				in = append(in, org)
			}
			for _, org := range in {
				r := rights[org.ID]
				r.Collection, r.Org = coll.ID, org.ID
				r.Read, r.Write = r.Read || property == "read", r.Write || property == "write"
				rights[org.ID] = r
			}
		}
	}
	for _, r := range rights {
		if err := p.st.SetRights(p.ctx, r); err != nil {
			return err
		}
	}
	for _, name := range c.Named {
		user, ok := p.users[name]
		if !ok {
			return fmt.Errorf("named: there is no user %q", name)
		}
		if err := p.st.SetNamed(p.ctx, coll.ID, user.ID, true); err != nil {
			return err
		}
	}
	return nil
}

func isUUID(s string) bool {
	_, _, err := stix.SplitID("x-collection--" + strings.ToLower(s))
	return err == nil
}

// planted is an object that is to be stored.
type planted struct {
	at    int // place in the file
	added time.Time
	user  string
	raw   json.RawMessage
}

// objects stores objects in the order of their dates; those without one come last, with the date of now.
func (p *planter) objects(coll store.Collection, owner store.Org, raws []json.RawMessage) (stored int64, err error) {
	all := make([]planted, len(raws))
	for i, raw := range raws {
		if all[i], err = plant(raw); err != nil {
			return 0, fmt.Errorf("objects/%d: %w", i, err)
		}
		all[i].at = i
	}
	slices.SortStableFunc(all, func(a, b planted) int {
		if a.added.IsZero() != b.added.IsZero() {
			return cmp.Compare(b2i(a.added.IsZero()), b2i(b.added.IsZero()))
		}
		return a.added.Compare(b.added)
	})
	for start := 0; start < len(all); {
		end := start + 1
		for end < len(all) && all[end].user == all[start].user {
			end++
		}
		n, err := p.run(coll, owner, all[start:end])
		stored += n
		if err != nil {
			return stored, err
		}
		start = end
	}
	return stored, nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func plant(raw json.RawMessage) (planted, error) {
	var o seedObject
	if err := json.Unmarshal(raw, &o); err != nil {
		return planted{}, err
	}
	if o.Object == nil || o.Type != "" {
		return planted{raw: raw}, nil // an object of STIX by itself
	}
	out := planted{raw: o.Object, user: o.User}
	if o.DateAdded != "" {
		t, err := stix.ParseTimestamp(o.DateAdded)
		if err != nil {
			return planted{}, fmt.Errorf("date_added: %w", err)
		}
		out.added = t.Time
	}
	return out, nil
}

// run stores objects that one user submits.
func (p *planter) run(coll store.Collection, owner store.Org, objects []planted) (int64, error) {
	user, org, err := p.submitter(owner, objects[0])
	if err != nil {
		return 0, err
	}
	caller := exchange.Principal{
		Caller: store.Caller{User: user.ID, Org: org.ID}, UserName: user.Name, OrgUID: org.UID, OrgName: org.Name,
		Roles: allRoles, Scopes: exchange.AllScopes, Remote: "seed",
	}
	var lines bytes.Buffer
	for _, o := range objects {
		lines.Write(o.raw)
		lines.WriteByte('\n')
	}
	report, err := p.ex.Import(p.ctx, caller, exchange.CollectionView{Collection: coll, CanRead: true, CanWrite: true}, &lines, exchange.SubmitOptions{
		Added:   func(n int64) time.Time { return objects[n].added },
		Lenient: true,
	}, nil)
	if err == nil && report.Failed > 0 {
		err = errors.New("an object could not be stored")
		if len(report.Failures) > 0 {
			f := report.Failures[0]
			err = fmt.Errorf("objects: %d could not be stored, the first is %s: %s", report.Failed, f.ID, f.Reason)
		}
	}
	return report.Stored, err
}

// submitter is who submits an object: the user whom it names, else an account of the owner's that nobody can log in to.
func (p *planter) submitter(owner store.Org, o planted) (store.User, store.Org, error) {
	if o.user != "" {
		user, ok := p.users[o.user]
		if !ok {
			return user, owner, fmt.Errorf("objects/%d/user: there is no user %q", o.at, o.user)
		}
		org, err := p.st.Org(p.ctx, user.Org)
		return user, org, err
	}
	name := "seed of " + owner.Name
	if user, ok := p.users[name]; ok {
		return user, owner, nil
	}
	user, err := p.st.CreateUser(p.ctx, store.User{Org: owner.ID, Name: name, Service: true})
	if err == nil {
		p.users[name] = user
	}
	return user, owner, err
}

func label(s string, without store.Label) (store.Label, error) {
	if s == "" {
		return without, nil
	}
	for l, name := range []string{"clear", "green", "amber", "amber+strict", "red"} {
		if known, _ := stix.TLPLabel(s); known == name {
			return store.Label(l), nil
		}
	}
	return 0, fmt.Errorf("%q is no label of TLP 2.0", s)
}

// rolesOf reads roles; without any a user may read and write.
func rolesOf(names []string) (store.Roles, error) {
	if len(names) == 0 {
		return store.Reader | store.Analyst | store.Publisher, nil
	}
	known := map[string]store.Roles{
		"reader": store.Reader, "analyst": store.Analyst, "publisher": store.Publisher, "admin": store.Admin, "auditor": store.Auditor,
	}
	var out store.Roles
	for _, n := range names {
		r, ok := known[n]
		if !ok {
			return 0, fmt.Errorf("%q is none of reader, analyst, publisher, admin, auditor", n)
		}
		out |= r
	}
	return out, nil
}
