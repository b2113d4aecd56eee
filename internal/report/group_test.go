package report

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"entente/internal/hunt"
)

// collect is a sink that keeps what it gets.
type collect struct {
	got    []*hunt.Finding
	closed bool
	fail   error
}

func (c *collect) Finding(f *hunt.Finding) error { c.got = append(c.got, f); return c.fail }
func (c *collect) Close(*hunt.Summary) error     { c.closed = true; return nil }

func (c *collect) counts() string {
	var parts []string
	for _, f := range c.got {
		parts = append(parts, fmt.Sprintf("%s×%d", f.Host, f.Count))
	}
	return strings.Join(parts, " ")
}

func onHost(host string, minute int) *hunt.Finding {
	f := plainFinding()
	f.Host, f.Time, f.Offset = host, f.Time.Add(time.Duration(minute)*time.Minute), int64(minute)
	return f
}

func TestGroup(t *testing.T) {
	var c collect
	g := Group(&c, GroupOptions{})
	a := onHost("a", 0)
	for _, f := range []*hunt.Finding{a, onHost("b", 1), onHost("a", 5), onHost("a", 3), onHost("c", 4), onHost("b", 9)} {
		if err := g.Finding(f); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.got) != 0 {
		t.Error("a group was handed on before its end")
	}
	if err := g.Close(nil); err != nil || !c.closed {
		t.Fatal(err, c.closed)
	}
	if got := c.counts(); got != "a×3 b×2 c×1" {
		t.Errorf("groups %s", got)
	}
	if f := c.got[0]; !f.Time.Equal(a.Time) || !f.Last.Equal(a.Time.Add(5*time.Minute)) || f.Offset != 0 {
		t.Errorf("the first group is %v to %v", f.Time, f.Last)
	}
	if a.Count != 1 || !a.Last.IsZero() {
		t.Error("the finding that was given was changed")
	}
}

func TestGroupTellsApart(t *testing.T) {
	for name, change := range map[string]func(*hunt.Finding){
		"rule":       func(f *hunt.Finding) { m := *f.Rule; m.ID = "other"; f.Rule = &m },
		"user":       func(f *hunt.Finding) { f.User = "x" },
		"channel":    func(f *hunt.Finding) { f.Channel = "x" },
		"event id":   func(f *hunt.Finding) { f.EventID = 9 },
		"value":      func(f *hunt.Finding) { f.Matched[0].Value = "x" },
		"field":      func(f *hunt.Finding) { f.Matched[0].Name = "x" },
		"moved text": func(f *hunt.Finding) { f.Host, f.User = f.Host+f.User[:1], f.User[1:] },
		"correlation": func(f *hunt.Finding) {
			f.Correlation = &hunt.CorrelationHit{Group: []hunt.FieldValue{{Name: "a", Value: "b"}}}
		},
	} {
		var c collect
		g := Group(&c, GroupOptions{})
		f := plainFinding()
		change(f)
		_ = g.Finding(plainFinding())
		_ = g.Finding(f)
		_ = g.Close(nil)
		if len(c.got) != 2 {
			t.Errorf("findings that differ in %s are one", name)
		}
	}
}

func TestGroupIsBounded(t *testing.T) {
	var c collect
	g := Group(&c, GroupOptions{Groups: 2})
	for i, h := range strings.Fields("a b a c a b") { // c pushes a out, the next a pushes b out, the next b c
		_ = g.Finding(onHost(h, i))
	}
	if got := c.counts(); got != "a×2 b×1 c×1" {
		t.Errorf("before the end %s", got)
	}
	_ = g.Close(nil)
	if got := c.counts(); got != "a×2 b×1 c×1 a×1 b×1" {
		t.Errorf("groups %s", got)
	}
	var d collect
	g = Group(&d, GroupOptions{Bytes: 4000})
	for i := range 100 {
		_ = g.Finding(onHost(fmt.Sprint(i), i))
	}
	if len(d.got) < 90 {
		t.Errorf("of 100 groups in 4,000 bytes %d were handed on", len(d.got))
	}
	_ = g.Close(nil)
	if len(d.got) != 100 {
		t.Errorf("%d groups, wanted 100", len(d.got))
	}
}

func TestGroupPassesErrorsOn(t *testing.T) {
	broken := errors.New("broken")
	c := collect{fail: broken}
	g := Group(&c, GroupOptions{Groups: 1})
	_ = g.Finding(onHost("a", 0))
	if err := g.Finding(onHost("b", 0)); !errors.Is(err, broken) {
		t.Errorf("Finding = %v", err)
	}
	if err := g.Close(nil); !errors.Is(err, broken) || !c.closed {
		t.Errorf("Close = %v, closed %v", err, c.closed)
	}
}

func TestGroupFlush(t *testing.T) {
	var b strings.Builder
	g := Group(NewJSONL(&b), GroupOptions{})
	_ = g.Finding(onHost("a", 0))
	_ = g.Finding(onHost("a", 1))
	if err := g.(Flusher).Flush(); err != nil || strings.Count(b.String(), "\n") != 1 || !strings.Contains(b.String(), `"count":2`) {
		t.Errorf("%v %q", err, b.String())
	}
}
