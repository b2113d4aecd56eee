package attribution

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Meta is what is known of a part beside what it says.
type Meta struct {
	ID       string
	Name     string // its key, as it is called here; of two with one key the later one has a piece of its identifier behind it
	Maker    string
	Author   string
	TLP      string
	Created  time.Time
	Modified time.Time
	Versions int
}

// Item is an item of evidence as it stands.
type Item struct {
	Meta
	Evidence
	Grade  Grade     // that counts: see [Fold]
	Graded []Grading // by all who have graded it, in order of maker
}

// Grading is one organisation's grade of an item.
type Grading struct {
	Maker, Author string
	At            time.Time
	Grade         Grade
	Reason, TLP   string
}

// Answer is a hypothesis as it stands.
type Answer struct {
	Meta
	Hypothesis
}

// Crossing is what is said of an item and a hypothesis.
type Crossing struct {
	Rating    Rating // that counts: see [Fold]
	Contested bool   // organisations are on different sides
	Said      []CellSaid
}

// CellSaid is one organisation's rating.
type CellSaid struct {
	Maker, Author string
	At            time.Time
	Rating        Rating
	Reason, TLP   string
}

// Premise is an assumption as it stands.
type Premise struct {
	Meta
	Assumption
}

// Blank is a gap as it stands.
type Blank struct {
	Meta
	Gap
}

// Opinion is a judgement as it stands. Its key is the member's name, or the maker's identity.
type Opinion struct {
	Meta
	Judgement
	Change   string // of this version
	Previous *Opinion
}

// By is whose judgement it is.
func (o *Opinion) By() string {
	if o.Member != "" {
		return o.Member
	}
	return o.Maker
}

// At is when it was said.
func (o *Opinion) At() time.Time {
	if !o.Said.IsZero() {
		return o.Said
	}
	return o.Modified
}

// Cross names a cell.
type Cross struct{ Evidence, Hypothesis string }

// Case is the state of a case.
type Case struct {
	Meta
	Head
	Items      []*Item // lists are in order of creation, then of identifier
	Answers    []*Answer
	Cells      map[Cross]*Crossing
	Premises   []*Premise
	Blanks     []*Blank
	Opinions   []*Opinion        // by hypothesis as in Answers, then by when they were said
	Withdrawn  []*Part           // the last versions of parts that count no more
	History    []*Part           // every version of every part, by time
	Names      map[string]string // of parts, by identifier
	Unresolved int               // parts about others that are not here, or count no more

	gone map[string]string // keys of those that are withdrawn, by identifier
}

// Fold makes the state of a case of its parts: of the set of them, whatever their order, and however often they come. It is nil
// where there is no head of it among them.
//
// Of each part the version that was modified last counts; of several at one time, the one with the greater bytes. A part whose last
// version is withdrawn is as if it had never been, but for [Case.Withdrawn] and [Case.History].
//
// Where several organisations grade an item, or rate a cell, what the one says that keeps the case (which has made its head)
// counts. Where it says nothing: of grades the one with the least weight, so that what others praise is not taken at their word; of
// ratings the mildest, if all are on one side, else neutral.
func Fold(parts []*Part, id string) *Case {
	c := &Case{Cells: map[Cross]*Crossing{}, Names: map[string]string{}, gone: map[string]string{}}
	c.History = versions(parts, id)
	type whose struct{ id, maker string }
	all := map[whose][]*Part{}
	for _, p := range c.History {
		k := whose{p.ID, p.Maker}
		all[k] = append(all[k], p)
	}
	last := make([]*Part, 0, len(all))
	for _, list := range all {
		last = append(last, list[len(list)-1])
	}
	slices.SortFunc(last, func(a, b *Part) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Maker, b.Maker))
	})
	keys := map[string]bool{}
	meta := func(p *Part) Meta {
		m := Meta{ID: p.ID, Name: p.Key(), Maker: p.Maker, Author: p.Author, TLP: p.TLP, Created: p.Created, Modified: p.Modified, Versions: len(all[whose{p.ID, p.Maker}])}
		if m.Name != "" {
			if _, uuid, _ := strings.Cut(p.ID, "--"); keys[m.Name] {
				m.Name = m.Name[:min(len(m.Name), 20)] + "." + uuid // a key, too
			}
			keys[m.Name] = true
			c.Names[m.ID] = m.Name
		}
		return m
	}
	var standing []*Part
	for _, p := range last {
		if p.Withdrawn {
			c.Withdrawn, c.gone[p.ID] = append(c.Withdrawn, p), p.Key()
			if p.ID != id {
				continue
			}
		}
		if h, ok := p.Body.(*Head); ok {
			if c.ID == "" {
				c.Head, c.Meta = *h, meta(p)
			}
			continue
		}
		standing = append(standing, p)
	}
	if c.ID == "" {
		return nil
	}
	clear(keys) // a part may be called as the case is
	items, answers := map[string]*Item{}, map[string]*Answer{}
	for _, p := range standing {
		switch b := p.Body.(type) {
		case *Evidence:
			if items[p.ID] == nil {
				i := &Item{Meta: meta(p), Evidence: *b}
				i.Graded = []Grading{{p.Maker, p.Author, p.Modified, b.Grade, "", p.TLP}}
				items[p.ID], c.Items = i, append(c.Items, i)
			}
		case *Hypothesis:
			if answers[p.ID] == nil {
				a := &Answer{meta(p), *b}
				answers[p.ID], c.Answers = a, append(c.Answers, a)
			}
		case *Assumption:
			c.Premises = append(c.Premises, &Premise{meta(p), *b})
		case *Gap:
			c.Blanks = append(c.Blanks, &Blank{meta(p), *b})
		case *Head, *GradeOf, *Cell, *Judgement:
		}
	}
	for _, p := range standing {
		switch b := p.Body.(type) {
		case *GradeOf:
			if i := items[b.Evidence]; i != nil {
				i.grade(Grading{p.Maker, p.Author, p.Modified, b.Grade, b.Reason, p.TLP})
			} else {
				c.Unresolved++
			}
		case *Cell:
			if items[b.Evidence] == nil || answers[b.Hypothesis] == nil {
				c.Unresolved++
				continue
			}
			k := Cross{b.Evidence, b.Hypothesis}
			if c.Cells[k] == nil {
				c.Cells[k] = &Crossing{}
			}
			c.Cells[k].say(CellSaid{p.Maker, p.Author, p.Modified, b.Rating, b.Reason, p.TLP})
		case *Judgement:
			if answers[b.Hypothesis] == nil {
				c.Unresolved++
				continue
			}
			c.Opinions = append(c.Opinions, opinionOf(all[whose{p.ID, p.Maker}]))
		case *Head, *Evidence, *Hypothesis, *Assumption, *Gap:
		}
	}
	for _, i := range c.Items {
		i.settle(c.Maker)
	}
	for _, x := range c.Cells {
		x.settle(c.Maker)
	}
	place := map[string]int{}
	for n, a := range c.Answers {
		place[a.ID] = n
	}
	slices.SortStableFunc(c.Opinions, func(a, b *Opinion) int {
		return cmp.Or(cmp.Compare(place[a.Hypothesis], place[b.Hypothesis]), a.At().Compare(b.At()), cmp.Compare(a.By(), b.By()), cmp.Compare(a.ID, b.ID))
	})
	c.oneEach()
	return c
}

// versions are the parts of a case, each version once, by time.
func versions(parts []*Part, id string) []*Part {
	var list []*Part
	for _, p := range parts {
		if p.Case() == id {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b *Part) int {
		return cmp.Or(a.Modified.Compare(b.Modified), cmp.Compare(a.ID, b.ID), cmp.Compare(a.raw, b.raw))
	})
	return slices.CompactFunc(list, func(a, b *Part) bool { return a.raw == b.raw && a.raw != "" || a == b })
}

// opinionOf is a judgement with those before it, of its versions.
func opinionOf(list []*Part) *Opinion {
	var last *Opinion
	for n, p := range list {
		j, ok := p.Body.(*Judgement)
		if !ok || p.Withdrawn {
			continue
		}
		last = &Opinion{
			Meta:      Meta{ID: p.ID, Maker: p.Maker, Author: p.Author, TLP: p.TLP, Created: p.Created, Modified: p.Modified, Versions: n + 1},
			Judgement: *j, Change: p.Change, Previous: last,
		}
	}
	return last
}

// oneEach leaves one judgement of each member and hypothesis: a member's own before one that others have recorded, then the later one.
func (c *Case) oneEach() {
	type whose struct{ by, hypothesis string }
	best := map[whose]*Opinion{}
	for _, o := range c.Opinions {
		k := whose{o.By(), o.Hypothesis}
		old := best[k]
		if old == nil || (o.Member == "") && old.Member != "" || (o.Member == "") == (old.Member == "") && cmp.Or(o.At().Compare(old.At()), cmp.Compare(o.ID, old.ID)) > 0 {
			best[k] = o
		}
	}
	c.Opinions = slices.DeleteFunc(c.Opinions, func(o *Opinion) bool { return best[whose{o.By(), o.Hypothesis}] != o })
}

// grade notes a grade of an organisation, whose later one counts.
func (i *Item) grade(g Grading) {
	for n := range i.Graded {
		if old := &i.Graded[n]; old.Maker == g.Maker {
			// What stands in the item itself is the first word, whenever the item was changed.
			if old.Reason == "" || g.At.After(old.At) || g.At.Equal(old.At) && g.Grade.String() > old.Grade.String() {
				*old = g
			}
			return
		}
	}
	i.Graded = append(i.Graded, g)
}

func (i *Item) settle(keeper string) {
	slices.SortFunc(i.Graded, func(a, b Grading) int { return cmp.Compare(a.Maker, b.Maker) })
	first := true
	for _, g := range i.Graded {
		if g.Maker == keeper {
			i.Grade = g.Grade
			return
		}
		if first || cmp.Or(cmp.Compare(g.Grade.Weight(), i.Grade.Weight()), cmp.Compare(i.Grade.String(), g.Grade.String())) < 0 {
			i.Grade, first = g.Grade, false
		}
	}
}

// say notes a rating of an organisation, whose later one counts.
func (x *Crossing) say(s CellSaid) {
	for n := range x.Said {
		if old := &x.Said[n]; old.Maker == s.Maker {
			if s.At.After(old.At) || s.At.Equal(old.At) && s.Rating > old.Rating {
				*old = s
			}
			return
		}
	}
	x.Said = append(x.Said, s)
}

func (x *Crossing) settle(keeper string) {
	slices.SortFunc(x.Said, func(a, b CellSaid) int { return cmp.Compare(a.Maker, b.Maker) })
	least, most, mild, some := 0, 0, Rating(""), false
	for _, s := range x.Said {
		v := s.Rating.value()
		least, most = min(least, v), max(most, v)
		if s.Rating != NotApplicable && (!some || abs(v) < abs(mild.value())) {
			mild, some = s.Rating, true
		}
	}
	x.Contested = least < 0 && most > 0
	switch {
	case !some:
		x.Rating = NotApplicable
	case x.Contested:
		x.Rating = Neutral
	default:
		x.Rating = mild
	}
	for _, s := range x.Said {
		if s.Maker == keeper {
			x.Rating = s.Rating
		}
	}
}

func abs(n int) int { return max(n, -n) }

// Cases are all cases that there are parts of, by key, then by identifier.
func Cases(parts []*Part) []*Case {
	of := map[string][]*Part{}
	for _, p := range parts {
		of[p.Case()] = append(of[p.Case()], p)
	}
	var out []*Case
	for id, list := range of {
		if c := Fold(list, id); c != nil {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b *Case) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.ID, b.ID)) })
	return out
}

// Item is the item with a key or identifier.
func (c *Case) Item(key string) (*Item, error) {
	return find("item of evidence", key, c.Items, func(i *Item) *Meta { return &i.Meta })
}

// Answer is the hypothesis with a key or identifier.
func (c *Case) Answer(key string) (*Answer, error) {
	return find("hypothesis", key, c.Answers, func(a *Answer) *Meta { return &a.Meta })
}

func find[T any](what, key string, list []*T, meta func(*T) *Meta) (*T, error) {
	var names []string
	for _, x := range list {
		if m := meta(x); m.Name == key || m.ID == key {
			return x, nil
		}
		names = append(names, meta(x).Name)
	}
	if len(names) > 30 {
		names = append(names[:30], "…")
	}
	return nil, fmt.Errorf("there is no %s %.70q here; there are: %s", what, key, strings.Join(names, ", "))
}

// Last is the last version of the part with a name or identifier, nil where there is none.
func (c *Case) Last(name string) *Part {
	for _, p := range c.Withdrawn {
		if p.Key() == name {
			name = p.ID
			break
		}
	}
	for id, n := range c.Names { // who stands goes first
		if n == name {
			name = id
			break
		}
	}
	for _, p := range slices.Backward(c.History) {
		if p.ID == name {
			return p
		}
	}
	return nil
}

// called is the name of a part, also of one that is withdrawn.
func (c *Case) called(id string) string {
	if n, ok := c.Names[id]; ok {
		return n
	}
	return c.gone[id]
}

// Own is the part by which an organisation says the same kind of thing about the same as a body does (a grade, a rating, or a
// judgement), nil where there is none that counts; id is the identifier for another version, or for a new part.
func (c *Case) Own(maker string, b Body) (before *Part, id string) {
	switch b := b.(type) {
	case *GradeOf:
		id = GradeID(maker, b.Evidence)
	case *Cell:
		id = CellID(maker, b.Evidence, b.Hypothesis)
	case *Judgement:
		id = JudgementID(maker, b.Member, b.Hypothesis)
	case *Head, *Evidence, *Hypothesis, *Assumption, *Gap:
		return nil, ""
	}
	ended := map[string]bool{} // nothing follows a version that is revoked (STIX 2.1, section 3.6): what is said anew has a new identifier
	for _, p := range slices.Backward(c.History) {
		if p.Maker != maker || ended[p.ID] || !sameSlot(p.Body, b) {
			continue
		}
		if !p.Withdrawn {
			return p, p.ID
		}
		ended[p.ID] = true
		if p.ID == id {
			id = ""
		}
	}
	return nil, id
}

func sameSlot(a, b Body) bool {
	switch b := b.(type) {
	case *GradeOf:
		a, ok := a.(*GradeOf)
		return ok && a.Evidence == b.Evidence
	case *Cell:
		a, ok := a.(*Cell)
		return ok && a.Evidence == b.Evidence && a.Hypothesis == b.Hypothesis
	case *Judgement:
		a, ok := a.(*Judgement)
		return ok && a.Hypothesis == b.Hypothesis && a.Member == b.Member
	case *Head, *Evidence, *Hypothesis, *Assumption, *Gap:
	}
	return false
}
