package exchange

import (
	"math"
	"testing"
	"time"

	"entente/internal/stix"
	"entente/internal/store"
)

func indicator(t *testing.T, members string) *stix.Object {
	t.Helper()
	return object(t, `{"type":"indicator","spec_version":"2.1","id":"indicator--11111111-1111-4111-8111-111111111111","created":"2026-01-01T00:00:00.000Z",`+
		`"modified":"2026-01-01T00:00:00.000Z","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z","pattern":"[url:value = 'x://y']"`+members+`}`)
}

func TestRetention(t *testing.T) {
	const day = 24 * time.Hour
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	until := func(s string) *stix.Object { return indicator(t, `,"valid_until":"`+s+`"`) }
	for _, c := range []struct {
		name string
		r    Retention
		o    *stix.Object
		want time.Time
	}{
		{"for ever", Retention{}, until("2026-07-01T00:00:00Z"), time.Time{}},
		{"a month", Retention{Keep: 30 * day}, object(t, tool(``)), now.Add(30 * day)},
		{"indicators, but this is none", Retention{Indicators: day}, object(t, tool(``)), time.Time{}},
		{"indicator without an end", Retention{Indicators: day}, indicator(t, ``), time.Time{}},
		{"indicator", Retention{Indicators: day}, until("2026-07-01T00:00:00Z"), time.Date(2026, 7, 2, 0, 0, 0, 0, time.UTC)},
		{"indicator that has ended", Retention{Indicators: day}, until("2026-02-01T00:00:00Z"), now.Add(day)},
		{"the earlier one", Retention{Keep: 10 * day, Indicators: day}, until("2026-07-01T00:00:00Z"), now.Add(10 * day)},
		{
			"what others refer to",
			Retention{Keep: day},
			object(t, `{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--33333333-3333-4333-8333-333333333333","created":"2024-01-01T00:00:00.000Z","definition_type":"statement","definition":{"statement":"x"}}`),
			time.Time{},
		},
	} {
		if got := c.r.expires(c.o, now); !got.Equal(c.want) {
			t.Errorf("%s: %s, not %s", c.name, got, c.want)
		}
	}
}

func TestExpire(t *testing.T) {
	n := newNode(t, Options{Retention: Retention{Keep: time.Hour}})
	ctx := t.Context()
	n.submit(t, n.as(n.ann), `{"objects":[`+toolNamed(1, ``)+`]}`)
	if gone := must[int](t)(n.Expire(ctx)); gone != 0 {
		t.Errorf("%d gone at once", gone)
	}
	n.wait(2 * time.Hour)
	if gone := must[int](t)(n.Expire(ctx)); gone != 1 {
		t.Errorf("%d gone", gone)
	}
	if left := must[int64](t)(n.Count(ctx, n.as(n.ann), store.Query{})); left != 0 {
		t.Errorf("%d left", left)
	}
	all := must[[]store.Entry](t)(n.st.AuditPage(ctx, store.AuditQuery{Deed: DeedExpire}))
	if len(all) != 1 || all[0].Detail != `{"times":1,"items":1}` {
		t.Errorf("%+v", all)
	}
}

func TestDecay(t *testing.T) {
	const day = 24 * time.Hour
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	d := Decay{HalfLife: map[string]time.Duration{"url": 10 * day}}
	for _, c := range []struct {
		members string
		after   time.Duration
		want    float64
	}{
		{``, 0, 50},
		{`,"confidence":80`, 0, 80},
		{`,"confidence":80`, 10 * day, 40},
		{`,"confidence":80`, 30 * day, 10},
		{`,"confidence":0`, 0, 0},
		{`,"confidence":80`, -time.Second, 0},
		{`,"confidence":80,"revoked":true`, 0, 0},
		{`,"confidence":80,"valid_until":"2026-01-11T00:00:00Z"`, 10*day - time.Second, 40},
		{`,"confidence":80,"valid_until":"2026-01-11T00:00:00Z"`, 10 * day, 0},
	} {
		if got := d.Score(indicator(t, c.members), "url", start.Add(c.after)); math.Abs(got-c.want) > 0.01 {
			t.Errorf("%s after %s: %f, not %f", c.members, c.after, got, c.want)
		}
	}
	last := math.Inf(1)
	for i := range 100 { // it never rises
		s := Decay{}.Score(indicator(t, ``), "ipv4-addr", start.Add(time.Duration(i)*day))
		if s > last || s < 0 {
			t.Errorf("day %d: %f after %f", i, s, last)
		}
		last = s
	}
	if got := (Decay{HalfLife: map[string]time.Duration{"": day}}).Score(indicator(t, ``), "file", start.Add(day)); math.Abs(got-25) > 0.01 {
		t.Errorf("the half-life of all others: %f", got)
	}
	for _, kind := range []string{"ipv4-addr", "url", "domain-name", "file", "x"} {
		if DefaultHalfLife(kind) <= 0 {
			t.Errorf("no half-life for %s", kind)
		}
	}
}
