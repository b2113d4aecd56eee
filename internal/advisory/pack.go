package advisory

import (
	"bytes"

	"entente/internal/sigma"
)

// FormatName is what a manifest says in `format`.
const FormatName = "entente-pack/1"

// Pack is an advisory that can be run. It is not changed once read.
type Pack struct {
	Manifest    Manifest
	TTPs        []TTP
	Mitigations []Mitigation
	Indicators  []Indicator
	// Rules are those of rules/ and, behind them, what the indicators were turned into.
	Rules *sigma.Collection
	Tests []RuleTest
	// Name is where the pack was read from, for messages.
	Name string

	folder         string // that it was read from, without the path; "" where it was none
	files          *fileSet
	at             places
	indicatorRules []byte // the text of the rules of indicators
}

// Files lists the names of the pack's files, in order.
func (p *Pack) Files() []string { return p.files.names() }

// File is the content of one of them, which is not to be changed; nil where the pack has no such file. The files of rules
// have the names of their documents' Meta.File.
func (p *Pack) File(name string) []byte { return p.files.data[name] }

// Manifest is pack.yml.
type Manifest struct {
	Format      string      `yaml:"format"`
	ID          string      `yaml:"id"`
	Title       string      `yaml:"title"`
	Summary     string      `yaml:"summary"`
	Description string      `yaml:"description,omitempty"`
	Version     string      `yaml:"version"`
	Issued      Date        `yaml:"issued"`
	Modified    Date        `yaml:"modified,omitempty"`
	ValidUntil  Date        `yaml:"valid_until"`
	TLP         string      `yaml:"tlp"`
	Issuers     []Issuer    `yaml:"issuers"`
	References  []Reference `yaml:"references"`
	Supersedes  []string    `yaml:"supersedes,omitempty"`
	Attack      struct {
		Published string `yaml:"published"`
		Today     string `yaml:"today"`
	} `yaml:"attack"`
	License string  `yaml:"license"`
	Stages  []Stage `yaml:"stages"`
	// Entrances are where every intrusion that the pack is about would be seen as it begins: each of them alone.
	Entrances []Entrance `yaml:"entrances,omitempty"`
}

// Date is a day, YYYY-MM-DD, or "" where none is given.
type Date string

// Issuer is who stands behind a pack.
type Issuer struct {
	Name string `yaml:"name"`
	Role string `yaml:"role"` // author, publisher, source
	URL  string `yaml:"url,omitempty"`
}

// Reference is something to read.
type Reference struct {
	Title string `yaml:"title"`
	URL   string `yaml:"url"`
}

// Shows is what the findings of a stage prove.
type Shows string

// What a stage shows.
const (
	Attempt    Shows = "attempt"
	Compromise Shows = "compromise"
)

// Stage is a step in the course of an intrusion.
type Stage struct {
	ID    string `yaml:"id"`
	Title string `yaml:"title"`
	Shows Shows  `yaml:"shows"`
	// Decisive says that one finding of level high shows what the stage shows: nothing usual looks like it. Findings of
	// other stages that show a compromise are signs of one.
	Decisive bool `yaml:"decisive,omitempty"`
}

// Meaning is what its findings show, for people: "attempt", "compromise" or "compromise, decisive".
func (s *Stage) Meaning() string {
	if s.Decisive {
		return string(s.Shows) + ", decisive"
	}
	return string(s.Shows)
}

// Entrance is a log that shows how intruders come in, whatever they do afterwards.
type Entrance struct {
	// Log is a kind of log, as docs/formats/taxonomy.md names them; it stands for those below it as well.
	Log string `yaml:"log"`
	// Rules are the ids of rules that have to be able to look at it, so that the pack's silence is an answer.
	Rules []string `yaml:"rules"`
}

// StageTag is what a rule's tag for a stage begins with.
const StageTag = "stage."

// TTP is one thing that the actor does, by its ATT&CK id.
type TTP struct {
	ID           string     `yaml:"id"` // as published
	Now          string     `yaml:"now,omitempty"`
	Ref          string     `yaml:"ref,omitempty"`
	Tactics      []string   `yaml:"tactics"`
	Procedure    string     `yaml:"procedure"`
	Platforms    []string   `yaml:"platforms"`
	Logs         []string   `yaml:"logs"`
	Detections   []string   `yaml:"detections,omitempty"` // rule ids
	Undetectable string     `yaml:"undetectable,omitempty"`
	Confidence   string     `yaml:"confidence"`
	Questions    []Question `yaml:"questions,omitempty"`
	Mitigations  []string   `yaml:"mitigations"`
}

// Current is the id today.
func (t *TTP) Current() string {
	if t.Now != "" {
		return t.Now
	}
	return t.ID
}

// Question is for a person to answer.
type Question struct {
	Ask     string `yaml:"ask"`
	LookFor string `yaml:"look_for"`
	Where   string `yaml:"where"`
}

// Mitigation is something that stops one or more TTPs.
type Mitigation struct {
	ID     string   `yaml:"id"`
	Title  string   `yaml:"title"`
	Text   string   `yaml:"text"`
	Attack []string `yaml:"attack,omitempty"`
	D3FEND []string `yaml:"d3fend"`
	Effort string   `yaml:"effort"`
}

// Indicator is a value to look for, with its context.
type Indicator struct {
	Type       string   `yaml:"type"`
	Value      string   `yaml:"value"`
	Context    string   `yaml:"context"`
	OnlyUnder  []string `yaml:"only_under,omitempty"`
	NotUnder   []string `yaml:"not_under,omitempty"`
	TTPs       []string `yaml:"ttps,omitempty"`
	Confidence string   `yaml:"confidence"`
	FirstSeen  Date     `yaml:"first_seen,omitempty"`
	LastSeen   Date     `yaml:"last_seen,omitempty"`
	Level      string   `yaml:"level,omitempty"`
	Stage      string   `yaml:"stage,omitempty"`
}

// RuleTest is what a rule must find, and what not.
type RuleTest struct {
	File     string         `yaml:"-"`
	Rule     string         `yaml:"rule"`
	Format   string         `yaml:"format,omitempty"` // of a log; "" is json
	Header   string         `yaml:"header,omitempty"`
	Base     map[string]any `yaml:"base,omitempty"`
	Positive []Case         `yaml:"positive"`
	Negative []Case         `yaml:"negative"`
}

// Case is a piece of a log: either events or lines.
type Case struct {
	Name   string           `yaml:"name"`
	Fires  int              `yaml:"fires,omitempty"` // exactly so many findings; 0 is at least one
	Events []map[string]any `yaml:"events,omitempty"`
	Lines  string           `yaml:"lines,omitempty"`
}

// RuleText is the document of a rule, correlation or filter of the pack; nil where the pack has none at that place.
func (p *Pack) RuleText(m *sigma.Meta) []byte {
	text := p.File(m.File)
	if p.FromIndicator(m) {
		text = p.indicatorRules
	}
	start, line := 0, 0
	for pos := 0; pos < len(text); {
		end := len(text)
		if i := bytes.IndexByte(text[pos:], '\n'); i >= 0 {
			end = pos + i + 1
		}
		line++
		if documentMarker(text[pos:end]) {
			if line > m.Line {
				return bytes.TrimSpace(text[start:pos])
			}
			start = end
		}
		pos = end
	}
	return bytes.TrimSpace(text[start:])
}

// documentMarker says that a line stands between two documents (YAML 1.2, section 9.1.4).
func documentMarker(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("---"))
	return ok && (len(rest) == 0 || bytes.IndexByte([]byte(" \t\r\n"), rest[0]) >= 0)
}

// FromIndicator says that a rule was made of an indicator.
func (p *Pack) FromIndicator(m *sigma.Meta) bool { return m.File == indicatorsFile }
