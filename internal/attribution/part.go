package attribution

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"entente/internal/coalition"
	"entente/internal/stix"
)

// Part is one version of one part of a case.
type Part struct {
	ID                string // of STIX
	Created, Modified time.Time
	Maker             string // identity of the organisation whose part it is, the same in all versions
	Author            string // who made this version: an account of the organisation
	TLP               string // clear, green, amber, amber+strict, red; "" for what no label says
	Withdrawn         bool   // it counts no more
	Change            string // why this version takes the place of the one before, "" in the first
	Body              Body

	raw string // as it was read
}

// Body is what a part says: a [*Head], [*Evidence], [*GradeOf], [*Hypothesis], [*Cell], [*Assumption], [*Gap] or [*Judgement].
type Body interface {
	Kind() Kind
	// code names each property once, for writing and for reading.
	code(coder)
	// check says what is wrong with it.
	check() error
}

// coder writes or reads properties.
type coder interface {
	// text is a property of the extension.
	text(name string, p *string)
	// list is a property of the extension that has several texts.
	list(name string, p *[]string)
	// when is a time of the extension.
	when(name string, p *time.Time)
	// prose is what STIX has a property for: the content of notes, the explanation of opinions, the description of groupings.
	prose(p *string)
	// title is the name of a grouping.
	title(p *string)
}

// Head begins a case.
type Head struct {
	Key      string
	Title    string
	Question string
}

// Evidence is an item of evidence.
type Evidence struct {
	Case, Key          string
	Item               string // one of Items
	Text               string
	Grade              Grade  // by who added it
	Source             string // where it comes from
	Supplier           string // who handed it in
	Observed, Received time.Time
	Line               string   // one of Lines, or ""
	Level              string   // one of Levels, or ""
	Group              string   // items of one group come from one source, and count once; "" is a group of its own
	About              []string // objects of STIX that it is: findings, sightings, indicators, reports
	URL                string
}

// GradeOf is what an organisation thinks of an item.
type GradeOf struct {
	Case, Evidence string
	Grade          Grade
	Reason         string
}

// Hypothesis is one answer to the question of a case.
type Hypothesis struct {
	Case, Key string
	Text      string
	Stance    string // one of Stances
	Actor     string // name of the actor
	ActorRef  string // an object of STIX: intrusion-set, threat-actor, campaign, identity
	Sponsor   string
	Degree    string // one of Degrees, or ""
	Set       string // hypotheses of one set exclude each other; "" excludes none
}

// Cell is how far an item agrees with a hypothesis, in the eyes of an organisation.
type Cell struct {
	Case, Evidence, Hypothesis string
	Rating                     Rating
	Reason                     string
}

// Assumption is what is taken to be so without evidence.
type Assumption struct {
	Case, Key string
	Text      string
	Bears     []string // hypotheses that rest on it
	IfWrong   string   // what follows if it is not so
}

// Gap is what is not known.
type Gap struct {
	Case, Key string
	Text      string
	Bears     []string // hypotheses that it could change
	Would     string   // what would fill it
}

// Likelihood is a term of a scale, which is named with it: see [coalition.Scales].
type Likelihood struct{ Scale, Term string }

// Confidence is a level of a scale, apart from likelihood.
type Confidence struct{ Scale, Level string }

// Judgement is what somebody judges of a hypothesis.
type Judgement struct {
	Case, Hypothesis string
	Member           string // whose judgement it is, where that is not who recorded it
	Said             time.Time
	Likelihood       Likelihood // without a term: none is given
	Confidence       Confidence
	LeansOn          []string // items of evidence
	Reason           string
	Would            string // what would change it
}

// Kind is what the part is.
func (*Head) Kind() Kind       { return KindCase }
func (*Evidence) Kind() Kind   { return KindEvidence }   //nolint:revive // as above
func (*GradeOf) Kind() Kind    { return KindGrade }      //nolint:revive // as above
func (*Hypothesis) Kind() Kind { return KindHypothesis } //nolint:revive // as above
func (*Cell) Kind() Kind       { return KindCell }       //nolint:revive // as above
func (*Assumption) Kind() Kind { return KindAssumption } //nolint:revive // as above
func (*Gap) Kind() Kind        { return KindGap }        //nolint:revive // as above
func (*Judgement) Kind() Kind  { return KindJudgement }  //nolint:revive // as above

// bodyOf is an empty body of a kind, nil where there is none.
func bodyOf(k Kind) Body {
	switch k {
	case KindCase:
		return &Head{}
	case KindEvidence:
		return &Evidence{}
	case KindGrade:
		return &GradeOf{}
	case KindHypothesis:
		return &Hypothesis{}
	case KindCell:
		return &Cell{}
	case KindAssumption:
		return &Assumption{}
	case KindGap:
		return &Gap{}
	case KindJudgement:
		return &Judgement{}
	}
	return nil
}

func (b *Head) code(c coder) {
	c.text("key", &b.Key)
	c.title(&b.Title)
	c.prose(&b.Question)
}

func (b *Evidence) code(c coder) {
	c.text("case_ref", &b.Case)
	c.text("key", &b.Key)
	c.text("item", &b.Item)
	c.prose(&b.Text)
	c.text("reliability", &b.Grade.Reliability)
	c.text("credibility", &b.Grade.Credibility)
	c.text("source", &b.Source)
	c.text("supplier", &b.Supplier)
	c.when("observed", &b.Observed)
	c.when("received", &b.Received)
	c.text("line", &b.Line)
	c.text("level", &b.Level)
	c.text("group", &b.Group)
	c.list("about_refs", &b.About)
	c.text("url", &b.URL)
}

func (b *GradeOf) code(c coder) {
	c.text("case_ref", &b.Case)
	c.text("evidence_ref", &b.Evidence)
	c.text("reliability", &b.Grade.Reliability)
	c.text("credibility", &b.Grade.Credibility)
	c.prose(&b.Reason)
}

func (b *Hypothesis) code(c coder) {
	c.text("case_ref", &b.Case)
	c.text("key", &b.Key)
	c.prose(&b.Text)
	c.text("stance", &b.Stance)
	c.text("actor", &b.Actor)
	c.text("actor_ref", &b.ActorRef)
	c.text("sponsor", &b.Sponsor)
	c.text("degree", &b.Degree)
	c.text("set", &b.Set)
}

func (b *Cell) code(c coder) {
	c.text("case_ref", &b.Case)
	c.text("evidence_ref", &b.Evidence)
	c.text("hypothesis_ref", &b.Hypothesis)
	c.text("rating", (*string)(&b.Rating))
	c.prose(&b.Reason)
}

func (b *Assumption) code(c coder) {
	c.text("case_ref", &b.Case)
	c.text("key", &b.Key)
	c.prose(&b.Text)
	c.list("hypothesis_refs", &b.Bears)
	c.text("if_wrong", &b.IfWrong)
}

func (b *Gap) code(c coder) {
	c.text("case_ref", &b.Case)
	c.text("key", &b.Key)
	c.prose(&b.Text)
	c.list("hypothesis_refs", &b.Bears)
	c.text("would_fill", &b.Would)
}

func (b *Judgement) code(c coder) {
	c.text("case_ref", &b.Case)
	c.text("hypothesis_ref", &b.Hypothesis)
	c.text("member", &b.Member)
	c.when("said", &b.Said)
	c.text("likelihood_scale", &b.Likelihood.Scale)
	c.text("likelihood", &b.Likelihood.Term)
	c.text("confidence_scale", &b.Confidence.Scale)
	c.text("confidence", &b.Confidence.Level)
	c.list("evidence_refs", &b.LeansOn)
	c.prose(&b.Reason)
	c.text("would_change", &b.Would)
}

// Bounds of what a part says.
const (
	maxText = 65_536
	maxWord = 512
	maxRefs = 1_000
)

var keyForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$`)

func checkKey(key string) error {
	if !keyForm.MatchString(key) {
		return fmt.Errorf("%.70q is no key: up to 63 of a-z, 0-9, dot and hyphen, beginning and ending with a letter or digit", key)
	}
	return nil
}

func needs(what, text string) error {
	if strings.TrimSpace(text) == "" {
		return fmt.Errorf("%s is missing", what)
	}
	return nil
}

// ref checks an identifier of STIX of one of the types, or of any.
func ref(what, id string, kinds ...string) error {
	kind, _, err := stix.SplitID(id)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if len(kinds) == 0 {
		return nil
	}
	return oneOf(what, kind, kinds, true)
}

func refs(what string, ids []string, kinds ...string) error {
	for _, id := range ids {
		if err := ref(what, id, kinds...); err != nil {
			return err
		}
	}
	return nil
}

func (b *Head) check() error {
	return errors.Join(checkKey(b.Key), needs("the title", b.Title))
}

func (b *Evidence) check() error {
	return errors.Join(ref("case_ref", b.Case, "grouping"), checkKey(b.Key), oneOf("kind of evidence", b.Item, Items, true), needs("what the item says", b.Text),
		b.Grade.check(), oneOf("line of evidence", b.Line, Lines, false), oneOf("level of the Q-model", b.Level, Levels, false), refs("about_refs", b.About))
}

func (g Grade) check() error {
	_, err := ReadGrade(g.String())
	return err
}

func (b *GradeOf) check() error {
	return errors.Join(ref("case_ref", b.Case, "grouping"), ref("evidence_ref", b.Evidence, "note"), b.Grade.check(), needs("the reason", b.Reason))
}

func (b *Hypothesis) check() error {
	err := errors.Join(ref("case_ref", b.Case, "grouping"), checkKey(b.Key), needs("the text", b.Text), oneOf("kind of hypothesis", b.Stance, Stances, true),
		oneOf("degree of state responsibility", b.Degree, Degrees, false))
	if b.ActorRef != "" {
		err = errors.Join(err, ref("actor_ref", b.ActorRef, "intrusion-set", "threat-actor", "campaign", "identity"))
	}
	if b.Set != "" {
		err = errors.Join(err, checkKey(b.Set))
	}
	return err
}

func (b *Cell) check() error {
	words := make([]string, len(Ratings))
	for i, r := range Ratings {
		words[i] = string(r)
	}
	return errors.Join(ref("case_ref", b.Case, "grouping"), ref("evidence_ref", b.Evidence, "note"), ref("hypothesis_ref", b.Hypothesis, "note"),
		oneOf("rating", string(b.Rating), words, true), needs("the reason", b.Reason))
}

func (b *Assumption) check() error {
	return errors.Join(ref("case_ref", b.Case, "grouping"), checkKey(b.Key), needs("the text", b.Text), refs("hypothesis_refs", b.Bears, "note"))
}

func (b *Gap) check() error {
	return errors.Join(ref("case_ref", b.Case, "grouping"), checkKey(b.Key), needs("the text", b.Text), refs("hypothesis_refs", b.Bears, "note"))
}

func (b *Judgement) check() error {
	err := errors.Join(ref("case_ref", b.Case, "grouping"), ref("hypothesis_ref", b.Hypothesis, "note"), needs("the reason", b.Reason), refs("evidence_refs", b.LeansOn, "note"))
	if l := b.Likelihood; l != (Likelihood{}) {
		if why := coalition.ScaleError(l.Scale, l.Term); why != "" {
			err = errors.Join(err, errors.New(why))
		}
	}
	// What each scale says is told apart from the other.
	if b.Likelihood.Scale == coalition.OwnWords && speaksOfConfidence(b.Likelihood.Term) {
		err = errors.Join(err, errors.New("a likelihood does not speak of confidence: that is the other judgement"))
	}
	if b.Confidence.Scale == coalition.OwnWords && speaksOfLikelihood(b.Confidence.Level) {
		err = errors.Join(err, errors.New("a confidence does not speak of likelihood: that is the other judgement"))
	}
	if c := b.Confidence; c != (Confidence{}) {
		if why := coalition.ConfidenceError(c.Scale, c.Level); why != "" {
			err = errors.Join(err, errors.New(why))
		}
	}
	if b.Likelihood == (Likelihood{}) && b.Confidence == (Confidence{}) {
		err = errors.Join(err, errors.New("a judgement has a likelihood, or a confidence, or both"))
	}
	return err
}

// Check says what is wrong with a part.
func (p *Part) Check() error {
	if p.Body == nil {
		return errors.New("it is no part of a case")
	}
	err := p.Body.check()
	var l bounder
	p.Body.code(&l)
	l.text("author", &p.Author)
	l.prose(&p.Change)
	return errors.Join(err, l.err)
}

// bounder is a coder that looks at lengths alone.
type bounder struct{ err error }

func (l *bounder) most(name, s string, n int) {
	if len(s) > n {
		l.err = errors.Join(l.err, fmt.Errorf("%s has %d bytes, and may have %d", name, len(s), n))
	}
	if !utf8.ValidString(s) {
		l.err = errors.Join(l.err, fmt.Errorf("%s is not UTF-8", name))
	}
}

func (l *bounder) text(name string, p *string) {
	n := maxWord
	if name == "would_change" || name == "would_fill" || name == "if_wrong" {
		n = maxText
	}
	l.most(name, *p, n)
}
func (l *bounder) prose(p *string)       { l.most("the text", *p, maxText) }
func (l *bounder) title(p *string)       { l.most("the title", *p, maxWord) }
func (*bounder) when(string, *time.Time) {}
func (l *bounder) list(name string, p *[]string) {
	if len(*p) > maxRefs {
		l.err = errors.Join(l.err, fmt.Errorf("%s has %d entries, and may have %d", name, len(*p), maxRefs))
	}
	for _, s := range *p {
		l.most(name, s, maxWord)
	}
}

// caseOf is the case that a body belongs to, "" for the case itself.
func caseOf(b Body) (id, key string) {
	switch b := b.(type) {
	case *Head:
		return "", b.Key
	case *Evidence:
		return b.Case, b.Key
	case *GradeOf:
		return b.Case, ""
	case *Hypothesis:
		return b.Case, b.Key
	case *Cell:
		return b.Case, ""
	case *Assumption:
		return b.Case, b.Key
	case *Gap:
		return b.Case, b.Key
	case *Judgement:
		return b.Case, ""
	}
	return "", ""
}

// Case is the identifier of the case that the part belongs to, which is its own for a [*Head].
func (p *Part) Case() string {
	if id, _ := caseOf(p.Body); id != "" {
		return id
	}
	return p.ID
}

// Key is what people call the part, "" for those that have no name.
func (p *Part) Key() string {
	_, key := caseOf(p.Body)
	return key
}
