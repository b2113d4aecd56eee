package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"entente/internal/event"
	"entente/internal/hunt"
	"entente/internal/sigma"
)

// filterOptions choose rules and records.
type filterOptions struct {
	since, until string
	level        string
	status       []string
	tags         []string
	rules        []string
	hosts        []string
}

func (o *filterOptions) register(f *pflag.FlagSet) {
	f.StringVar(&o.since, "since", "", "only records from this `TIME` on: 2021-03-01, 2021-03-01T14:00:00Z, or 7d, 12h before now")
	f.StringVar(&o.until, "until", "", "only records before this `TIME`")
	f.StringVar(&o.level, "level", "", "only rules of this `LEVEL` or above: informational, low, medium, high, critical")
	f.StringSliceVar(&o.status, "status", nil, "only rules of this `STATUS`: stable, test, experimental, deprecated, unsupported")
	f.StringSliceVar(&o.tags, "tag", nil, "only rules with this `TAG`: attack.t1059.001, t1059 (with its sub-techniques), persistence; may be repeated")
	f.StringSliceVar(&o.rules, "rule", nil, "only rules with this `ID`, name, or words in the title; may be repeated")
	f.StringSliceVar(&o.hosts, "host", nil, "only records of this `HOST`, by full or short name, with * and ? as wildcards; may be repeated; records that name no host, only another address, or no domain where nothing but one is asked for, are left out and counted")
}

// check validates what needs no clock.
func (o *filterOptions) check() error {
	o.level = strings.ToLower(o.level)
	if o.level != "" && levelRank(o.level) < 0 {
		return usagef("there is no level %q\nhint: one of %s", o.level, strings.Join(levels, ", "))
	}
	known := []string{"stable", "test", "experimental", "deprecated", "unsupported"}
	for _, s := range o.status {
		if !slices.Contains(known, strings.ToLower(s)) {
			return usagef("there is no status %q\nhint: one of %s", s, strings.Join(known, ", "))
		}
	}
	return nil
}

// flags names the flags that choose rules, as they were given.
func (o *filterOptions) flags() string {
	var out []string
	if o.level != "" {
		out = append(out, "--level "+o.level)
	}
	for _, l := range []struct {
		flag   string
		values []string
	}{{"--status", o.status}, {"--tag", o.tags}, {"--rule", o.rules}} {
		if len(l.values) > 0 {
			out = append(out, l.flag+" "+printable(strings.Join(l.values, ",")))
		}
	}
	return strings.Join(out, " and ")
}

// keep selects rules; nil keeps all.
func (o *filterOptions) keep() func(*sigma.Meta) bool {
	if o.level == "" && len(o.status) == 0 && len(o.tags) == 0 && len(o.rules) == 0 {
		return nil
	}
	status, tags, rules := foldAll(o.status), foldAll(o.tags), foldAll(o.rules)
	least := levelRank(o.level)
	return func(m *sigma.Meta) bool {
		if o.level != "" && levelRank(m.Level) < least {
			return false
		}
		if len(status) > 0 && !slices.Contains(status, strings.ToLower(m.Status)) {
			return false
		}
		if len(tags) > 0 && !slices.ContainsFunc(m.Tags, func(t string) bool {
			return slices.ContainsFunc(tags, func(want string) bool { return tagMatches(t, want) })
		}) {
			return false
		}
		return len(rules) == 0 || slices.ContainsFunc(rules, func(want string) bool {
			return want == m.ID || want == event.FoldString(m.Name) || strings.Contains(event.FoldString(m.Title), want)
		})
	}
}

// tagMatches compares a rule's tag with one asked for: as a whole, without its namespace, or as a technique with
// its sub-techniques.
func tagMatches(tag, want string) bool {
	_, name, _ := strings.Cut(tag, ".")
	for _, t := range []string{tag, name} {
		t = strings.ReplaceAll(t, "_", "-")
		w := strings.ReplaceAll(want, "_", "-")
		if t == w || strings.HasPrefix(t, w+".") {
			return true
		}
	}
	return false
}

func (o *filterOptions) apply(h *hunt.Options, now time.Time) error {
	var err error
	if h.Since, err = parseMoment("--since", o.since, now); err != nil {
		return err
	}
	if h.Until, err = parseMoment("--until", o.until, now); err != nil {
		return err
	}
	if !h.Since.IsZero() && !h.Until.IsZero() && !h.Since.Before(h.Until) {
		return usagef("--since %s is not before --until %s", o.since, o.until)
	}
	h.Hosts = o.hosts
	return nil
}

// parseMoment reads a time, or a time before now such as 36h or 7d.
func parseMoment(flag, s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if d, err := time.ParseDuration(days + "h"); err == nil {
			return now.Add(-24 * d).UTC(), nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil {
		return now.Add(-d.Abs()).UTC(), nil
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04Z07:00", "2006-01", "2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	if t, ok := event.ParseTime(s); ok {
		return t, nil
	}
	return time.Time{}, usagef("%s %q is no time\nhint: 2021-03-01, 2021-03-01T14:00:00Z, or 36h, 7d before now", flag, s)
}
