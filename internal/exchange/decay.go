package exchange

import (
	"bytes"
	"math"
	"time"

	"entente/internal/stix"
	"entente/internal/stixpattern"
)

// Decay says how fast the confidence in an indicator fades. The zero value takes the half-lives of [DefaultHalfLife].
type Decay struct {
	// HalfLife is after how long half of the confidence is left, by the type of what the pattern looks for first (ipv4-addr,
	// domain-name, file …). "" is for all others. Types without one take the default.
	HalfLife map[string]time.Duration
}

// DefaultHalfLife is after how long half of the confidence in an indicator is left: addresses change hands within weeks,
// names and URLs within months, and what a file is never changes; it only becomes less likely to be met.
func DefaultHalfLife(kind string) time.Duration {
	const day = 24 * time.Hour
	switch kind {
	case "ipv4-addr", "ipv6-addr", "network-traffic":
		return 30 * day
	case "url":
		return 60 * day
	case "domain-name", "email-addr", "x509-certificate":
		return 120 * day
	case "file", "artifact", "mutex", "windows-registry-key":
		return 720 * day
	}
	return 180 * day
}

// Score is how much an object is worth at a moment, to a tenth, if it is an indicator. It goes by the bytes that a reader gets: what is
// withheld from it counts as not stated.
func (s *Service) Score(raw []byte, at time.Time) (score float64, ok bool) {
	if !bytes.Contains(raw, []byte(`indicator`)) && !bytes.Contains(raw, []byte(`\u`)) {
		return 0, false // most objects are something else, and need not be read for that
	}
	o, err := stix.Parse(raw, stored)
	if err != nil || o.Type != "indicator" {
		return 0, false
	}
	return math.Round(s.opt.Decay.Score(o, soughtBy(o), at)*10) / 10, true
}

// soughtBy is the type of what the pattern of an indicator looks for first, "" where it is no pattern of STIX. Those of STIX 2.0 do
// not say that they are.
func soughtBy(o *stix.Object) string {
	if kind, ok := o.Root().Child("pattern_type"); ok && kind.Text() != "stix" {
		return ""
	}
	v, ok := o.Root().Child("pattern")
	if !ok {
		return ""
	}
	p, err := stixpattern.Parse(v.Text())
	if err != nil {
		return ""
	}
	if tests := p.Tests(); len(tests) > 0 {
		return tests[0].Path.Type
	}
	return ""
}

// unstated is the confidence in an indicator that says none.
const unstated = 50

// Score is how much an indicator is worth at a moment, from 0 to 100:
//
//	confidence × 2^(−age / half-life)
//
// age runs from valid_from, or from modified where that is later: who writes an indicator again has looked at it again.
// Before valid_from, at and after valid_until, and once the indicator is revoked, it is 0. confidence is what the indicator
// says, 50 where it says none. Score is a pure function of its arguments: it is computed when somebody asks, and nothing
// that is stored changes.
func (d Decay) Score(o *stix.Object, kind string, at time.Time) float64 {
	if o.Revoked {
		return 0
	}
	from, until := o.Modified.Time, time.Time{}
	if v, ok := o.Root().Child("valid_from"); ok {
		if t, err := stix.ParseTimestamp(v.Text()); err == nil {
			if at.Before(t.Time) {
				return 0
			}
			if t.Time.After(from) {
				from = t.Time
			}
		}
	}
	if v, ok := o.Root().Child("valid_until"); ok {
		if t, err := stix.ParseTimestamp(v.Text()); err == nil {
			until = t.Time
		}
	}
	if !until.IsZero() && !at.Before(until) {
		return 0
	}
	confidence := float64(o.Confidence)
	if o.Confidence < 0 {
		confidence = unstated
	}
	half := d.HalfLife[kind]
	if half <= 0 {
		half = d.HalfLife[""]
	}
	if half <= 0 {
		half = DefaultHalfLife(kind)
	}
	age := max(at.Sub(from), 0)
	return confidence * math.Exp2(-float64(age)/float64(half))
}
