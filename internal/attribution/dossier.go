package attribution

import (
	"slices"
	"time"
)

// Dossier is a case as data to be shown: everything by name, nothing to be looked up, in the order in which it reads. Nothing in it is
// labelled more strictly than its label, if it has one. It is what `entente case show --format json` prints.
type Dossier struct {
	ID         string           `json:"id"`
	Key        string           `json:"key"`
	Title      string           `json:"title"`
	Question   string           `json:"question,omitempty"`
	Keeper     string           `json:"keeper"`
	Begun      time.Time        `json:"begun"`
	Changed    time.Time        `json:"changed"`
	TLP        string           `json:"tlp,omitempty"`
	Evidence   []DossierItem    `json:"evidence"`
	Hypotheses []DossierAnswer  `json:"hypotheses"`
	Matrices   []DossierMatrix  `json:"matrices"`
	Premises   []DossierPremise `json:"assumptions"`
	Gaps       []DossierGap     `json:"gaps"`
	Judgements []DossierOpinion `json:"judgements"`
	Pools      []DossierPool    `json:"pools"`
	Assessment []DossierSection `json:"assessment"`
	Timeline   []DossierMoment  `json:"timeline"`
	Withheld   int              `json:"withheld,omitempty"`   // parts that are labelled more strictly
	Unresolved int              `json:"unresolved,omitempty"` // parts about others that are not here
}

// DossierItem is an item of evidence.
type DossierItem struct {
	Key      string           `json:"key"`
	ID       string           `json:"id"`
	Kind     string           `json:"kind"`
	Text     string           `json:"text"`
	Grade    string           `json:"grade"`
	Weight   int              `json:"weight"`
	Source   string           `json:"source,omitempty"`
	Supplier string           `json:"supplier,omitempty"`
	Observed *time.Time       `json:"observed,omitempty"`
	Received *time.Time       `json:"received,omitempty"`
	Line     string           `json:"line,omitempty"`
	Level    string           `json:"level,omitempty"`
	Group    string           `json:"group,omitempty"`
	URL      string           `json:"url,omitempty"`
	About    []string         `json:"about,omitempty"`
	TLP      string           `json:"tlp,omitempty"`
	Maker    string           `json:"maker"`
	Grades   []DossierGrading `json:"grades"`
}

// DossierGrading is one organisation's grade.
type DossierGrading struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Grade  string    `json:"grade"`
	Reason string    `json:"reason,omitempty"`
}

// DossierAnswer is a hypothesis.
type DossierAnswer struct {
	Key     string `json:"key"`
	ID      string `json:"id"`
	Text    string `json:"text"`
	Stance  string `json:"kind"`
	Actor   string `json:"actor,omitempty"`
	Sponsor string `json:"sponsor,omitempty"`
	Degree  string `json:"degree,omitempty"`
	Step    int    `json:"degree_step,omitempty"` // 1 to 10
	Set     string `json:"set,omitempty"`
	TLP     string `json:"tlp,omitempty"`
	Maker   string `json:"maker"`
}

// DossierMatrix is the matrix of a set, its hypotheses by rank.
type DossierMatrix struct {
	Set        string         `json:"set,omitempty"`
	Hypotheses []DossierScore `json:"hypotheses"`
	Rows       []DossierRow   `json:"rows"`
	Doubts     []DossierDoubt `json:"sensitivity"`
}

// DossierScore is how a hypothesis stands.
type DossierScore struct {
	Key     string `json:"key"`
	Rank    int    `json:"rank"`
	Against int    `json:"against"`
	For     int    `json:"for"`
	Unrated int    `json:"unrated"`
}

// DossierRow is an item with its ratings.
type DossierRow struct {
	Key           string        `json:"key"`
	Weight        int           `json:"weight"`
	Line          int           `json:"independent"` // rows with one number are of one source, and count once
	Diagnosticity float64       `json:"diagnosticity"`
	Cells         []DossierCell `json:"cells"` // as Hypotheses
}

// DossierCell is a rating.
type DossierCell struct {
	Rating    string         `json:"rating,omitempty"`
	Contested bool           `json:"contested,omitempty"`
	Said      []DossierRated `json:"said,omitempty"`
}

// DossierRated is one organisation's rating.
type DossierRated struct {
	By     string `json:"by"`
	Rating string `json:"rating"`
	Reason string `json:"reason"`
}

// DossierDoubt is what follows if an item, or a line, is wrong.
type DossierDoubt struct {
	Items   []string `json:"items"`
	Line    bool     `json:"line,omitempty"`
	Flipped bool     `json:"flipped"`
	Leads   bool     `json:"changes_the_lead"`
	Leaders []string `json:"leaders"`
	Ranks   []int    `json:"ranks"` // as Hypotheses
}

// DossierPremise is an assumption.
type DossierPremise struct {
	Key     string   `json:"key"`
	Text    string   `json:"text"`
	Bears   []string `json:"hypotheses,omitempty"`
	IfWrong string   `json:"if_wrong,omitempty"`
	Maker   string   `json:"maker"`
}

// DossierGap is what is not known.
type DossierGap struct {
	Key   string   `json:"key"`
	Text  string   `json:"text"`
	Bears []string `json:"hypotheses,omitempty"`
	Would string   `json:"would_fill,omitempty"`
	Maker string   `json:"maker"`
}

// DossierOpinion is a judgement, with those before it.
type DossierOpinion struct {
	ID          string           `json:"id"`
	Hypothesis  string           `json:"hypothesis"`
	By          string           `json:"by"`
	RecordedBy  string           `json:"recorded_by,omitempty"`
	At          time.Time        `json:"at"`
	Likelihood  *DossierTerm     `json:"likelihood,omitempty"`
	Confidence  *DossierTerm     `json:"confidence,omitempty"`
	LeansOn     []string         `json:"leans_on,omitempty"`
	Reason      string           `json:"reason"`
	Change      string           `json:"change,omitempty"`
	WouldChange string           `json:"would_change,omitempty"`
	Before      []DossierOpinion `json:"before,omitempty"` // the latest first
}

// DossierTerm is a word of a scale.
type DossierTerm struct {
	Scale string `json:"scale"`
	Term  string `json:"term"`
	Least *int   `json:"least,omitempty"` // percent
	Most  *int   `json:"most,omitempty"`
}

// DossierPool is a pool.
type DossierPool struct {
	Set      string          `json:"set,omitempty"`
	Slots    []DossierSlot   `json:"slots"`
	Members  []DossierShare  `json:"members"`
	Unpooled []string        `json:"unpooled,omitempty"`
	Spreads  []DossierSpread `json:"disagreement"`
}

// DossierSlot is what both pools say of a hypothesis; Key is "" for what no hypothesis says.
type DossierSlot struct {
	Key       string   `json:"key,omitempty"`
	Says      string   `json:"says,omitempty"`
	Linear    *float64 `json:"linear,omitempty"`
	LogLinear *float64 `json:"log_linear,omitempty"`
}

// DossierShare is what a member brings to a pool.
type DossierShare struct {
	Name   string    `json:"name"`
	Weight float64   `json:"weight"`
	Shares []float64 `json:"shares"`
	Sum    float64   `json:"sum"`
	Judged int       `json:"judged"`
}

// DossierSpread is how far members are apart.
type DossierSpread struct {
	Hypothesis string              `json:"hypothesis"`
	Least      float64             `json:"least"`
	Most       float64             `json:"most"`
	Outside    []string            `json:"outside,omitempty"`
	Shared     []string            `json:"all_lean_on,omitempty"`
	Alone      map[string][]string `json:"one_leans_on,omitempty"`
}

// DossierSection is a part of the text.
type DossierSection struct {
	Heading   string   `json:"heading"`
	Sentences []string `json:"sentences"`
	List      bool     `json:"list,omitempty"` // they read best one below the other
}

// DossierMoment is an entry of the timeline.
type DossierMoment struct {
	At     time.Time `json:"at"`
	What   string    `json:"what"`
	Key    string    `json:"key,omitempty"`
	By     string    `json:"by"`
	Author string    `json:"author,omitempty"`
	Text   string    `json:"text"`
	Reason string    `json:"reason,omitempty"`
}

// Dossier is the case to be shown under a label, "" for no bound. Ranks and weights are those of the whole case, pools of the judgements that can be shown. Where that which
// cannot be shown is needed to understand a figure, its key stands there, and nothing of what it says.
func (c *Case) Dossier(most string, org func(string) string, weights map[string]float64) (*Dossier, error) {
	said := *c // what members said that may be shown
	said.Opinions = slices.DeleteFunc(slices.Clone(c.Opinions), func(o *Opinion) bool { return !o.Shown(most) })
	pools, err := said.Pools(weights)
	if err != nil {
		return nil, err
	}
	d := &Dossier{
		ID: c.ID, Key: c.Key, Title: c.Title, Question: c.Question, Keeper: org(c.Maker), Begun: c.Created, Changed: c.Modified, TLP: c.TLP, Unresolved: c.Unresolved,
		Evidence: []DossierItem{}, Hypotheses: []DossierAnswer{}, Matrices: []DossierMatrix{}, Premises: []DossierPremise{}, Gaps: []DossierGap{},
		Judgements: []DossierOpinion{}, Pools: []DossierPool{}, Timeline: []DossierMoment{},
	}
	if n := len(c.History); n > 0 {
		d.Changed = c.History[n-1].Modified
	}
	shown := func(m *Meta) bool {
		if !m.Shown(most) {
			d.Withheld++
			return false
		}
		return true
	}
	names := func(ids []string) (out []string) {
		for _, id := range ids {
			if n, ok := c.Names[id]; ok {
				out = append(out, n)
			}
		}
		return out
	}
	for _, i := range c.Items {
		if shown(&i.Meta) {
			d.Evidence = append(d.Evidence, i.dossier(most, org))
		}
	}
	for _, a := range c.Answers {
		if shown(&a.Meta) {
			d.Hypotheses = append(d.Hypotheses, DossierAnswer{
				a.Name, a.ID, a.Text, a.Stance, a.Actor, a.Sponsor, a.Degree, slices.Index(Degrees, a.Degree) + 1, a.Set, a.TLP, org(a.Maker),
			})
		}
	}
	for _, set := range c.Sets() {
		d.Matrices = append(d.Matrices, c.dossierMatrix(set, most, org))
	}
	for _, p := range c.Premises {
		if shown(&p.Meta) {
			d.Premises = append(d.Premises, DossierPremise{p.Name, p.Text, names(p.Bears), p.IfWrong, org(p.Maker)})
		}
	}
	for _, g := range c.Blanks {
		if shown(&g.Meta) {
			d.Gaps = append(d.Gaps, DossierGap{g.Name, g.Text, names(g.Bears), g.Would, org(g.Maker)})
		}
	}
	for _, o := range c.Opinions {
		if !shown(&o.Meta) {
			continue
		}
		x := o.dossier(c, org)
		for b := o.Previous; b != nil; b = b.Previous {
			if b.Shown(most) {
				x.Before = append(x.Before, b.dossier(c, org))
			}
		}
		d.Judgements = append(d.Judgements, x)
	}
	for _, p := range pools {
		d.Pools = append(d.Pools, p.dossier(c, org, names))
	}
	for _, s := range c.Assessment(most, org) {
		d.Assessment = append(d.Assessment, DossierSection(s))
	}
	for _, m := range c.Timeline(most) {
		d.Timeline = append(d.Timeline, DossierMoment{m.At, m.What, m.Name, org(m.Maker), m.Author, m.Text, m.Reason})
	}
	return d, nil
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (i *Item) dossier(most string, org func(string) string) DossierItem {
	x := DossierItem{
		Key: i.Name, ID: i.ID, Kind: i.Item, Text: i.Text, Grade: i.Grade.String(), Weight: i.weight(), Source: i.Source, Supplier: i.Supplier,
		Observed: moment(i.Observed), Received: moment(i.Received), Line: i.Line, Level: i.Level, Group: i.Group, URL: i.URL, About: i.About,
		TLP: i.TLP, Maker: org(i.Maker),
	}
	for _, g := range i.Graded {
		if most != "" && !Within(g.TLP, most) {
			continue
		}
		x.Grades = append(x.Grades, DossierGrading{org(g.Maker), g.At, g.Grade.String(), g.Reason})
	}
	return x
}

func (c *Case) dossierMatrix(set, most string, org func(string) string) DossierMatrix {
	m := c.Matrix(set)
	x := DossierMatrix{Set: set, Hypotheses: []DossierScore{}, Rows: []DossierRow{}, Doubts: []DossierDoubt{}}
	order := m.Order()
	for _, h := range order {
		s := m.Scores[h]
		x.Hypotheses = append(x.Hypotheses, DossierScore{c.Names[m.Hypotheses[h]], s.Rank, s.Against, s.For, s.Unrated})
	}
	for n, row := range m.Items {
		r := DossierRow{Key: c.Names[row.ID], Weight: row.Weight, Line: row.Line, Diagnosticity: row.Diagnosticity}
		for _, h := range order {
			cell := DossierCell{Rating: string(row.Ratings[h]), Contested: row.Contested[h]}
			if cross := c.Cells[Cross{row.ID, m.Hypotheses[h]}]; cross != nil && c.Items[n].Shown(most) {
				for _, s := range cross.Said {
					if most != "" && !Within(s.TLP, most) {
						continue
					}
					cell.Said = append(cell.Said, DossierRated{org(s.Maker), string(s.Rating), s.Reason})
				}
			}
			r.Cells = append(r.Cells, cell)
		}
		x.Rows = append(x.Rows, r)
	}
	for _, doubt := range m.Sensitivity() {
		y := DossierDoubt{Line: doubt.Line, Flipped: doubt.Flipped, Leads: doubt.Leads}
		for _, id := range doubt.Items {
			y.Items = append(y.Items, c.Names[id])
		}
		for _, h := range doubt.Leaders {
			y.Leaders = append(y.Leaders, c.Names[m.Hypotheses[h]])
		}
		for _, h := range order {
			y.Ranks = append(y.Ranks, doubt.Ranks[h])
		}
		x.Doubts = append(x.Doubts, y)
	}
	return x
}

func (o *Opinion) dossier(c *Case, org func(string) string) DossierOpinion {
	x := DossierOpinion{
		ID: o.ID, Hypothesis: c.Names[o.Hypothesis], By: org(o.By()), At: o.At(), Reason: o.Reason, Change: o.Change, WouldChange: o.Would,
	}
	if o.Member != "" {
		x.RecordedBy = org(o.Maker)
	}
	for _, id := range o.LeansOn {
		if n, ok := c.Names[id]; ok {
			x.LeansOn = append(x.LeansOn, n)
		}
	}
	if o.Likelihood.Term != "" {
		x.Likelihood = &DossierTerm{Scale: o.Likelihood.Scale, Term: o.Likelihood.Term}
		if least, most, ok := o.Likelihood.Band(); ok {
			x.Likelihood.Least, x.Likelihood.Most = &least, &most
		}
	}
	if o.Confidence.Level != "" {
		x.Confidence = &DossierTerm{Scale: o.Confidence.Scale, Term: o.Confidence.Level}
	}
	return x
}

func (p *Pool) dossier(c *Case, org func(string) string, names func([]string) []string) DossierPool {
	x := DossierPool{Set: p.Set, Members: []DossierShare{}, Spreads: []DossierSpread{}}
	for n, s := range p.Slots {
		y := DossierSlot{Key: c.Names[s.Hypothesis], Says: s.Says}
		if p.Linear != nil {
			y.Linear, y.LogLinear = &p.Linear[n], &p.LogLinear[n]
		}
		x.Slots = append(x.Slots, y)
	}
	for _, m := range p.Members {
		x.Members = append(x.Members, DossierShare{org(m.Name), m.Weight, m.Shares, m.Sum, m.Judged})
	}
	for _, by := range p.Unpooled {
		x.Unpooled = append(x.Unpooled, org(by))
	}
	for _, s := range p.Spreads {
		y := DossierSpread{Hypothesis: c.Names[s.Hypothesis], Least: s.Least, Most: s.Most, Shared: names(s.Shared), Alone: map[string][]string{}}
		for _, by := range s.Outside {
			y.Outside = append(y.Outside, org(by))
		}
		for by, ids := range s.Alone {
			y.Alone[org(by)] = append(y.Alone[org(by)], names(ids)...)
		}
		x.Spreads = append(x.Spreads, y)
	}
	return x
}
