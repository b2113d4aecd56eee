package report

import (
	"time"

	"entente/internal/coverage"
)

// verdictMembers are the members of a host's verdict; docs/formats/coverage.md lists them.
func verdictMembers(j *jsonText, r *coverage.Report, h *coverage.Host) {
	j.str("host", h.Name)
	j.list("also", h.Also)
	j.some("also_because", h.Because())
	if h.File {
		j.str("named_by", "file")
	}
	j.str("verdict", string(h.Verdict))
	j.some("incomplete", r.Incomplete)
	j.boolean("blind", h.Blind)
	j.object("sight", func() {
		j.num("of", int64(h.Of))
		j.num("looked", int64(h.Looked))
		j.num("proof", int64(h.Proof))
	})
	j.array("stages", func() {
		for i := range h.Stages {
			s := &h.Stages[i]
			j.item(func() {
				j.str("id", s.ID)
				j.str("title", s.Title)
				j.str("shows", string(s.Shows))
				j.str("strength", string(s.Strength()))
				j.some("level", s.Level)
				j.num("findings", s.Findings)
				j.moment("first", s.First)
				j.moment("last", s.Last)
			})
		}
	})
	j.moment("first", h.First)
	j.moment("last", h.Last)
	j.array("chain", func() {
		for i := range h.Chain {
			if i == maxChain {
				break
			}
			j.item(func() { stepMembers(j, &h.Chain[i]) })
		}
	})
	if n := len(h.Chain) - maxChain; n > 0 {
		j.num("chain_more", int64(n))
	}
	j.str("because", h.VerdictBecause(r.Incomplete))
	j.num("other_findings", h.Other)
	j.object("packs", func() {
		for i := range h.Packs {
			p := &h.Packs[i]
			j.object(p.ID, func() {
				j.str("verdict", string(p.Verdict))
				j.some("entrance", p.Entrance)
				j.num("of", int64(p.Of))
				j.num("looked", int64(p.Looked))
				j.num("proof", int64(p.Proof))
			})
		}
	})
	if len(h.JoinedBy) > 0 {
		j.array("joined_by", func() {
			for _, w := range h.JoinedBy {
				j.elem(string(w))
			}
		})
	}
	if n := len(h.Joined); n > 0 {
		j.array("joined_files", func() {
			for _, l := range h.Joined[:min(n, maxJoined)] {
				j.item(func() {
					j.str("file", l.File)
					j.some("host", l.Name)
					j.some("by", string(l.By))
				})
			}
		})
		j.num("joined_files_total", int64(n))
	}
	j.object("logs", func() {
		j.num("records", h.Records)
		j.moment("first", h.LogsFirst)
		j.moment("last", h.LogsLast)
	})
	if len(h.Gaps) > 0 {
		j.array("gaps", func() {
			for i := range h.Gaps {
				g := &h.Gaps[i]
				j.item(func() {
					j.str("log", g.Log)
					j.str("kind", string(g.Kind))
					j.moment("from", g.From)
					j.moment("to", g.To)
				})
			}
		})
		j.num("gaps_total", int64(h.GapsAll))
	}
	if len(h.Missing) > 0 {
		j.array("missing", func() {
			for _, n := range h.Missing {
				j.item(func() { logMembers(j, &r.Missing[n]) })
			}
		})
	}
}

// Bounds of what a verdict lists: steps, and logs that do not name the host.
const (
	maxChain  = 500
	maxJoined = 5000
)

func stepMembers(j *jsonText, s *coverage.Step) {
	j.moment("time", s.Time)
	if hasTime(s.Since) {
		j.when("since", s.Since)
	}
	if s.Last.After(s.Time) {
		j.when("last", s.Last)
	}
	j.some("stage", s.Stage)
	j.some("shows", string(s.Shows))
	j.object("rule", func() {
		j.some("id", s.Rule)
		j.str("title", s.Title)
		j.some("level", s.Level)
	})
	j.list("techniques", s.Techniques)
	j.num("findings", s.Findings)
	j.some("user", s.User)
	j.some("text", s.Text)
	if s.File != "" {
		j.str("file", s.File)
		j.num("offset", s.Offset)
	}
}

func logMembers(j *jsonText, l *coverage.Log) {
	j.str("name", l.Name)
	j.list("kinds", l.Kinds)
	j.list("enable", l.Enable)
}

// moment adds a time, null where there is none.
func (j *jsonText) moment(k string, t time.Time) {
	if !hasTime(t) {
		j.key(k)
		j.b = append(j.b, "null"...)
		return
	}
	j.when(k, t)
}

// coverageMembers are the members of a coverage report.
func coverageMembers(j *jsonText, r *coverage.Report, o *Options) {
	j.some("incomplete", r.Incomplete)
	j.array("packs", func() {
		for i := range r.Packs {
			j.item(func() { packMembers(j, &r.Packs[i], o) })
			j.b = append(j.b, '\n')
		}
	})
	j.array("hosts", func() {
		for i := range r.Hosts {
			if i == htmlHosts {
				break
			}
			j.item(func() { verdictMembers(j, r, &r.Hosts[i]) })
			j.b = append(j.b, '\n')
		}
	})
	j.num("hosts_total", int64(len(r.Hosts)))
	j.object("verdicts", func() {
		for _, v := range coverage.Verdicts {
			j.num(string(v), int64(verdictCount(r, v)))
		}
	})
	j.num("signs", int64(signCount(r)))
	j.array("missing", func() {
		for i := range r.Missing {
			l := &r.Missing[i]
			j.item(func() {
				logMembers(j, l)
				j.num("rules", int64(l.Rules))
				j.num("ttps", int64(l.TTPs))
				j.num("helps", int64(l.Helps))
			})
			j.b = append(j.b, '\n')
		}
	})
	j.boolean("folded", r.Folded)
}

func verdictCount(r *coverage.Report, v coverage.Verdict) int {
	n := 0
	for i := range r.Hosts {
		if r.Hosts[i].Verdict == v {
			n++
		}
	}
	return n
}

// signCount counts the hosts that could be compromised, and of which no finding is enough to say so.
func signCount(r *coverage.Report) int {
	n := 0
	for i := range r.Hosts {
		if r.Hosts[i].OnlySign() {
			n++
		}
	}
	return n
}

func packMembers(j *jsonText, p *coverage.Pack, o *Options) {
	m := &p.Manifest
	j.str("id", m.ID)
	j.str("title", m.Title)
	j.str("version", m.Version)
	j.some("issued", string(m.Issued))
	j.some("tlp", m.TLP)
	j.array("stages", func() {
		for _, s := range m.Stages {
			j.item(func() {
				j.str("id", s.ID)
				j.str("title", s.Title)
				j.str("shows", string(s.Shows))
			})
		}
	})
	j.object("counts", func() {
		for _, s := range coverage.States {
			j.num(string(s), int64(p.Counts[s]))
		}
	})
	j.array("ttps", func() {
		for i := range p.TTPs {
			j.item(func() { ttpMembers(j, &p.TTPs[i], o) })
			j.b = append(j.b, '\n')
		}
	})
	j.array("mitigations", func() {
		for i := range p.Mitigations {
			mi := &p.Mitigations[i]
			j.item(func() {
				j.str("id", mi.ID)
				j.str("title", mi.Title)
				j.some("effort", mi.Effort)
			})
		}
	})
}

func ttpMembers(j *jsonText, t *coverage.TTP, o *Options) {
	j.str("id", t.ID)
	j.some("now", t.Now)
	j.some("name", o.techniqueName(t.Current()))
	j.list("tactics", t.Tactics)
	j.str("state", string(t.State))
	j.boolean("partly", t.Partly)
	j.num("findings", t.Findings)
	j.some("level", t.Level)
	j.moment("first", t.First)
	j.moment("last", t.Last)
	j.list("hosts", t.Hosts[:min(len(t.Hosts), 100)])
	j.num("hosts_total", int64(len(t.Hosts)))
	j.some("procedure", t.Procedure)
	j.some("confidence", t.Confidence)
	j.list("logs", t.Logs)
	j.some("undetectable", t.WhyNoLog())
	j.array("rules", func() {
		for i := range t.Rules {
			r := &t.Rules[i]
			j.item(func() {
				j.str("id", r.ID)
				j.str("title", r.Title)
				j.some("level", r.Level)
				j.some("stage", r.Stage)
				j.num("findings", r.Findings)
				j.boolean("looked", r.Looked)
				if r.LeftOut {
					j.boolean("left_out", true)
				}
				if r.Missing >= 0 {
					j.num("missing", int64(r.Missing))
				}
			})
		}
	})
	if len(t.Missing) > 0 {
		j.array("missing", func() {
			for _, n := range t.Missing {
				j.comma()
				j.b = append(j.b, itoa(int64(n))...)
			}
		})
	}
	j.array("questions", func() {
		for _, q := range t.Questions {
			j.item(func() {
				j.str("ask", q.Ask)
				j.some("look_for", q.LookFor)
				j.some("where", q.Where)
			})
		}
	})
	j.list("mitigations", t.Mitigations)
}
