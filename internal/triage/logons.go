package triage

import (
	"cmp"
	"context"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"entente/internal/event"
	"entente/internal/source"
	"entente/internal/stretch"
)

// LogonOptions say what [TakeLogons] reads and which logons it counts.
type LogonOptions struct {
	Read   source.Options
	Filter Filter
	// Accounts and Sources choose by name or address, without case; * stands for any text, an account may be given
	// without its domain, and a source as a network (192.0.2.0/24).
	Accounts []string
	Sources  []string
	Failed   bool // failures only
	System   bool // count the system's own accounts and those of machines, too
}

// The bounds of what [TakeLogons] tells apart. Beyond them things are counted in the totals only;
// [Logons.Limits] says so.
const (
	MaxPairs      = 100_000 // pairs of account and source
	maxMethods    = 1000
	maxReasons    = 1000
	maxAdmins     = 10_000
	maxHosts      = 64 // hosts remembered of one pair
	maxHighlights = 200
)

// Logons says who logged on, or tried to. docs/formats/triage.md describes its JSON form.
type Logons struct {
	First     time.Time    `json:"first,omitzero"`
	Last      time.Time    `json:"last,omitzero"`
	Succeeded int64        `json:"succeeded"`
	Failed    int64        `json:"failed"`
	Explicit  int64        `json:"explicit"`        // uses of explicit credentials
	System    int64        `json:"system_accounts"` // logons of the system's own accounts and of machines, which are left out
	Methods   []LogonTally `json:"methods"`         // most used first
	Reasons   []Reason     `json:"reasons"`         // of failures, most frequent first
	Accounts  []LogonTally `json:"accounts"`        // most failures first, then most successes
	Sources   []LogonTally `json:"sources"`         // the same, by address or name of machine; "" is the hosts themselves
	Admins    []Admin      `json:"admins"`          // accounts with special privileges, by number
	Sprays    []Spray      `json:"sprays"`
	Guesses   []Guess      `json:"guesses"`
	NewPairs  []NewPair    `json:"new_pairs"`
	Limits    []string     `json:"limits,omitempty"`
}

// LogonTally counts the logons of an account, a source or a method.
type LogonTally struct {
	Name      string    `json:"name"`
	Succeeded int64     `json:"succeeded"`
	Failed    int64     `json:"failed"`
	Explicit  int64     `json:"explicit,omitempty"`
	Others    int       `json:"others,omitempty"` // sources of an account, accounts of a source
	Hosts     int       `json:"hosts,omitempty"`  // logged on to, or tried
	Admin     bool      `json:"admin,omitempty"`  // the account was seen with special privileges
	First     time.Time `json:"first,omitzero"`
	Last      time.Time `json:"last,omitzero"`
}

// Reason counts why logons failed.
type Reason struct {
	Text  string `json:"reason"`
	Count int64  `json:"count"`
}

// Admin is an account that got special privileges with its logon.
type Admin struct {
	Account string    `json:"account"`
	Count   int64     `json:"count"`
	Hosts   int       `json:"hosts"`
	First   time.Time `json:"first,omitzero"`
	Last    time.Time `json:"last,omitzero"`
}

// Spray is a source that failed with many accounts: somebody tries a few passwords on everybody.
type Spray struct {
	Source   string    `json:"source"`
	Accounts int       `json:"accounts"` // that failed within Window
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Slow     bool      `json:"slow"`   // the accounts are spread over more than Window
	Failed   int64     `json:"failed"` // between From and To
	// Entered are accounts that logged on from there after they had failed, between From and 24 hours after To.
	Entered []string `json:"entered,omitempty"`
}

// Guess is an account that failed many times in a row from one source, or from many: somebody tries many passwords.
type Guess struct {
	Account string    `json:"account"`
	Source  string    `json:"source,omitempty"` // "" is the host itself, or many of them
	Sources int       `json:"sources"`
	Failed  int64     `json:"failed"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	// Entered is the first success afterwards, within Window; zero where there is none.
	Entered time.Time `json:"entered,omitzero"`
}

// NewPair is a success of an account from a source that it was not seen to use before.
type NewPair struct {
	Account   string    `json:"account"`
	Source    string    `json:"source"`
	First     time.Time `json:"first"`
	Succeeded int64     `json:"succeeded"`
	Admin     bool      `json:"admin"`
	Usual     int       `json:"usual_sources"` // sources that the account used before
}

// Window is the time within which things count as one act.
const Window = time.Hour

// TakeLogons reads the inputs and counts the logons that they tell of: of Windows, OpenSSH, sudo, su and the audit
// daemon, and of Entra ID, Microsoft 365, AWS and Okta. A domain controller and the machine that somebody logs on to both
// tell of it, and each record counts.
func TakeLogons(ctx context.Context, inputs []string, o LogonOptions) (*Logons, error) {
	l := &logonBook{
		pairs: map[pairKey]*pair{}, methods: map[string]*methodTally{}, reasons: map[string]int64{}, admins: map[string]*adminState{},
		out: &Logons{
			Methods: []LogonTally{}, Reasons: []Reason{}, Admins: []Admin{}, Sprays: []Spray{}, Guesses: []Guess{}, NewPairs: []NewPair{},
		},
	}
	err := source.Run(ctx, inputs, o.Read, func(int) source.Worker {
		return &logonWorker{keep: newMatcher(&o.Filter), choose: newChoice(&o)}
	}, func(_ *source.File, result any) error {
		if p, ok := result.(*logonPage); ok {
			for i := range p.list {
				l.add(&p.list[i])
			}
		}
		return nil
	})
	l.finish()
	return l.out, err
}

// sighting is an attempt with its time and host.
type sighting struct {
	attempt
	time  int64
	timed bool
	host  string
}

// logonPage is what one block tells of.
type logonPage struct{ list []sighting }

type logonWorker struct {
	keep   *matcher
	choose *choice
	reader attemptReader
	page   *logonPage
}

func (w *logonWorker) Begin(*source.File) { w.page = &logonPage{} }

func (w *logonWorker) Event(ev *event.Event) bool {
	kept, nameless := w.keep.wants(ev)
	if !kept && !nameless {
		return true
	}
	a, ok := w.reader.read(ev)
	if !ok || !w.choose.wants(&a) {
		return true
	}
	if nameless { // only a logon is missed
		w.keep.leaveOut()
		return true
	}
	w.page.list = append(w.page.list, sighting{a, ev.Time, ev.HasTime, w.reader.strings.get(ev.Host)})
	return true
}

func (w *logonWorker) End() any {
	p := w.page
	w.page = nil
	if len(p.list) == 0 {
		return nil
	}
	return p
}

// choice applies the options that choose logons.
type choice struct {
	accounts, sources []string // folded
	networks          []netip.Prefix
	failed, system    bool
}

func newChoice(o *LogonOptions) *choice {
	c := &choice{failed: o.Failed, system: o.System}
	for _, a := range o.Accounts {
		c.accounts = append(c.accounts, event.FoldString(a))
	}
	for _, s := range o.Sources {
		if p, err := netip.ParsePrefix(s); err == nil {
			c.networks = append(c.networks, p.Masked())
			continue
		}
		c.sources = append(c.sources, event.FoldString(s))
	}
	return c
}

// wants leaves out what is not asked for. The system's own accounts are counted elsewhere.
func (c *choice) wants(a *attempt) bool {
	if c.failed && a.outcome != Failure && a.outcome != Privileged {
		return false
	}
	if c.system {
		a.system = false
	}
	if len(c.accounts) > 0 {
		name := event.FoldString(a.account)
		bare := name[strings.LastIndexByte(name, '\\')+1:]
		bare, _, _ = strings.Cut(bare, "@")
		if !slices.ContainsFunc(c.accounts, func(want string) bool { return wildcard(want, name) || wildcard(want, bare) }) {
			return false
		}
	}
	if len(c.sources)+len(c.networks) == 0 {
		return true
	}
	src := event.FoldString(a.source)
	if slices.ContainsFunc(c.sources, func(want string) bool { return wildcard(want, src) }) {
		return true
	}
	addr, err := netip.ParseAddr(a.source)
	return err == nil && slices.ContainsFunc(c.networks, func(p netip.Prefix) bool { return p.Contains(addr) })
}

type pairKey struct{ account, source string }

// pair is what is known of one account from one source.
type pair struct {
	account, source string // as first written
	succeeded       int64
	failed          int64
	explicit        int64
	first, last     int64
	timed           bool
	good, bad       stretch.Set // successes and failures in time
	hosts           []string
	moreHosts       bool
}

type methodTally struct{ LogonTally }

type adminState struct {
	Admin
	hosts map[string]bool
}

// logonBook adds up logons, in the order of the inputs.
type logonBook struct {
	pairs      map[pairKey]*pair
	methods    map[string]*methodTally
	reasons    map[string]int64
	admins     map[string]*adminState
	untold     int64 // attempts of pairs beyond MaxPairs
	fewReasons bool
	out        *Logons
}

const (
	attemptJoin  = int64(time.Minute) // attempts this near to one another are one burst
	maxBursts    = 24
	maxAdminHost = 1000
)

func (l *logonBook) add(s *sighting) {
	if s.system {
		l.out.System++
		return
	}
	if s.outcome == Privileged {
		l.admin(s)
		return
	}
	if s.timed {
		t := nanos(s.time)
		if l.out.First.IsZero() || t.Before(l.out.First) {
			l.out.First = t
		}
		if t.After(l.out.Last) {
			l.out.Last = t
		}
	}
	switch s.outcome {
	case Success:
		l.out.Succeeded++
	case Failure:
		l.out.Failed++
		l.reason(s.reason)
	case Explicit:
		l.out.Explicit++
	case Privileged:
	}
	l.method(s)
	l.pair(s)
}

func (l *logonBook) reason(text string) {
	if _, ok := l.reasons[text]; !ok && len(l.reasons) >= maxReasons {
		l.fewReasons = true
		text = "others"
	}
	l.reasons[text]++
}

func (l *logonBook) method(s *sighting) {
	m := l.methods[s.method]
	if m == nil {
		name := s.method
		if len(l.methods) >= maxMethods {
			name = "others"
			m = l.methods[name]
		}
		if m == nil {
			m = &methodTally{LogonTally{Name: name}}
			l.methods[name] = m
		}
	}
	m.count(s.outcome)
	if s.timed {
		m.seen(nanos(s.time), nanos(s.time))
	}
}

func (t *LogonTally) count(o Outcome) {
	switch o {
	case Success:
		t.Succeeded++
	case Failure:
		t.Failed++
	case Explicit:
		t.Explicit++
	case Privileged:
	}
}

func (t *LogonTally) seen(first, last time.Time) {
	if t.First.IsZero() || first.Before(t.First) {
		t.First = first
	}
	if last.After(t.Last) {
		t.Last = last
	}
}

func (l *logonBook) admin(s *sighting) {
	key := event.FoldString(s.account)
	a := l.admins[key]
	if a == nil {
		if len(l.admins) >= maxAdmins {
			return
		}
		a = &adminState{Admin: Admin{Account: s.account}, hosts: map[string]bool{}}
		l.admins[key] = a
	}
	a.Count++
	if len(a.hosts) < maxAdminHost {
		a.hosts[s.host] = true
	}
	if s.timed {
		t := nanos(s.time)
		if a.First.IsZero() || t.Before(a.First) {
			a.First = t
		}
		if t.After(a.Last) {
			a.Last = t
		}
	}
}

func (l *logonBook) pair(s *sighting) {
	k := pairKey{event.FoldString(s.account), event.FoldString(s.source)}
	p := l.pairs[k]
	if p == nil {
		if len(l.pairs) >= MaxPairs {
			l.untold++
			return
		}
		p = &pair{account: s.account, source: s.source, good: stretch.New(attemptJoin, maxBursts), bad: stretch.New(attemptJoin, maxBursts)}
		l.pairs[k] = p
	}
	switch s.outcome {
	case Success:
		p.succeeded++
	case Failure:
		p.failed++
	case Explicit:
		p.explicit++
	case Privileged:
	}
	if !slices.Contains(p.hosts, s.host) {
		if len(p.hosts) < maxHosts {
			p.hosts = append(p.hosts, s.host)
		} else {
			p.moreHosts = true
		}
	}
	if !s.timed {
		return
	}
	if !p.timed {
		p.first, p.last, p.timed = s.time, s.time, true
	}
	p.first, p.last = min(p.first, s.time), max(p.last, s.time)
	switch s.outcome {
	case Success:
		p.good.Add(s.time, s.time, 1)
	case Failure:
		p.bad.Add(s.time, s.time, 1)
	case Explicit, Privileged:
	}
}

// finish makes the lists.
func (l *logonBook) finish() {
	o := l.out
	keys := slices.SortedFunc(maps.Keys(l.pairs), func(a, b pairKey) int {
		return cmp.Or(strings.Compare(a.account, b.account), strings.Compare(a.source, b.source))
	})
	pairs := make([]*pair, len(keys))
	for i, k := range keys {
		pairs[i] = l.pairs[k]
	}
	o.Accounts = tally(pairs, func(p *pair) string { return p.account })
	for i := range o.Accounts {
		_, o.Accounts[i].Admin = l.admins[event.FoldString(o.Accounts[i].Name)]
	}
	o.Sources = tally(pairs, func(p *pair) string { return p.source })
	for _, m := range l.methods {
		o.Methods = append(o.Methods, m.LogonTally)
	}
	slices.SortFunc(o.Methods, func(a, b LogonTally) int {
		return cmp.Or(cmp.Compare(b.Succeeded+b.Failed+b.Explicit, a.Succeeded+a.Failed+a.Explicit), strings.Compare(a.Name, b.Name))
	})
	for text, n := range l.reasons {
		if text == "" {
			text = "no reason given"
		}
		o.Reasons = append(o.Reasons, Reason{text, n})
	}
	slices.SortFunc(o.Reasons, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Text, b.Text))
	})
	for _, a := range l.admins {
		a.Hosts = len(a.hosts)
		o.Admins = append(o.Admins, a.Admin)
	}
	slices.SortFunc(o.Admins, func(a, b Admin) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Account, b.Account))
	})
	l.highlights(pairs)
	if l.untold > 0 {
		o.Limits = append(o.Limits, count(l.untold, "attempt")+" of pairs of account and source beyond the first "+count(MaxPairs, "pair")+
			" are only in the totals: choose with --account, --source, --since or --until")
	}
	if len(l.admins) >= maxAdmins {
		o.Limits = append(o.Limits, "accounts with special privileges beyond the first "+count(maxAdmins, "one")+" are not told of")
	}
	if l.fewReasons {
		o.Limits = append(o.Limits, "reasons of failures beyond the first "+count(maxReasons, "one")+" are counted as others")
	}
}

// tally adds the pairs up by name. The pairs are in order, so that the spelling that wins does not depend on chance.
func tally(pairs []*pair, name func(*pair) string) []LogonTally {
	type sum struct {
		LogonTally
		hosts map[string]bool
	}
	by := map[string]*sum{}
	for _, p := range pairs {
		n := name(p)
		key := event.FoldString(n)
		t := by[key]
		if t == nil {
			t = &sum{LogonTally: LogonTally{Name: n}, hosts: map[string]bool{}}
			by[key] = t
		}
		t.Succeeded += p.succeeded
		t.Failed += p.failed
		t.Explicit += p.explicit
		t.Others++
		for _, h := range p.hosts {
			t.hosts[h] = true
		}
		if p.timed {
			t.seen(nanos(p.first), nanos(p.last))
		}
	}
	out := make([]LogonTally, 0, len(by))
	for _, t := range by {
		t.Hosts = len(t.hosts)
		out = append(out, t.LogonTally)
	}
	slices.SortFunc(out, func(a, b LogonTally) int {
		return cmp.Or(cmp.Compare(b.Failed, a.Failed), cmp.Compare(b.Succeeded, a.Succeeded), cmp.Compare(b.Explicit, a.Explicit), strings.Compare(a.Name, b.Name))
	})
	return out
}
