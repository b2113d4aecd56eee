package actor

import (
	"context"
	"regexp"
	"slices"
	"strings"
)

// Name is a claim that an actor bears a name. The same name may be claimed for several actors, and both claimed and denied of one.
type Name struct {
	ID     string `json:"id"` // of the object that says so
	Actor  string `json:"actor"`
	Name   string `json:"name"`
	Main   bool   `json:"main,omitempty"`   // the name under which the object itself goes
	Denied bool   `json:"denied,omitempty"` // the claim is that it does not bear it
	// Withdrawn by who claimed it.
	Withdrawn bool `json:"withdrawn,omitempty"`
	Claim
}

// mostNames of one object.
const mostNames = 1000

// namesIn reads the claims about names in an object: an alias claim's one, or name and aliases of an actor, which are claims of who
// made the object.
func namesIn(o Object) []Name {
	c := claimOf(o)
	if o.Type == TypeAlias {
		n := Name{ID: o.ID, Actor: text(o, "actor_ref"), Name: text(o, "name"), Denied: text(o, "stance") == "denies", Withdrawn: o.Revoked, Claim: c}
		if n.Actor == "" || n.Name == "" {
			return nil
		}
		return []Name{n}
	}
	if c.Claimed.from.Equal(o.Created.Time) {
		c.Claimed = DateOf(o.Version().Time) // names may have been added since it was made
	}
	refs := c.Sources
	c.Sources = nil
	main := text(o, "name")
	var out []Name
	for i, n := range append([]string{main}, append(texts(o.Root(), "aliases"), texts(o.Root(), "x_mitre_aliases")...)...) {
		if n == "" || len(out) == mostNames || i > 0 && slices.ContainsFunc(out, func(old Name) bool { return strings.EqualFold(old.Name, n) }) {
			continue
		}
		one := Name{ID: o.ID, Actor: o.ID, Name: n, Main: i == 0, Withdrawn: o.Revoked, Claim: c}
		for _, r := range refs { // ATT&CK names the source of each alias under the alias
			if strings.EqualFold(r.Name, n) {
				one.Sources = append(one.Sources, citations(r)...)
			}
		}
		out = append(out, one)
	}
	return out
}

var citation = regexp.MustCompile(`\(Citation: ([^)]{1,200})\)`)

// citations are the sources that a reference of ATT&CK's for an alias names: (Citation: one)(Citation: another).
func citations(r Reference) []Reference {
	var out []Reference
	for _, m := range citation.FindAllStringSubmatch(r.Text, mostSources) {
		out = append(out, Reference{Name: m[1]})
	}
	if out == nil {
		out = []Reference{r}
	}
	return out
}

// hasName says whether an object bears a name, or an identifier that others gave it, by what it says itself.
func hasName(o Object, name string) bool {
	if strings.EqualFold(text(o, "name"), name) {
		return true
	}
	for _, list := range []string{"aliases", "x_mitre_aliases"} {
		if slices.ContainsFunc(texts(o.Root(), list), func(s string) bool { return strings.EqualFold(s, name) }) {
			return true
		}
	}
	return strings.EqualFold(attackID(o), name)
}

// Lookup bounds.
const (
	mostFound  = 1000
	mostClaims = 5000
)

// Names are all claims about names of an actor, oldest first, and whether there are more.
func Names(ctx context.Context, src Source, id string) (list []Name, more bool, err error) {
	own, err := src.Objects(ctx, []string{id})
	if err != nil {
		return nil, false, err
	}
	claims, more, err := src.Referring(ctx, id, []string{TypeAlias}, mostClaims)
	if err != nil {
		return nil, false, err
	}
	for _, o := range append(own, claims...) {
		for _, n := range namesIn(o) {
			if n.Actor == id {
				list = append(list, n)
			}
		}
	}
	sortNames(list)
	return list, more, nil
}

func sortNames(list []Name) {
	slices.SortStableFunc(list, func(a, b Name) int {
		if a.Main != b.Main {
			return boolOrder(b.Main, a.Main)
		}
		if c := a.Claimed.Compare(b.Claimed); c != 0 {
			return c
		}
		return slices.Compare([]string{strings.ToLower(a.Name), a.ID}, []string{strings.ToLower(b.Name), b.ID})
	})
}

// WhoBears are all claims by which a name belongs to something, or does not: by name, alias, alias claim or identifier of ATT&CK.
// Nobody is preferred. What stands for two actors is said of both.
func WhoBears(ctx context.Context, src Source, name string) ([]Name, error) {
	if name = strings.TrimSpace(name); name == "" {
		return nil, nil
	}
	found, _, err := src.Named(ctx, name, mostFound)
	if err != nil {
		return nil, err
	}
	var out []Name
	for _, o := range found {
		if isEdge(o.Type) {
			continue
		}
		n := len(out)
		for _, c := range namesIn(o) {
			if strings.EqualFold(c.Name, name) {
				out = append(out, c)
			}
		}
		if len(out) == n && hasName(o, name) { // by its identifier in ATT&CK
			out = append(out, namesIn(o)[:min(1, len(namesIn(o)))]...)
		}
	}
	sortNames(out)
	return out, nil
}
