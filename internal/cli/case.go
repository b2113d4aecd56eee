package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"entente/internal/attribution"
	"entente/internal/exchange"
	"entente/internal/stix"
	"entente/internal/store"
)

func newCaseCmd(env Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "case",
		Short: "Attribute: evidence, competing hypotheses, judgements, and who disagrees",
		Long: `A case holds what is known of who did it: items of evidence with their grades, hypotheses that compete, how far each item agrees
with each, assumptions, gaps, and what members judge. It lies in a collection of a node as objects of STIX, and goes where they go.
Nothing is overwritten: every change is a version with its author.

  entente case new exchange-2021 --question 'Who broke into the mail servers?'
  entente case hypothesis exchange-2021 'A contractor of the ministry' --actor HAFNIUM --degree state-coordinated
  entente case add exchange-2021 finding 'Web shells in owa/auth within minutes of the exploit' --grade A1 --line telemetry
  entente case cell exchange-2021 e1 h1=C unknown=N --reason 'the tradecraft is shared'
  entente case judge exchange-2021 h1 --likelihood icd-203:likely --confidence icd-203:moderate --reason '…'
  entente case show exchange-2021
  entente case statement exchange-2021 draft        a draft that entente statement propose takes

CASE is its key, or as much of its identifier as tells it from the others. Parts have keys, too: e1, h1, a1, g1.`,
		Args: onlyCommands,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newCaseNewCmd(env), newCaseListCmd(env), newCaseShowCmd(env), newCaseAddCmd(env), newCaseGradeCmd(env), newCaseHypothesisCmd(env),
		newCaseCellCmd(env), newCaseAssumeCmd(env), newCaseGapCmd(env), newCaseJudgeCmd(env), newCasePoolCmd(env), newCaseTimelineCmd(env), newCaseWithdrawCmd(env),
		newCaseExportCmd(env), newCaseStatementCmd(env))
	return c
}

// caseOptions are those of every verb about cases.
type caseOptions struct {
	admin      adminOptions
	collection string
	user       string
}

func (o *caseOptions) register(f *pflag.FlagSet) {
	f.StringVarP(&o.admin.dir, "node", "d", defaultNodeDir, "`FOLDER` of the node")
	f.StringVar(&o.collection, "collection", "", "identifier or alias of the `COLLECTION` in which the case is (default: the only one)")
	f.StringVar(&o.user, "as", "", "`ACCOUNT` that acts, whose organisation speaks (default: the only one)")
	o.admin.format = "text"
}

func (o *caseOptions) registerFormat(f *pflag.FlagSet) {
	f.StringVarP(&o.admin.format, "format", "f", "text", "text, or json")
}

// desk is a collection with what is there of cases.
type desk struct {
	*admin
	p     exchange.Principal
	view  exchange.CollectionView
	parts []*attribution.Part
	bad   []string          // what is wrong with others
	orgs  map[string]string // names, by identity
	ids   map[string]int64  // organisations of this node, by identity
}

// casePage is how many objects are read at a time.
const casePage = 1000

// work opens the node, reads the parts of cases, and runs a verb.
func (o *caseOptions) work(c *cobra.Command, env Env, run func(*desk) error) error {
	return o.admin.work(c.Context(), env, nil, func(a *admin, _ []string) error {
		d := &desk{admin: a, orgs: map[string]string{}, ids: map[string]int64{}}
		user, err := o.account(a)
		if err != nil {
			return err
		}
		if d.p, err = a.principal(user); err != nil {
			return err
		}
		coll, err := o.place(a)
		if err != nil {
			return err
		}
		d.view, err = a.ex.Collection(a.ctx, d.p, store.Root{ID: coll.Root}, coll.UID)
		if errors.Is(err, exchange.ErrNotFound) || err == nil && !d.view.CanRead {
			return fmt.Errorf("%s may not read %s\nhint: entente admin collection grant", d.p.UserName, coll.Title)
		}
		if err != nil {
			return err
		}
		orgs, err := a.st.Orgs(a.ctx)
		if err != nil {
			return err
		}
		for _, org := range orgs {
			d.orgs[org.UID], d.ids[org.UID] = org.Name, org.ID
		}
		if err := d.read(); err != nil {
			return err
		}
		const most = 10
		for _, why := range d.bad[:min(most, len(d.bad))] {
			fmt.Fprintf(env.Stderr, "passed over: %s\n", printable(why))
		}
		if n := len(d.bad) - most; n > 0 {
			fmt.Fprintf(env.Stderr, "passed over: %d more\n", n)
		}
		return run(d)
	})
}

// account is the one that acts.
func (o *caseOptions) account(a *admin) (string, error) {
	if o.user != "" {
		return o.user, nil
	}
	users, err := a.st.Users(a.ctx, 0)
	if err != nil {
		return "", err
	}
	users = slices.DeleteFunc(users, func(u store.User) bool { return u.Disabled || u.Service })
	if len(users) != 1 {
		return "", usagef("there are %d accounts: say which one acts with --as", len(users))
	}
	return users[0].Name, nil
}

// place is the collection.
func (o *caseOptions) place(a *admin) (store.Collection, error) {
	if o.collection != "" {
		return a.collection(o.collection)
	}
	all, err := a.st.AllCollections(a.ctx, 0)
	if err != nil {
		return store.Collection{}, err
	}
	if len(all) != 1 {
		return store.Collection{}, usagef("there are %d collections: say which one with --collection", len(all))
	}
	return all[0], nil
}

// read reads the parts of all cases in the collection. Anybody can write anybody's name on an object: of what is said to be by an
// organisation of this node only that counts which it has submitted itself.
func (d *desk) read() error {
	q := store.Query{
		Collections: []int64{d.view.ID}, Types: attribution.Types, Specs: []string{"2.1"}, Versions: store.Versions{All: true}, Limit: casePage,
	}
	return d.each(q, func(item *store.Item) {
		p, err := attribution.Read(item.Raw)
		switch {
		case errors.Is(err, attribution.ErrForeign):
		case err != nil:
			d.bad = append(d.bad, err.Error())
		case d.ids[p.Maker] != 0 && d.ids[p.Maker] != item.Class.Owner:
			d.bad = append(d.bad, fmt.Sprintf("%s: it bears the name of %s, who has not submitted it", p.ID, d.org(p.Maker)))
		default:
			d.parts = append(d.parts, p)
		}
	})
}

// each hands on the objects that a query finds.
func (d *desk) each(q store.Query, take func(*store.Item)) error {
	for {
		page, err := d.ex.Search(d.ctx, d.p, q)
		if err != nil {
			return err
		}
		for i := range page.Items {
			take(&page.Items[i])
		}
		if !page.More {
			return nil
		}
		q.Cursor = page.Next
	}
}

// find is the case that an argument means.
func (d *desk) find(arg string) (*attribution.Case, error) {
	var found []*attribution.Case
	for _, c := range attribution.Cases(d.parts) {
		_, uuid, _ := strings.Cut(c.ID, "--")
		switch {
		case c.ID == arg || uuid == arg:
			return c, nil
		case c.Key == arg || len(arg) >= 6 && strings.HasPrefix(uuid, arg):
			found = append(found, c)
		}
	}
	switch len(found) {
	case 0:
		return nil, usagef("there is no case %q here\nhint: entente case list", printable(arg))
	case 1:
		return found[0], nil
	}
	return nil, usagef("%d cases are called %q\nhint: give the beginning of the identifier, see entente case list", len(found), printable(arg))
}

// org is the name of an organisation, as far as it is known.
func (d *desk) org(id string) string {
	if name, ok := d.orgs[id]; ok {
		return name
	}
	return cmp.Or(id, "(nobody)")
}

// part begins a part of the account's organisation: a new one, or the next version of before.
func (d *desk) part(before *attribution.Part, id, tlp string, body attribution.Body) (*attribution.Part, error) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	p := &attribution.Part{ID: id, Created: now, Modified: now, Maker: d.p.OrgUID, Author: d.p.UserName, TLP: tlp, Body: body}
	if before != nil {
		if before.Maker != d.p.OrgUID {
			return nil, fmt.Errorf("it is a part of %s, and they alone change it\nhint: record a grade, a rating or a judgement of your own", printable(d.org(before.Maker)))
		}
		if before.Withdrawn {
			return nil, fmt.Errorf("%s is withdrawn, and stays so\nhint: add it anew, with another key", printable(before.Key()))
		}
		p.ID, p.Created = before.ID, before.Created
		if !now.After(before.Modified) {
			p.Modified = before.Modified.Add(time.Millisecond) // the clock went back, or two versions are of one moment
		}
		p.TLP = cmp.Or(tlp, before.TLP)
	}
	if p.ID == "" {
		var err error
		if p.ID, err = attribution.NewID(body.Kind(), nil); err != nil {
			return nil, err
		}
	}
	if err := p.Check(); err != nil {
		return nil, usagef("%w", err)
	}
	return p, nil
}

// put stores parts, and objects that belong to them.
func (d *desk) put(parts []*attribution.Part, others ...[]byte) error {
	if !d.view.CanWrite {
		return fmt.Errorf("%s may not write to %s\nhint: entente admin collection grant, and the role analyst or publisher", d.p.UserName, d.view.Title)
	}
	objects := others
	for _, p := range parts {
		raw, err := p.Marshal()
		if err != nil {
			return usagef("%w", err)
		}
		objects = append(objects, raw)
	}
	envelope := append(append([]byte(`{"objects":[`), bytes.Join(objects, []byte{','})...), `]}`...)
	report, err := d.ex.Import(d.ctx, d.p, d.view, bytes.NewReader(envelope), exchange.SubmitOptions{}, nil)
	if err != nil {
		return err
	}
	if report.Failed > 0 || report.Conflict > 0 {
		for _, f := range report.Failures {
			return fmt.Errorf("it was not stored: %s: %s", f.ID, f.Reason)
		}
		return errors.New("another version of the same moment stands there: do it again")
	}
	d.parts = append(d.parts, parts...)
	return nil
}

// freeKey is the next key of a kind: h1, h2 …
func freeKey(c *attribution.Case, letter string) string {
	taken := map[string]bool{}
	for _, p := range c.History {
		taken[p.Key()] = true
	}
	for n := 1; ; n++ {
		if key := fmt.Sprintf("%s%d", letter, n); !taken[key] {
			return key
		}
	}
}

// newKey is a key that somebody chose, or the next one.
func newKey(c *attribution.Case, chosen, letter string) (string, error) {
	if chosen == "" {
		return freeKey(c, letter), nil
	}
	for _, p := range c.History {
		if p.ID != c.ID && p.Key() == chosen {
			return "", usagef("there is a part %q in this case already\nhint: --change %s makes a version of it", printable(chosen), chosen)
		}
	}
	return chosen, nil
}

// answers are the identifiers of hypotheses by their keys.
func answers(c *attribution.Case, keys []string) ([]string, error) {
	var out []string
	for _, k := range splitList(keys) {
		a, err := c.Answer(k)
		if err != nil {
			return nil, usagef("%w", err)
		}
		out = append(out, a.ID)
	}
	return out, nil
}

// caseTime reads a moment that is past: a date, or a time.
func caseTime(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 0 && t.Year() < 10000 {
			return t.UTC(), nil
		}
	}
	return time.Time{}, usagef("--%s %q is no time\nhint: 2021-07-19, or 2021-07-19T11:00:00Z", flag, printable(s))
}

// caseLabel reads a label of TLP; "" stays.
func caseLabel(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	label, ok := stix.TLPLabel(s)
	if !ok {
		return "", usagef("%q is no label\nhint: %s", printable(s), strings.Join(tlpLabels, ", "))
	}
	return label, nil
}
