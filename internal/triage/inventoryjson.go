package triage

import (
	"encoding/json"
	"time"
)

// The JSON form of an [Inventory], which docs/formats/triage.md describes for those who read it.
type (
	inventoryJSON struct {
		First       *time.Time    `json:"first,omitempty"`
		Last        *time.Time    `json:"last,omitempty"`
		Events      int64         `json:"events"`
		Files       int64         `json:"files"`
		Logs        []logJSON     `json:"logs"`
		Notable     []notableJSON `json:"notable"`
		NotableAll  int64         `json:"notable_total"`
		Skipped     []troubleJSON `json:"skipped"`
		SkippedAll  int64         `json:"skipped_total"`
		Warnings    []troubleJSON `json:"warnings"`
		WarningsAll int64         `json:"warnings_total"`
		Limits      []string      `json:"limits,omitempty"`
	}
	logJSON struct {
		Host     string       `json:"host"`
		Source   string       `json:"source"`
		Channel  string       `json:"channel"`
		Provider string       `json:"provider,omitempty"`
		Events   int64        `json:"events"`
		Timeless int64        `json:"without_time,omitempty"`
		Files    int64        `json:"files"`
		First    *time.Time   `json:"first,omitempty"`
		Last     *time.Time   `json:"last,omitempty"`
		Kinds    []kindJSON   `json:"kinds"`
		Gaps     []gapJSON    `json:"gaps,omitempty"`
		Missing  *missingJSON `json:"missing_records,omitempty"`
		Copies   int64        `json:"copies,omitempty"`
		Jumps    []jumpJSON   `json:"clock_jumps,omitempty"`
		JumpsAll int64        `json:"clock_jumps_total,omitempty"`
	}
	kindJSON struct {
		Provider string `json:"provider,omitempty"`
		ID       uint32 `json:"event_id,omitempty"`
		Name     string `json:"name,omitempty"`
		Count    int64  `json:"count"`
	}
	gapJSON struct {
		From    time.Time `json:"from"`
		To      time.Time `json:"to"`
		Seconds int64     `json:"seconds"`
		Others  bool      `json:"others_active"`
	}
	missingJSON struct {
		Records   int64       `json:"records"`
		Runs      [][2]uint64 `json:"runs"`
		RunsAll   int         `json:"runs_total"`
		Scattered bool        `json:"scattered"`
	}
	jumpJSON struct {
		From   time.Time `json:"from"`
		To     time.Time `json:"to"`
		File   string    `json:"file"`
		Offset int64     `json:"offset"`
	}
	notableJSON struct {
		Time     *time.Time `json:"time,omitempty"`
		Host     string     `json:"host,omitempty"`
		Channel  string     `json:"channel,omitempty"`
		EventID  uint32     `json:"event_id,omitempty"`
		What     string     `json:"what"`
		User     string     `json:"user,omitempty"`
		RecordID uint64     `json:"record_id,omitempty"`
		File     string     `json:"file"`
		Offset   int64      `json:"offset"`
	}
	troubleJSON struct {
		File    string `json:"file"`
		Offset  *int64 `json:"offset,omitempty"`
		Message string `json:"message"`
	}
)

// moment leaves out a time that is not known.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// MarshalJSON writes the inventory as one object.
func (v *Inventory) MarshalJSON() ([]byte, error) {
	out := inventoryJSON{
		First: moment(v.First), Last: moment(v.Last), Events: v.Events, Files: v.Files, Logs: []logJSON{}, Notable: []notableJSON{},
		NotableAll: v.NotableAll, Skipped: []troubleJSON{}, SkippedAll: v.SkippedAll, Warnings: []troubleJSON{}, WarningsAll: v.WarningsAll,
		Limits: v.Limits,
	}
	for _, l := range v.Logs {
		j := logJSON{
			Host: l.Host, Source: string(l.Source), Channel: l.Channel, Provider: l.Provider, Events: l.Events, Timeless: l.Timeless,
			Files: l.Files, First: moment(l.First), Last: moment(l.Last), Kinds: []kindJSON{}, Copies: l.Copies, JumpsAll: l.JumpsAll,
		}
		for _, k := range l.Kinds {
			j.Kinds = append(j.Kinds, kindJSON(k))
		}
		for _, g := range l.Gaps {
			j.Gaps = append(j.Gaps, gapJSON{g.From, g.To, int64(g.To.Sub(g.From).Seconds()), g.Others})
		}
		if m := l.Missing; m != nil {
			j.Missing = &missingJSON{Records: m.Records, RunsAll: m.RunsAll, Scattered: m.Scattered}
			for _, r := range m.Runs {
				j.Missing.Runs = append(j.Missing.Runs, [2]uint64{r.From, r.To})
			}
		}
		for _, x := range l.Jumps {
			j.Jumps = append(j.Jumps, jumpJSON(x))
		}
		out.Logs = append(out.Logs, j)
	}
	for _, n := range v.Notable {
		out.Notable = append(out.Notable, notableJSON{moment(n.Time), n.Host, n.Channel, n.EventID, n.What, n.User, n.RecordID, n.File, n.Offset})
	}
	for _, s := range v.Skipped {
		out.Skipped = append(out.Skipped, troubleJSON{File: s.File, Message: s.Reason})
	}
	for _, w := range v.Warnings {
		t := troubleJSON{File: w.File, Message: w.Message}
		if w.Offset >= 0 {
			t.Offset = &w.Offset
		}
		out.Warnings = append(out.Warnings, t)
	}
	return json.Marshal(out)
}
