package report

import (
	"slices"
	"strings"
	"time"

	"entente/internal/attack"
	"entente/internal/hunt"
)

// Bounds of what the report says about the hunt as a whole.
const (
	htmlHosts    = 5000
	htmlBuckets  = 20_000
	htmlWarnings = 2000
	htmlRuleText = 24 << 20 // bytes of rule texts quoted, all together
)

// metaJSON is everything in the report that is not a row: the summary, the rules that fired, exact counts.
func (h *htmlReport) metaJSON(s *hunt.Summary) []byte {
	t := h.tally
	j := jsonText{b: []byte{'{'}}
	j.str("title", h.o.HTML.Title)
	j.when("generated", h.o.now())
	j.some("handling", t.handling())
	j.some("incomplete", incompleteText(s))
	j.num("rows", int64(h.rows))
	j.num("bare", int64(h.bare))
	j.num("total", t.levels.total())
	j.num("noTime", t.noTime)
	j.object("summary", func() { summaryMembers(&j, s, t.names.Count) })
	h.hostSetsJSON(&j)
	h.hostNamesJSON(&j)
	if h.o.Coverage != nil {
		r := h.o.Coverage.Report(s)
		j.object("coverage", func() { coverageMembers(&j, r, &h.o) })
		j.str("success", successText(r, false))
		j.str("successBrief", successText(r, true))
	}
	j.array("rules", func() { h.rulesJSON(&j) })
	j.object("counts", func() {
		j.array("levels", func() { j.counts(t.levels) })
		j.object("tactics", func() {
			for _, short := range t.tacticOrder() {
				j.array(short, func() { j.counts(*t.tactics[short]) })
			}
		})
		j.array("hosts", func() {
			for i, host := range t.worstHosts() {
				if i == htmlHosts {
					break
				}
				j.item(func() {
					j.str("name", host.name)
					j.array("levels", func() { j.counts(host.levels) })
					j.millis("first", host.first)
					j.millis("last", host.last)
				})
			}
		})
		j.num("hostCount", int64(t.hostCount()))
		j.object("histogram", func() { histogramMembers(&j, t.hist) })
	})
	j.array("tactics", func() {
		for _, k := range killChain {
			if shownTactic(k.short) != k.short {
				continue
			}
			j.item(func() {
				j.str("short", k.short)
				j.some("id", k.id)
				j.str("name", k.name)
			})
		}
		for _, short := range t.tacticOrder() {
			if tacticRank(short) == len(killChain) {
				j.item(func() {
					j.str("short", short)
					j.str("name", tacticName(short))
				})
			}
		}
	})
	if h.o.Attack != nil {
		j.array("matrix", func() { matrixJSON(&j, h.o.Attack) })
	}
	j.close('}')
	return j.b
}

// counts adds the numbers of a levelCounts, least level first.
func (j *jsonText) counts(c levelCounts) {
	for _, n := range c {
		j.comma()
		j.b = append(j.b, itoa(n)...)
	}
}

// millis adds a time in milliseconds since 1970.
func (j *jsonText) millis(k string, t time.Time) {
	if hasTime(t) {
		j.num(k, t.UnixMilli())
	}
}

// hostSetsJSON says which hosts the findings are of whose rows have each number, and of those for which it takes more than
// the name in the record how it is known.
func (h *htmlReport) hostSetsJSON(j *jsonText) {
	names, places := h.tally.names, h.tally.sets.places
	number := map[string]int64{}
	var list []string
	j.array("hostSets", func() {
		for _, p := range places {
			j.comma()
			j.b = append(j.b, '[')
			for i, name := range names.HostsAt(p) {
				if i > 0 {
					j.b = append(j.b, ',')
				}
				name = clipBytes(name, maxDictText)
				n, ok := number[name]
				if !ok {
					n = int64(len(list))
					number[name] = n
					list = append(list, name)
				}
				j.b = append(j.b, itoa(n)...)
			}
			j.b = append(j.b, ']')
		}
	})
	j.array("hosts", func() {
		for _, name := range list {
			j.elem(name)
		}
	})
	j.object("hostBecause", func() {
		for i, p := range places {
			if len(p) > 1 {
				continue // each of its records says it for itself
			}
			if _, by := names.HostAt(p[0]); by != "" {
				j.str(itoa(int64(i)), by.Text())
			}
		}
	})
}

// hostNamesJSON lists names of hosts that give way to others: the name in the records of rows, the name that is shown.
func (h *htmlReport) hostNamesJSON(j *jsonText) {
	names := h.tally.names
	if len(names.Shown) == 0 {
		return
	}
	j.array("hostNames", func() {
		for _, n := range h.tally.sets.names() {
			if _, ok := names.Shown[n]; !ok {
				continue
			}
			j.comma()
			j.b = append(j.b, '[')
			j.b = appendJSONString(j.b, clipBytes(n, maxDictText))
			j.b = append(j.b, ',')
			j.b = appendJSONString(j.b, clipBytes(names.Of(n), maxDictText))
			j.b = append(j.b, ']')
		}
	})
}

func summaryMembers(j *jsonText, s *hunt.Summary, hosts int) {
	j.millis("started", s.Started)
	j.float("seconds", s.Duration.Seconds())
	j.some("version", s.Version)
	j.list("inputs", s.Inputs)
	j.num("files", int64(s.Files))
	j.num("events", s.Events)
	j.num("bytes", s.UsedBytes)
	j.num("findings", s.Findings)
	j.num("suppressed", s.Suppressed)
	j.num("rules", int64(s.Rules))
	j.num("applicable", int64(s.Applicable))
	j.str("rulesText", rulesText(s))
	j.num("peakRSS", s.PeakRSS)
	j.num("hosts", int64(hosts))
	searched, first, last := searchedEvents(s)
	j.str("searched", searched)
	j.some("asked", askedText(s))
	j.millis("first", first)
	j.millis("last", last)
	j.some("attack", s.ATTACKVersion)
	j.num("warningsTotal", max(s.WarningsTotal, int64(len(s.Warnings))))
	warnings(j, "warnings", s.Warnings)
	j.num("skippedTotal", int64(len(s.Skipped)))
	warnings(j, "skipped", s.Skipped)
	j.num("notApplicableTotal", int64(len(s.NotApplicable)))
	j.array("notApplicable", func() {
		for i, n := range s.NotApplicable {
			if i == htmlWarnings*5 {
				break
			}
			j.item(func() {
				j.some("id", n.ID)
				j.str("title", n.Title)
				j.str("note", n.Note)
			})
		}
	})
}

func warnings(j *jsonText, key string, list []hunt.Warning) {
	j.array(key, func() {
		for i, w := range list {
			if i == htmlWarnings {
				break
			}
			j.item(func() {
				j.some("file", w.File)
				j.num("offset", w.Offset)
				j.str("message", clipText(w.Message, 2048))
			})
		}
	})
}

// rulesJSON writes the rules in the order of their numbers in the index.
func (h *htmlReport) rulesJSON(j *jsonText) {
	list := make([]*ruleTally, len(h.tally.rules))
	for _, r := range h.tally.rules {
		list[r.index] = r
	}
	room := htmlRuleText
	for _, r := range list {
		m := r.meta
		j.item(func() {
			j.some("id", m.ID)
			j.str("title", ruleTitle(m))
			j.some("mark", tlpText(m))
			j.str("level", parseLevel(m.Level).String())
			j.some("rawLevel", m.Level)
			j.some("status", m.Status)
			j.some("file", m.File)
			j.list("tags", m.Tags)
			j.some("description", strings.TrimSpace(m.Description))
			j.some("author", m.Author)
			j.some("date", m.Date)
			j.some("modified", m.Modified)
			j.some("license", m.License)
			j.list("references", m.References)
			if m.Indicator != nil {
				j.object("indicator", func() { indicatorMembers(j, m.Indicator) })
				j.array("facts", func() {
					for _, x := range indicatorFacts(m.Indicator) {
						j.item(func() {
							j.str("name", x[0])
							j.str("text", x[1])
						})
					}
				})
			}
			j.list("falsePositives", m.FalsePos)
			j.list("logsource", logsourceParts(r))
			shown := shownTactics(r.tactics)
			j.array("techniques", func() {
				for _, t := range r.techniques {
					j.item(func() {
						j.str("id", t.ID)
						j.some("name", t.Name)
						j.list("tactics", tacticsOf(t, shown))
						if u, ok := webURL(techniqueURL(t)); ok {
							j.str("url", u)
						}
					})
				}
			})
			j.list("tactics", shown)
			if !slices.Equal(shown, r.tactics) {
				j.list("named", r.tactics)
			}
			j.num("count", r.count)
			j.num("rows", int64(h.budget.byRule[r]))
			j.num("hosts", int64(len(r.hosts)))
			j.millis("first", r.first)
			j.millis("last", r.last)
			if room > 0 {
				if text, ok := h.o.ruleText(m); ok {
					room -= len(text)
					j.str("text", string(text))
				}
			}
		})
	}
}

func logsourceParts(r *ruleTally) []string {
	if r.source.Product+r.source.Category+r.source.Service == "" {
		return nil
	}
	return []string{r.source.Product, r.source.Category, r.source.Service}
}

func histogramMembers(j *jsonText, h *histogram) {
	list := h.sorted()
	j.num("width", h.width*1000)
	from, to, outside := h.focus()
	j.millis("from", from)
	j.millis("to", to)
	j.num("outside", outside)
	// Without rows left out the report counts for itself; the bound only matters for very long logs.
	step := (len(list) + htmlBuckets - 1) / htmlBuckets
	j.array("buckets", func() {
		for i := 0; i < len(list); i += max(step, 1) {
			sum := list[i].counts
			for _, b := range list[i+1 : min(i+max(step, 1), len(list))] {
				for l, n := range b.counts {
					sum[l] += n
				}
			}
			j.open('[')
			j.comma()
			j.b = append(j.b, itoa(list[i].start*1000)...)
			j.counts(sum)
			j.close(']')
		}
	})
}

// matrixJSON writes the Enterprise matrix: what a hunt could have seen.
func matrixJSON(j *jsonText, facts *attack.Facts) {
	for _, col := range facts.Matrix(attack.Enterprise) {
		j.item(func() {
			j.str("short", col.Tactic.Short)
			j.str("id", col.Tactic.ID)
			j.str("name", col.Tactic.Name)
			j.array("techniques", func() {
				for _, t := range col.Techniques {
					j.item(func() {
						j.str("id", t.ID)
						j.str("name", t.Name)
						if subs := facts.Subtechniques(t); len(subs) > 0 {
							j.array("sub", func() {
								for _, s := range subs {
									j.item(func() {
										j.str("id", s.ID)
										j.str("name", s.Name)
									})
								}
							})
						}
					})
				}
			})
		})
	}
}
