package triage

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"entente/internal/event"
	"entente/internal/stretch"
)

const (
	// sprayAccounts have to fail from one source within Window; slowAccounts over the whole time.
	sprayAccounts = 10
	slowAccounts  = 20
	// guessFailures in a row are an attempt to guess a password if a success follows; without one it takes more.
	guessFailures = 10
	plainFailures = 50
	// guessSources and spreadFailures make an attempt from many sources.
	guessSources   = 5
	spreadFailures = 20
	// A pair is new if it is first seen in the last newTime of logs that reach back at least oldTime.
	newTime = 24 * time.Hour
	oldTime = 72 * time.Hour
)

// highlights looks for what deserves a look. The pairs are in order of account and source.
func (l *logonBook) highlights(pairs []*pair) {
	bySource, byAccount := map[string][]*pair{}, map[string][]*pair{}
	var sources, accounts []string
	for _, p := range pairs {
		s, a := event.FoldString(p.source), event.FoldString(p.account)
		if bySource[s] == nil {
			sources = append(sources, s)
		}
		if byAccount[a] == nil {
			accounts = append(accounts, a)
		}
		bySource[s], byAccount[a] = append(bySource[s], p), append(byAccount[a], p)
	}
	slices.Sort(sources)
	o := l.out
	for _, s := range sources {
		if spray, ok := findSpray(bySource[s]); ok {
			o.Sprays = append(o.Sprays, spray)
		}
	}
	for _, a := range accounts {
		o.Guesses = append(o.Guesses, findGuesses(byAccount[a])...)
	}
	if o.Last.Sub(o.First) >= oldTime {
		since := o.Last.Add(-newTime).UnixNano()
		for _, a := range accounts {
			_, admin := l.admins[a]
			o.NewPairs = append(o.NewPairs, findNew(byAccount[a], since, admin)...)
		}
	}
	slices.SortStableFunc(o.Sprays, func(a, b Spray) int {
		return cmp.Or(cmp.Compare(len(b.Entered), len(a.Entered)), cmp.Compare(b.Accounts, a.Accounts))
	})
	slices.SortStableFunc(o.Guesses, func(a, b Guess) int {
		return cmp.Or(compareBool(!b.Entered.IsZero(), !a.Entered.IsZero()), cmp.Compare(b.Failed, a.Failed))
	})
	slices.SortStableFunc(o.NewPairs, func(a, b NewPair) int {
		return cmp.Or(compareBool(b.Admin, a.Admin), b.First.Compare(a.First), strings.Compare(a.Account, b.Account))
	})
	o.Sprays = o.Sprays[:min(len(o.Sprays), maxHighlights)]
	o.Guesses = o.Guesses[:min(len(o.Guesses), maxHighlights)]
	o.NewPairs = o.NewPairs[:min(len(o.NewPairs), maxHighlights)]
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// enteredWithin is how long after a spray a logon still counts as its success: who sprays tries what he has found soon,
// and later on anybody may come from that address.
const enteredWithin = 24 * time.Hour

// findSpray looks at the pairs of one source.
func findSpray(pairs []*pair) (Spray, bool) {
	if pairs[0].source == "" {
		return Spray{}, false // the hosts themselves
	}
	type failure struct {
		stretch.Stretch
		who int
	}
	var (
		list []failure
		who  int
	)
	for i, p := range pairs {
		if len(p.bad.List) == 0 || p.atHome() {
			continue
		}
		who++
		for _, b := range p.bad.List {
			list = append(list, failure{b, i})
		}
	}
	if who < sprayAccounts {
		return Spray{}, false
	}
	slices.SortFunc(list, func(a, b failure) int { return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.who, b.who)) })
	// The window with most accounts.
	in, start, best := map[int]int{}, 0, 0
	var from, to int64
	for _, f := range list {
		in[f.who]++
		for !stretch.Near(list[start].First, f.First, int64(Window)) {
			w := list[start].who
			if in[w]--; in[w] == 0 {
				delete(in, w)
			}
			start++
		}
		if len(in) > best {
			best = len(in)
			from, to = list[start].First, f.First
		}
	}
	out := Spray{Source: pairs[0].source, Accounts: best}
	if best < sprayAccounts {
		if who < slowAccounts {
			return Spray{}, false
		}
		out.Accounts, out.Slow = who, true
		from, to = list[0].First, list[len(list)-1].First
	}
	// A burst of failures cannot be counted in part: the range takes in whole bursts, so that the number is that of the range.
	for i := 0; i < len(list); {
		run, n := list[i].Stretch, list[i].N // bursts that overlap
		for i++; i < len(list) && list[i].First <= run.Last; i++ {
			run.Last, n = max(run.Last, list[i].Last), n+list[i].N
		}
		if run.First <= to && run.Last >= from {
			from, to = min(from, run.First), max(to, run.Last)
			out.Failed += n
		}
	}
	out.From, out.To = nanos(from), nanos(to)
	until := out.To.Add(enteredWithin).UnixNano()
	for _, p := range pairs {
		if len(p.bad.List) > 0 && !p.atHome() && seenBetween(&p.good, max(from, p.bad.List[0].First), until) {
			out.Entered = append(out.Entered, p.account)
		}
	}
	return out, true
}

// atHome says that the account logged on from there before it failed: a proxy, a gateway, a terminal server.
func (p *pair) atHome() bool {
	return len(p.good.List) > 0 && p.good.List[0].First < p.bad.List[0].First
}

// seenBetween says that something certainly lies between from and to, both included. Of a stretch only its ends are known,
// and that there is something in it every s.Join.
func seenBetween(s *stretch.Set, from, to int64) bool {
	return slices.ContainsFunc(s.List, func(g stretch.Stretch) bool {
		return g.First <= to && g.Last >= from && (g.First >= from || g.Last <= to || !stretch.Near(from, to, s.Join))
	})
}

// findGuesses looks at the pairs of one account.
func findGuesses(pairs []*pair) []Guess {
	var (
		out     []Guess
		failing int
		failed  int64
		from    int64
		to      int64
		entered int64
	)
	for _, p := range pairs {
		var worst Guess
		bursts := joined(&p.bad, int64(Window)/4)
		for _, b := range bursts {
			g := Guess{Account: p.account, Source: p.source, Sources: 1, Failed: b.N, From: nanos(b.First), To: nanos(b.Last)}
			if t, ok := successAfter(&p.good, b); ok {
				g.Entered = nanos(t)
			}
			if g.Failed >= guessFailures && !g.Entered.IsZero() || g.Failed >= plainFailures {
				if worst.Failed == 0 || worst.Entered.IsZero() && !g.Entered.IsZero() || worst.Entered.IsZero() == g.Entered.IsZero() && g.Failed > worst.Failed {
					worst = g
				}
			}
			if failing == 0 || b.First < from {
				from = b.First
			}
			to = max(to, b.Last)
		}
		if worst.Failed > 0 {
			out = append(out, worst)
		}
		if len(bursts) > 0 && p.source != "" {
			failing++
			failed += p.failed
			for _, b := range bursts {
				if t, ok := successAfter(&p.good, b); ok && (entered == 0 || t < entered) {
					entered = t
				}
			}
		}
	}
	if failing >= guessSources && failed >= spreadFailures && failed >= 2*int64(failing) {
		g := Guess{Account: pairs[0].account, Sources: failing, Failed: failed, From: nanos(from), To: nanos(to)}
		if entered != 0 {
			g.Entered = nanos(entered)
		}
		out = append(out, g)
	}
	return out
}

// joined puts stretches together that lie no more than join apart.
func joined(s *stretch.Set, join int64) []stretch.Stretch {
	var out []stretch.Stretch
	for _, b := range s.List {
		if n := len(out); n > 0 && stretch.Near(out[n-1].Last, b.First, join) {
			out[n-1].Last, out[n-1].N = b.Last, out[n-1].N+b.N
			continue
		}
		out = append(out, b)
	}
	return out
}

// successAfter finds a success that begins after the failures have begun, and at most Window after they have ended. One
// that was going on before tells nothing.
func successAfter(good *stretch.Set, bad stretch.Stretch) (int64, bool) {
	for _, g := range good.List {
		if g.First > bad.First && g.First-bad.Last <= int64(Window) {
			return g.First, true
		}
	}
	return 0, false
}

// findNew looks for sources that an account uses only since a time, and used others before.
func findNew(pairs []*pair, since int64, admin bool) []NewPair {
	usual := 0
	for _, p := range pairs {
		if len(p.good.List) > 0 && p.good.List[0].First < since {
			usual++
		}
	}
	if usual == 0 {
		return nil
	}
	var out []NewPair
	for _, p := range pairs {
		if p.source != "" && p.account != "" && len(p.good.List) > 0 && p.good.List[0].First >= since {
			out = append(out, NewPair{
				Account: p.account, Source: p.source, First: nanos(p.good.List[0].First), Succeeded: p.succeeded, Admin: admin, Usual: usual,
			})
		}
	}
	return out
}
