package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"entente/internal/actor"
	"entente/internal/exchange"
	"entente/internal/store"
)

// sayOptions are those of verbs that put a claim into a node.
type sayOptions struct {
	actorOptions
	collection, tlp          string
	claimant, claimed, grade string
	sources                  []string
}

func (o *sayOptions) register(f *pflag.FlagSet) {
	o.actorOptions.register(f, "text, or json: an object with the identifier")
	f.Lookup("as").Usage = "`ACCOUNT` that records it; it can be left out where there is one alone"
	f.StringVar(&o.collection, "collection", "", "identifier or alias of the `COLLECTION` it goes to; it can be left out where there is one alone")
	f.StringVar(&o.tlp, "tlp", "", "`LABEL` under which it is shared: clear, green, amber, amber+strict, red (default: the collection's)")
}

func (o *sayOptions) registerClaim(f *pflag.FlagSet) {
	f.StringVar(&o.claimant, "claimant", "", "whose claim it is: `NAME` or identifier of an identity, which is made where there is none (default: your organisation)")
	f.StringVar(&o.claimed, "claimed", "", "`DATE` at which it was claimed: 2021, 2021-07, 2021-07-19 (default: today)")
	f.StringVar(&o.grade, "grade", "", "`GRADE` of source (A-F) and information (1-6), as B2")
	f.StringArrayVar(&o.sources, "source", nil, "where it is said: a name, an address, or 'NAME <ADDRESS>'; `SOURCE` may be repeated")
}

// sayer is a verb that puts claims into a node.
type sayer struct {
	*actors
	view  exchange.CollectionView
	label *store.Label
	say   actor.Stated
	done  []string // identifiers of what was put in, or was there already
}

// work opens the node and reads what the flags say of the claim.
func (o *sayOptions) work(c *cobra.Command, env Env, run func(s *sayer) error) error {
	if err := textOrJSON(o.admin.format); err != nil {
		return err
	}
	grade, err := actor.ParseGrade(o.grade)
	if err != nil {
		return usagef("--grade: %w", err)
	}
	claimed, err := actor.ParseDate(o.claimed)
	if err != nil {
		return usagef("--claimed: %w", err)
	}
	return o.actorOptions.work(c.Context(), env, func(x *actors) error {
		s := &sayer{actors: x, say: actor.Stated{Recorder: x.p.OrgUID, Claimed: claimed, Grade: grade, Now: time.Now().UTC()}}
		if o.tlp != "" {
			l, err := readLabel(o.tlp)
			if err != nil {
				return err
			}
			s.label = &l
		}
		for _, text := range o.sources {
			s.say.Sources = append(s.say.Sources, readSource(text))
		}
		if s.view, err = x.place(o.collection); err != nil {
			return err
		}
		if s.say.Claimant, err = s.claimant(o.claimant); err != nil {
			return err
		}
		return run(s)
	})
}

// readSource reads NAME, ADDRESS or NAME <ADDRESS>.
func readSource(text string) actor.Reference {
	web := func(s string) bool { return strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") }
	if name, rest, ok := strings.Cut(text, "<"); ok && strings.HasSuffix(rest, ">") && web(rest) {
		return actor.Reference{Name: strings.TrimSpace(name), URL: strings.TrimSuffix(rest, ">")}
	}
	if web(text) {
		return actor.Reference{URL: text}
	}
	return actor.Reference{Name: text}
}

// place is the collection that is named, or the only one that the account may write to.
func (x *actors) place(name string) (exchange.CollectionView, error) {
	if name != "" {
		coll, err := x.a.collection(name)
		if err != nil {
			return exchange.CollectionView{}, err
		}
		return x.a.viewOf(x.p, coll)
	}
	roots, err := x.a.ex.Roots(x.ctx, x.p)
	if err != nil {
		return exchange.CollectionView{}, err
	}
	var may []exchange.CollectionView
	var names []string
	for _, root := range roots {
		views, err := x.a.ex.Collections(x.ctx, x.p, root)
		if err != nil {
			return exchange.CollectionView{}, err
		}
		for _, v := range views {
			if v.CanWrite {
				may = append(may, v)
				names = append(names, orDash(v.Alias))
			}
		}
	}
	if len(may) != 1 {
		return exchange.CollectionView{}, usagef("--collection says where it goes: %s may write to %d\nhint: %s", x.p.UserName, len(may), printable(strings.Join(names[:min(len(names), 20)], ", ")))
	}
	return may[0], nil
}

// claimant finds an identity by its name, or makes one.
func (s *sayer) claimant(name string) (string, error) {
	switch {
	case name == "" || name == s.p.OrgName || name == s.p.OrgUID:
		return s.p.OrgUID, nil
	case strings.HasPrefix(name, "identity--"):
		return name, nil
	}
	claims, err := actor.WhoBears(s.ctx, s.src, name)
	if err != nil {
		return "", err
	}
	found := map[string]bool{}
	for _, c := range claims {
		if strings.HasPrefix(c.Actor, "identity--") && !c.Denied && !c.Withdrawn {
			found[c.Actor] = true
		}
	}
	if len(found) > 1 {
		n, err := s.one(name, isIdentity)
		return n.ID, err // the error lists them
	}
	for id := range found {
		return id, nil
	}
	id, err := s.put(actor.NewNode{Kind: actor.Organisation, Name: name, Stated: actor.Stated{Recorder: s.p.OrgUID, Now: s.say.Now}}.Object())
	s.done = nil
	return id, err
}

// put stores an object, unless it is there already: the same claim of the same day is made once.
func (s *sayer) put(raw json.RawMessage) (id string, err error) {
	var head struct {
		ID      string `json:"id"`
		Revoked bool   `json:"revoked"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return "", err
	}
	there, err := s.src.Objects(s.ctx, []string{head.ID, actor.Extension()})
	if err != nil {
		return "", err
	}
	defined := false
	for _, o := range there {
		if o.ID == head.ID && !head.Revoked {
			if o.Revoked {
				return "", fmt.Errorf("%s was withdrawn: claim it again as of another day, with --claimed", head.ID)
			}
			s.done = append(s.done, head.ID)
			return head.ID, nil
		}
		defined = defined || o.ID == actor.Extension()
	}
	list := [][]byte{raw}
	if !defined {
		list = append(list, actor.Definition())
	}
	text := append(append([]byte(`{"objects":[`), bytes.Join(list, []byte(","))...), "]}"...)
	report, err := s.a.ex.Import(s.ctx, s.p, s.view, bytes.NewReader(text), exchange.SubmitOptions{Label: s.label}, nil)
	if err != nil {
		return "", err
	}
	for _, f := range report.Failures {
		return "", fmt.Errorf("%s is not taken: %s", f.ID, f.Reason)
	}
	if report.Conflict > 0 {
		return "", errors.New("another version of it stands there that this account does not see, or of the same moment: try again")
	}
	s.done = append(s.done, head.ID)
	return head.ID, nil
}

// putEvent stores an event, unless the same one of the same day is there and in force.
func (s *sayer) putEvent(e actor.NewEvent) error {
	r, err := actor.NewReader(s.ctx, s.src, actor.Filter{})
	if err != nil {
		return err
	}
	holds := map[string]bool{}
	for _, old := range r.Clustering().Events {
		holds[old.ID] = old.Holds
	}
	for {
		raw := e.Object()
		var head struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(raw, &head); err != nil {
			return err
		}
		if in, there := holds[head.ID]; there && !in {
			e.Again++ // it was taken back meanwhile
			continue
		}
		_, err := s.put(raw)
		return err
	}
}

// close says what was put in.
func (s *sayer) close(format string, args ...any) error {
	if s.o.admin.format == "json" {
		return s.printJSON(map[string]any{"ids": s.done})
	}
	fmt.Fprintln(s.env.Stdout, printable(fmt.Sprintf(format, args...)))
	for _, id := range s.done {
		fmt.Fprintln(s.env.Stdout, "  "+printable(id))
	}
	return nil
}

func canStand(n actor.Node) bool { return n.Kind.CanStand() }
