package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"entente/internal/exchange"
	"entente/internal/stix"
	"entente/internal/store"
	"entente/internal/taxii"
)

// seedCheck looks over a seed before anything is made of it, and says where its first mistake is.
type seedCheck struct {
	s      *Seed
	orgs   map[string]bool
	users  map[string]bool
	groups map[string]bool
	taken  map[string]string // what must be unique, with its kind: where it stands
	ids    map[string]string // of collections: where
	path   string            // of what is looked at
}

// at is an error about a property of what is looked at.
func (c *seedCheck) at(property string, err error) error {
	if err == nil {
		return nil
	}
	path := under(c.path, property)
	if c.s.text == nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return c.s.text.fault(c.s.text.find(path), path, err)
}

func (c *seedCheck) wrong(property, format string, args ...any) error {
	return c.at(property, fmt.Errorf(format, args...))
}

// once is an error where something that must be unique was there before.
func (c *seedCheck) once(property, kind, value string) error {
	key := kind + " " + value
	if before, ok := c.taken[key]; ok {
		return c.wrong(property, "%s has this %s already", before, kind)
	}
	c.taken[key] = c.path
	return nil
}

// named is an error where a name is missing or was there before.
func (c *seedCheck) named(kind, name string) error {
	if name == "" {
		return c.wrong("name", "it is missing")
	}
	return c.once("name", "name of "+kind, name)
}

// check finds the first mistake in a seed. What the objects are is told by [stix.Parse] when they are stored.
func (s *Seed) check() error {
	c := &seedCheck{
		s: s, orgs: map[string]bool{}, users: map[string]bool{}, groups: map[string]bool{}, taken: map[string]string{}, ids: map[string]string{},
	}
	switch {
	case s.Format != "" && s.Format != SeedFormat:
		return c.wrong("format", "it is %q: this program reads %s", s.Format, SeedFormat)
	case s.MaxPage != nil && (*s.MaxPage < 1 || *s.MaxPage > maxMaxPage):
		return c.wrong("max_page", "%d is not between 1 and %d", *s.MaxPage, maxMaxPage)
	case len(s.APIRoots) == 0:
		return c.wrong("api_roots", "there are none: a node has one at least")
	}
	for _, part := range []func() error{c.allOrganisations, c.allUsers, c.allGroups, c.allRoots} {
		c.path = ""
		if err := part(); err != nil {
			return err
		}
	}
	c.path = ""
	if root := strings.Trim(s.DefaultRoot, "/"); root != "" && c.taken["path "+root] == "" {
		return c.wrong("default_root", "no API root has the path %q", s.DefaultRoot)
	}
	return nil
}

func (c *seedCheck) allOrganisations() error {
	for i, o := range c.s.Organisations {
		c.path = fmt.Sprintf("organisations/%d", i)
		if err := c.named("an organisation", o.Name); err != nil {
			return err
		}
		c.orgs[o.Name] = true
		if o.ID != "" {
			if err := c.once("id", "id", o.ID); err != nil {
				return err
			}
		}
		if l, err := label(o.Clearance); err != nil {
			return c.at("clearance", err)
		} else if l == store.Red {
			return c.wrong("clearance", "%q is for users whom a collection names, not for organisations: the highest is amber+strict", o.Clearance)
		}
	}
	for i, o := range c.s.Organisations {
		c.path = fmt.Sprintf("organisations/%d", i)
		if o.ClientOf != "" && (!c.orgs[o.ClientOf] || o.ClientOf == o.Name) {
			return c.wrong("client_of", "there is no other organisation %q", o.ClientOf)
		}
	}
	return nil
}

func (c *seedCheck) allUsers() error {
	for i, u := range c.s.Users {
		c.path = fmt.Sprintf("users/%d", i)
		if err := c.named("a user", u.Name); err != nil {
			return err
		}
		c.users[u.Name] = true
		if u.Organisation == "" {
			c.orgs[u.Name] = true
		} else if !c.orgs[u.Organisation] {
			return c.wrong("organisation", "there is no organisation %q", u.Organisation)
		}
		for n, r := range u.Roles {
			if _, err := rolesOf([]string{r}); err != nil {
				return c.at(fmt.Sprintf("roles/%d", n), err)
			}
		}
		if err := c.credentials(u); err != nil {
			return err
		}
	}
	return nil
}

// credentials of a user. They are not in the errors.
func (c *seedCheck) credentials(u SeedUser) error {
	if u.Password != nil && *u.Password == "" {
		return c.wrong("password", "it is empty: leave it out for a user who does not log in by password")
	}
	if u.Token != nil {
		if t := *u.Token; !strings.HasPrefix(t, exchange.TokenPrefix) || len(t) > maxSeedToken {
			return c.wrong("token", "tokens begin with %s and have at most %d characters", exchange.TokenPrefix, maxSeedToken)
		}
		if err := c.once("token", "token", *u.Token); err != nil {
			return err
		}
	}
	if u.Certificate == "" {
		return nil
	}
	if len(u.Certificate) != 64 || strings.Trim(u.Certificate, "0123456789abcdefABCDEF") != "" {
		return c.wrong("certificate", "it is a SHA-256 of a public key: 64 hexadecimal digits")
	}
	return c.once("certificate", "certificate", strings.ToLower(u.Certificate))
}

const maxSeedToken = 100

func (c *seedCheck) allGroups() error {
	for i, g := range c.s.Groups {
		c.path = fmt.Sprintf("groups/%d", i)
		if err := c.named("a sharing group", g.Name); err != nil {
			return err
		}
		c.groups[g.Name] = true
		if g.ID != "" {
			if !uuidShape(g.ID) {
				return c.wrong("id", "%q is no UUID", g.ID)
			}
			if err := c.once("id", "id of a sharing group", strings.ToLower(g.ID)); err != nil {
				return err
			}
		}
		if err := errors.Join(c.owner(g.Owner), c.names("members", g.Members, false)); err != nil {
			return err
		}
	}
	return nil
}

func (c *seedCheck) allRoots() error {
	for i, r := range c.s.APIRoots {
		c.path = fmt.Sprintf("api_roots/%d", i)
		path := strings.Trim(r.Path, "/")
		if err := taxii.CheckRootPath(path); err != nil {
			return c.wrong("path", "%w", err)
		}
		if err := c.once("path", "path", path); err != nil {
			return err
		}
		if n := r.MaxContentLength; n != nil && *n < 1 {
			return c.wrong("max_content_length", "%d is not above 0", *n)
		}
		for j, coll := range r.Collections {
			c.path = fmt.Sprintf("api_roots/%d/collections/%d", i, j)
			if err := c.collection(path, coll); err != nil {
				return err
			}
		}
	}
	return c.aliases()
}

func (c *seedCheck) collection(root string, coll SeedCollection) error {
	if coll.ID != "" {
		if !uuidShape(coll.ID) {
			return c.wrong("id", "%q is no UUID", coll.ID)
		}
		id := strings.ToLower(coll.ID)
		if before, ok := c.ids[id]; ok {
			return c.wrong("id", "%s has this id already", before)
		}
		c.ids[id] = c.path
		if id[14] != '4' || !strings.ContainsRune("89ab", rune(id[19])) {
			c.s.Warnings = append(c.s.Warnings, fmt.Sprintf("%s/id: %s is no UUID of version 4, as TAXII wants: strict clients may refuse the collection", c.path, coll.ID))
		}
	}
	if coll.Alias != "" {
		if len(coll.Alias) > maxAlias || strings.Trim(coll.Alias, aliasLetters) != "" || coll.Alias == "." || coll.Alias == ".." {
			return c.wrong("alias", "%q cannot stand in a URL: at most %d letters, digits and -._~", coll.Alias, maxAlias)
		}
		if err := c.once("alias", "alias in "+root, coll.Alias); err != nil {
			return err
		}
	}
	if _, err := label(coll.Label); err != nil {
		return c.at("label", err)
	}
	if coll.Group != "" && !c.groups[coll.Group] {
		return c.wrong("group", "there is no sharing group %q", coll.Group)
	}
	if err := errors.Join(c.owner(coll.Owner), c.names("read", coll.Read, true), c.names("write", coll.Write, true)); err != nil {
		return err
	}
	for i, name := range coll.Named {
		if !c.users[name] {
			return c.wrong(fmt.Sprintf("named/%d", i), "there is no user %q", name)
		}
	}
	for i, raw := range coll.Objects {
		if err := c.object(i, raw); err != nil {
			return err
		}
	}
	return nil
}

// As the JSON API has them.
const (
	maxAlias     = 100
	aliasLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
)

// aliases must not be what another collection is found by.
func (c *seedCheck) aliases() error {
	for i, r := range c.s.APIRoots {
		for j, coll := range r.Collections {
			c.path = fmt.Sprintf("api_roots/%d/collections/%d", i, j)
			if of, ok := c.ids[strings.ToLower(coll.Alias)]; ok && of != c.path {
				return c.wrong("alias", "it is the id of %s", of)
			}
		}
	}
	return nil
}

func (c *seedCheck) owner(name string) error {
	if name != "" && !c.orgs[name] && !c.users[name] {
		return c.wrong("owner", "there is no organisation or user %q", name)
	}
	return nil
}

func (c *seedCheck) names(property string, names []string, orAll bool) error {
	for i, name := range names {
		if !c.orgs[name] && !c.users[name] && (name != everybody || !orAll) {
			return c.wrong(fmt.Sprintf("%s/%d", property, i), "there is no organisation or user %q", name)
		}
	}
	return nil
}

func (c *seedCheck) object(i int, raw json.RawMessage) error {
	o, err := plant(raw)
	if err == nil && o.user != "" && !c.users[o.user] {
		err = fmt.Errorf("user: there is no user %q", o.user)
	}
	return c.at(fmt.Sprintf("objects/%d", i), err)
}

// uuidShape says whether s looks like a UUID, of whatever version: collections of well-known servers have such of none.
func uuidShape(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, r := range s {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (r == '-') || !dash && !strings.ContainsRune("0123456789abcdefABCDEF", r) {
			return false
		}
	}
	return true
}

// plant reads an object of a seed: one of STIX by itself, or what is to be known of it, with the object within.
func plant(raw json.RawMessage) (out planted, err error) {
	t := seedText(raw)
	if t[0] != '{' {
		return out, fmt.Errorf("an object is needed here, not %s", kindOf(raw))
	}
	has := map[string]int{}
	twice := ""
	t.each(0, func(name string, _, value int) bool {
		if _, ok := has[name]; ok {
			twice = name
		}
		has[name] = value
		return twice == ""
	})
	if twice != "" {
		return out, fmt.Errorf("%s: the property stands here twice", twice)
	}
	_, typed := has["type"]
	inner, ok := has["object"]
	if typed || !ok {
		return planted{raw: raw}, isObject(t, has)
	}
	out.raw = raw[inner:t.end(inner)]
	for name, at := range has {
		value := t[at:t.end(at)]
		if name == "object" {
			continue
		}
		if name != "date_added" && name != "user" {
			return out, fmt.Errorf("there is no property %q here, but date_added, user, object", name)
		}
		if string(value) == "null" {
			continue
		}
		if value[0] != '"' {
			return out, fmt.Errorf("%s: a string is needed here, not %s", name, kindOf(value))
		}
		if name == "user" {
			out.user = t.word(at)
			continue
		}
		stamp, err := stix.ParseTimestamp(t.word(at))
		if err != nil {
			return out, fmt.Errorf("date_added: %w", err)
		}
		out.added = stamp.Time
	}
	of := map[string]int{}
	if out.raw[0] != '{' {
		return out, fmt.Errorf("object: an object is needed here, not %s", kindOf(out.raw))
	}
	seedText(out.raw).each(0, func(name string, _, value int) bool {
		of[name] = value
		return true
	})
	if err := isObject(seedText(out.raw), of); err != nil {
		return out, fmt.Errorf("object: %w", err)
	}
	return out, nil
}

// isObject says why something is no object of STIX that could be stored.
func isObject(t seedText, has map[string]int) error {
	for _, name := range []string{"type", "id"} {
		at, ok := has[name]
		switch {
		case ok && t[at] != '"':
			return fmt.Errorf("%s: a string is needed here, not %s", name, kindOf(t[at:t.end(at)]))
		case ok && name == "type" && t.word(at) == "bundle":
			return errors.New("a bundle is no object: list its objects here")
		case !ok:
			return fmt.Errorf("%s is missing: an object of STIX has it", name)
		}
	}
	return nil
}
