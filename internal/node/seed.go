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
	"reflect"
	"slices"
	"strings"
	"time"

	"entente/internal/exchange"
	"entente/internal/stix"
	"entente/internal/store"
)

// Seed is what a new node is filled with: docs/formats/seed.md is its manual.
type Seed struct {
	Format        string             `json:"format"`
	Title         string             `json:"title"`
	Description   string             `json:"description"`
	Contact       string             `json:"contact"`
	DefaultRoot   string             `json:"default_root"`
	MaxPage       *int               `json:"max_page"`
	Organisations []SeedOrganisation `json:"organisations"`
	Users         []SeedUser         `json:"users"`
	Groups        []SeedGroup        `json:"groups"`
	APIRoots      []SeedRoot         `json:"api_roots"`

	// Warnings say what is no mistake and may still not be meant.
	Warnings []string

	text seedText // what it was read from
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
	Password     *string  `json:"password"`
	Token        *string  `json:"token"`
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
	MaxContentLength *int64           `json:"max_content_length"`
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

// SeedFormat is the value of format.
const SeedFormat = "entente-seed/1"

// ReadSeed reads a seed and looks for mistakes in it. Properties that it does not know are one: what was meant to close
// something would leave it open. Errors say where: line, column, path of the property.
func ReadSeed(r io.Reader) (s Seed, err error) {
	if s.text, err = readText(r); err != nil {
		return s, err
	}
	if err := s.text.into(s.text.space(0), "", reflect.ValueOf(&s).Elem()); err != nil {
		return s, err
	}
	return s, s.check()
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
	if s.MaxPage != nil {
		c.MaxPage = *s.MaxPage
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
	path   string // of what is planted just now
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
	if objects, err = p.plantAll(s); err != nil && s.text != nil {
		err = s.text.fault(s.text.find(p.path), p.path, err)
	}
	return objects, err
}

func (p *planter) plantAll(s Seed) (objects int64, err error) {
	if err := p.accounts(s); err != nil {
		return 0, err
	}
	for i, r := range s.APIRoots {
		p.path = fmt.Sprintf("api_roots/%d", i)
		n, err := p.root(r)
		objects += n
		if err != nil {
			return objects, err
		}
	}
	return objects, nil
}

func (p *planter) accounts(s Seed) error {
	for i, o := range s.Organisations {
		p.path = fmt.Sprintf("organisations/%d", i)
		if err := p.organisation(o); err != nil {
			return err
		}
	}
	for i, u := range s.Users {
		p.path = fmt.Sprintf("users/%d", i)
		if err := p.user(u); err != nil {
			return err
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
		p.path = fmt.Sprintf("organisations/%d/client_of", i)
		org := p.orgs[o.Name]
		org.ClientOf = p.orgs[o.ClientOf].ID
		if err := p.st.UpdateOrg(p.ctx, org); err != nil {
			return err
		}
	}
	for i, g := range s.Groups {
		p.path = fmt.Sprintf("groups/%d", i)
		if err := p.group(g); err != nil {
			return err
		}
	}
	return nil
}

func (p *planter) organisation(o SeedOrganisation) error {
	if o.Name == "" {
		return errors.New("name is missing")
	}
	clearance, err := label(o.Clearance)
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
	if u.Password != nil {
		if user.Password, err = exchange.HashAnyPassword(*u.Password); err != nil {
			return fmt.Errorf("password: %w", err)
		}
	}
	if user, err = p.st.CreateUser(p.ctx, user); err != nil {
		return err
	}
	p.users[u.Name] = user
	if u.Token == nil {
		return nil
	}
	_, err = p.st.CreateToken(p.ctx, store.Token{User: user.ID, Name: "seed", Hash: sha256.Sum256([]byte(*u.Token)), Scopes: exchange.AllScopes})
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
	made := store.Root{Path: strings.Trim(r.Path, "/"), Title: r.Title, Description: r.Description}
	if r.MaxContentLength != nil {
		made.MaxContentLength = *r.MaxContentLength
	}
	root, err := p.st.CreateRoot(p.ctx, made)
	if err != nil {
		return 0, err
	}
	at := p.path
	for i, c := range r.Collections {
		p.path = fmt.Sprintf("%s/collections/%d", at, i)
		n, err := p.collection(root, c)
		objects += n
		if err != nil {
			return objects, err
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
	l, err := label(c.Label)
	if err != nil {
		return 0, fmt.Errorf("label: %w", err)
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
		return 0, err
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
			return 0, err
		}
		all[i].at = i
	}
	at := p.path
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
		n, report, err := p.run(coll, owner, all[start:end])
		stored += n
		switch {
		case err != nil:
			return stored, err
		case len(report.Failures) > 0:
			f := report.Failures[0]
			p.path = fmt.Sprintf("%s/objects/%d", at, all[start+int(f.Position)].at)
			return stored, errors.New(f.Reason)
		case report.Conflict > 0:
			which, with := clash(all[:end], start)
			p.path = fmt.Sprintf("%s/objects/%d", at, which.at)
			return stored, fmt.Errorf("%s/objects/%d is the same version of this object, and not the same bytes: one of them is wrong", at, with.at)
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

// clash finds, from a place on, an object of which other bytes with the same version stand before it.
func clash(all []planted, from int) (which, with planted) {
	type version struct {
		id, spec string
		at       time.Time
	}
	versionOf := func(raw []byte) (v version) {
		if o, err := stix.Parse(raw, stix.Limits{}); err == nil {
			v = version{o.ID, o.Spec(), o.Version().Time.Truncate(time.Microsecond)}
		}
		return v
	}
	before := map[version]planted{}
	for i, o := range all {
		v := versionOf(o.raw)
		first, ok := before[v]
		if !ok {
			before[v] = o
		} else if i >= from && !bytes.Equal(first.raw, o.raw) {
			return o, first
		}
	}
	return all[from], all[from] // cannot be
}

// run stores objects that one user submits.
func (p *planter) run(coll store.Collection, owner store.Org, objects []planted) (int64, exchange.ImportReport, error) {
	user, org, err := p.submitter(owner, objects[0])
	if err != nil {
		return 0, exchange.ImportReport{}, err
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
	return report.Stored, report, err
}

// submitter is who submits an object: the user whom it names, else an account of the owner's that nobody can log in to.
func (p *planter) submitter(owner store.Org, o planted) (store.User, store.Org, error) {
	if o.user != "" {
		user, ok := p.users[o.user]
		if !ok {
			return user, owner, fmt.Errorf("there is no user %q", o.user)
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

// label reads a label of TLP 2.0, amber without one.
func label(s string) (store.Label, error) {
	if s == "" {
		return store.Amber, nil
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
