package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"entente/internal/report"
	"entente/internal/triage"
)

type logonsOptions struct {
	records  recordOptions
	read     readOptions
	accounts []string
	sources  []string
	failed   bool
	system   bool
	top      int
	json     bool
	quiet    bool
}

func newLogonsCmd(env Env) *cobra.Command {
	var o logonsOptions
	c := &cobra.Command{
		Use:   "logons [flags] PATH…",
		Short: "Show who logged on, from where, and who failed to",
		Long: `Count the logons that logs tell of, by account, source and kind, and point out what deserves a look.

` + describeInputs + `

Read are: Windows (4624, 4625, 4648, 4672, 4768, 4769, 4771, 4776, 4778, remote desktop 21, 25, 140 and 1149), OpenSSH,
sudo, su and login in syslog, the audit daemon's USER_LOGIN, and the sign-ins of Entra ID, Microsoft 365, AWS and Okta. A
domain controller and the machine that somebody logs on to both write a record, and each counts. Accounts of machines
and of the system itself are counted apart; --system takes them in.

  many accounts   A source that failed with 10 accounts or more within an hour, or with 20 over the whole time, none of
                  which had logged on from there before. It got in as those that logged on from there after they
                  had failed, between the first of these failures and 24 hours after the last.
  guessing        An account that failed 10 times in a row from one source and got in within an hour, or failed
                  50 times; or failed from 5 sources or more.
  new sources     An account that logged on, in the last 24 hours of logs that cover 3 days, from where it never had.
  administrators  Accounts whose logon got special privileges (4672).

All times are UTC. Exit codes: 0 done, 1 no input could be read, or not all of it because of a
limit, 2 wrong usage, 130 interrupted.`,
		Example: `  entente logons evidence/
  entente logons --failed --source 203.0.113.0/24 logs/
  entente logons --account 'svc_*' --since 7d --host dc01 evidence.zip
  entente logons --json logs/ | jq '.guesses[] | select(.entered)'`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error { return runLogons(c.Context(), env, &o, args) },
	}
	f := c.Flags()
	f.StringArrayVar(&o.accounts, "account", nil, "only this `ACCOUNT`, with its domain or without; * is any text; may be repeated")
	f.StringArrayVar(&o.sources, "source", nil, "only from this `ADDRESS`, network (192.0.2.0/24) or machine; * is any text; may be repeated")
	f.BoolVar(&o.failed, "failed", false, "only failures")
	f.BoolVar(&o.system, "system", false, "count the accounts of machines and of the system itself, too")
	o.records.register(f)
	o.read.register(f)
	f.IntVar(&o.top, "top", 15, "`NUMBER` of accounts and sources shown")
	f.BoolVar(&o.json, "json", false, "print one JSON object with everything; docs/formats/triage.md describes it")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no progress, no warnings")
	registerReadCompletion(c)
	return c
}

func runLogons(ctx context.Context, env Env, o *logonsOptions, args []string) error {
	if err := needPaths("logons", args); err != nil {
		return err
	}
	if o.top < 0 {
		return usagef("--top must not be negative")
	}
	to := triage.LogonOptions{Accounts: o.accounts, Sources: o.sources, Failed: o.failed, System: o.system}
	var err error
	if to.Filter, err = o.records.filter(time.Now()); err != nil {
		return err
	}
	if to.Read, err = o.read.options(); err != nil {
		return err
	}
	r := newReading(env, &to.Read, readingOptions{
		noBar: o.quiet, noTroubles: o.quiet, as: o.read.as, timed: to.Filter.Timed(),
		nameless: nameless(&to.Filter, o.quiet), noun: "logon", hosts: to.Filter.Hosts,
	})
	l, err := triage.TakeLogons(ctx, args, to)
	if err := r.end(err); err != nil {
		return err
	}
	if o.json {
		b, err := json.Marshal(l)
		if err != nil {
			return err
		}
		return r.close(append(b, '\n'))
	}
	s := newSheet(env)
	showLogons(s, l, o.top)
	return r.close(s.b.Bytes())
}

func showLogons(s *sheet, l *triage.Logons, top int) {
	s.line()
	failed := s.paint(styleBold, many(l.Failed, "failure"))
	if l.Failed > 0 {
		failed = s.paint(styleAlert, many(l.Failed, "failure"))
	}
	s.line("  ", s.paint(styleBold, many(l.Succeeded, "logon")), ", ", failed, ", ",
		many(int64(len(l.Accounts)), "account"), " from ", many(int64(len(l.Sources)), "source"), s.paint(styleDim, when(l.First, l.Last)))
	if l.Explicit > 0 {
		s.line("  ", s.paint(styleDim, many(l.Explicit, "use")+" of explicit credentials"))
	}
	if l.System > 0 {
		s.line("  ", s.paint(styleDim, many(l.System, "logon")+" of machines and of the system itself left out; --system counts them"))
	}
	showSprays(s, l.Sprays)
	showGuesses(s, l.Guesses)
	showNewPairs(s, l.NewPairs)
	showTally(s, "Accounts", "sources", l.Accounts, top, func(t *triage.LogonTally) string {
		if t.Name == "" {
			return "(no name)"
		}
		if t.Admin {
			return t.Name + " *"
		}
		return t.Name
	})
	showTally(s, "Sources", "accounts", l.Sources, top, func(t *triage.LogonTally) string {
		if t.Name == "" {
			return "(the host itself)"
		}
		return t.Name
	})
	if len(l.Methods) > 0 {
		s.section("Kinds", "")
		for _, m := range l.Methods {
			s.line("    ", left(printable(m.Name), 34), right(thousands(m.Succeeded+m.Explicit), 11), failures(s, m.Failed))
		}
	}
	if len(l.Reasons) > 0 {
		s.section("Why logons failed", "")
		for _, r := range l.Reasons[:min(len(l.Reasons), 12)] {
			s.line("    ", left(printable(r.Text), 34), right(thousands(r.Count), 11))
		}
	}
	showAdmins(s, l.Admins, top)
	for _, x := range l.Limits {
		s.line()
		s.line("  ", s.paint(styleAlert, "! "), x)
	}
	s.line()
}

func failures(s *sheet, n int64) string {
	if n == 0 {
		return right("", 12)
	}
	return s.paint(styleAlert, right(thousands(n), 12))
}

const highlightsShown = 10

// more says how many of a list are not shown.
func (s *sheet) more(n, shown int) {
	if n > shown {
		s.line("    ", s.paint(styleDim, fmt.Sprintf("and %s more; --json lists them", thousands(int64(n-shown)))))
	}
}

func showSprays(s *sheet, list []triage.Spray) {
	if len(list) == 0 {
		return
	}
	s.section("Many accounts from one source", "somebody may be trying a few passwords on everybody")
	for _, x := range list[:min(len(list), highlightsShown)] {
		within := "within an hour"
		if x.Slow {
			within = "over " + lasting(x.To.Sub(x.From))
		}
		s.line("    ", s.paint(styleBold, left(printable(x.Source), 40)), " ", s.paint(styleAlert, many(int64(x.Accounts), "account")+" "+within), ", ",
			many(x.Failed, "failure"), ", ", s.paint(styleDim, span(x.From, x.To)))
		if len(x.Entered) > 0 {
			s.line("      ", s.paint(styleDanger, "got in as "+report.Clip(printable(strings.Join(x.Entered, ", ")), s.width-20)))
		}
	}
	s.more(len(list), highlightsShown)
}

func showGuesses(s *sheet, list []triage.Guess) {
	if len(list) == 0 {
		return
	}
	s.section("Guessing passwords", "many failures in a row")
	for _, x := range list[:min(len(list), highlightsShown)] {
		source := "from " + x.Source
		switch {
		case x.Source == "" && x.Sources > 1:
			source = "from " + many(int64(x.Sources), "source")
		case x.Source == "":
			source = "on the host itself"
		}
		name := x.Account
		if name == "" {
			name = "(no name)"
		}
		s.line("    ", s.paint(styleBold, left(printable(name), 40)), " ", left(printable(source), 34), " ", s.paint(styleAlert, right(many(x.Failed, "failure"), 16)), "  ",
			s.paint(styleDim, span(x.From, x.To)))
		if !x.Entered.IsZero() {
			s.line("      ", s.paint(styleDanger, "got in at "+x.Entered.Format(time.DateTime)))
		}
	}
	s.more(len(list), highlightsShown)
}

func showNewPairs(s *sheet, list []triage.NewPair) {
	if len(list) == 0 {
		return
	}
	s.section("New sources", "first used in the last 24 hours of these logs")
	for _, x := range list[:min(len(list), highlightsShown)] {
		name := x.Account
		if x.Admin {
			name += " *"
		}
		s.line("    ", s.paint(styleBold, left(printable(name), 40)), " ", left("from "+printable(x.Source), 34), " ", s.paint(styleDim, x.First.Format(dayAndMinute)),
			"  ", s.paint(styleDim, "before from "+many(int64(x.Usual), "other source")))
	}
	s.more(len(list), highlightsShown)
}

func showTally(s *sheet, title, others string, list []triage.LogonTally, top int, name func(*triage.LogonTally) string) {
	if len(list) == 0 || top == 0 {
		return
	}
	note := ""
	if len(list) > top {
		note = fmt.Sprintf("first %d of %s", top, thousands(int64(len(list))))
	}
	s.section(title, note)
	s.line("    ", s.paint(styleDim, left("", 40)+right("logons", 11)+right("failures", 12)+right(others, 10)+right("hosts", 8)))
	for i := range list[:min(len(list), top)] {
		t := &list[i]
		s.line("    ", left(printable(name(t)), 40), right(thousands(t.Succeeded), 11), failures(s, t.Failed), right(thousands(int64(t.Others)), 10),
			right(thousands(int64(t.Hosts)), 8), "  ", s.paint(styleDim, span(t.First, t.Last)))
	}
}

func showAdmins(s *sheet, list []triage.Admin, top int) {
	if len(list) == 0 || top == 0 {
		return
	}
	note := "logons with special privileges; marked with * elsewhere"
	if len(list) > top {
		note += fmt.Sprintf("; first %d of %s", top, thousands(int64(len(list))))
	}
	s.section("Administrators", note)
	for _, a := range list[:min(len(list), top)] {
		s.line("    ", left(printable(a.Account), 40), right(thousands(a.Count), 11), right(many(int64(a.Hosts), "host"), 12), "  ", s.paint(styleDim, span(a.First, a.Last)))
	}
}
