package publish

import (
	"fmt"
	"slices"
	"strings"

	"entente/internal/coalition"
)

// stances are all of them, in the order in which they are shown: objections and reservations before those that take note.
var stances = []coalition.Stance{
	coalition.Endorse, coalition.Assess, coalition.Object, coalition.Reserve, coalition.Acknowledge, coalition.Relay, coalition.Abstain,
}

// verb is what a member of a stance does.
func verb(s coalition.Stance) string {
	switch s {
	case coalition.Endorse:
		return "endorses"
	case coalition.Assess:
		return "assesses"
	case coalition.Acknowledge:
		return "acknowledges"
	case coalition.Relay:
		return "relays"
	case coalition.Reserve:
		return "reserves"
	case coalition.Abstain:
		return "abstains"
	case coalition.Object:
		return "objects"
	}
	return string(s)
}

// meaning is what a stance means, in a sentence.
func meaning(s coalition.Stance) string {
	switch s {
	case coalition.Endorse:
		return "says it, too"
	case coalition.Assess:
		return "has come to a judgement of its own"
	case coalition.Acknowledge:
		return "takes note that others say it"
	case coalition.Relay:
		return "passes on what others say, without a judgement of its own"
	case coalition.Reserve:
		return "keeps its judgement back"
	case coalition.Abstain:
		return "takes no part"
	case coalition.Object:
		return "is against it"
	}
	return ""
}

// heading is what the members of a stance are called.
func heading(s coalition.Stance) string {
	switch s {
	case coalition.Endorse:
		return "Endorsed by"
	case coalition.Assess:
		return "Assessed by"
	case coalition.Acknowledge:
		return "Acknowledged by"
	case coalition.Relay:
		return "Relayed by"
	case coalition.Reserve:
		return "Judgement reserved by"
	case coalition.Abstain:
		return "Abstained"
	case coalition.Object:
		return "Objected to by"
	}
	return string(s)
}

// judgement is a likelihood or a confidence: its word is never shown without its scale.
type judgement struct {
	Word, Scale, Bounds string
}

func (j *judgement) String() string {
	if j == nil {
		return ""
	}
	out := j.Word + " (" + j.Scale
	if j.Bounds != "" {
		out += ": " + j.Bounds
	}
	return out + ")"
}

func likelihood(l *coalition.Likelihood) *judgement {
	if l == nil {
		return nil
	}
	j := &judgement{Word: l.Term, Scale: scaleTitle(l.Scale)}
	for _, s := range coalition.Scales {
		i := slices.IndexFunc(s.Terms, func(t coalition.Term) bool { return t.Name == l.Term })
		if s.Name == l.Scale && i >= 0 {
			j.Bounds = fmt.Sprintf("%d–%d %%", s.Terms[i].Least, s.Terms[i].Most)
		}
	}
	return j
}

func confidence(c *coalition.Confidence) *judgement {
	if c == nil {
		return nil
	}
	return &judgement{Word: c.Level, Scale: scaleTitle(c.Scale)}
}

func scaleTitle(scale string) string {
	if scale == coalition.OwnWords {
		return "in its own words"
	}
	for _, s := range coalition.Scales {
		if s.Name == scale {
			return s.Title
		}
	}
	return scale
}

// covers says that a position is about a claim of the statement.
func covers(s *coalition.Said, claim string) bool { return len(s.Covers) == 0 || names(s, claim) }

// names says that a position names a claim. Those that it names are in order.
func names(s *coalition.Said, claim string) bool {
	_, ok := slices.BinarySearch(s.Covers, claim)
	return ok
}

// part is on how many of the claims a position is, "" for all.
func (s *Statement) part(x *coalition.Said) string {
	if len(x.Covers) == 0 {
		return ""
	}
	n := 0
	for _, c := range s.Manifest.Claims {
		if covers(x, c.ID) {
			n++
		}
	}
	switch n {
	case len(s.Manifest.Claims):
		return ""
	case 0:
		return "on no claim of this statement"
	}
	return fmt.Sprintf("on %d of %d claims", n, len(s.Manifest.Claims))
}

// covered are the claims that a position names, for sentences.
func covered(x *coalition.Said) string {
	if len(x.Covers) == 0 {
		return "all claims"
	}
	return strings.Join(x.Covers, ", ")
}

// summary says in a sentence where members stand.
func (b *book) summary() string {
	if len(b.Said) == 0 {
		return "No member has taken a position."
	}
	var parts []string
	for _, g := range b.groups {
		names := make([]string, len(g.Said))
		for i, s := range g.Said {
			names[i] = partyOf(s).String()
			if p := b.part(s); p != "" {
				names[i] += " (" + p + ")"
			}
		}
		parts = append(parts, heading(g.Stance)+" "+strings.Join(names, ", ")+".")
	}
	if silent := b.silent(); len(silent) > 0 {
		names := make([]string, len(silent))
		for i, p := range silent {
			names[i] = p.String()
		}
		parts = append(parts, "No position of "+strings.Join(names, ", ")+".")
	}
	return strings.Join(parts, " ")
}

// primary is the text in English, or else the first; others are those in other languages.
func primary(list []coalition.Wording) (one coalition.Wording, others []coalition.Wording) {
	if len(list) == 0 {
		return one, nil
	}
	at := max(0, slices.IndexFunc(list, func(w coalition.Wording) bool { return w.Language == "en" }))
	return list[at], slices.Delete(slices.Clone(list), at, at+1)
}
