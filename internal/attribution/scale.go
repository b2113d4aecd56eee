package attribution

import (
	"fmt"
	"strings"

	"entente/internal/coalition"
)

// Band is what a term of a scale says in percent. A judgement in own words has none.
func (l Likelihood) Band() (least, most int, ok bool) {
	for _, s := range coalition.Scales {
		if s.Name != l.Scale {
			continue
		}
		for _, t := range s.Terms {
			if t.Name == l.Term {
				return t.Least, t.Most, true
			}
		}
	}
	return 0, 0, false
}

// Middle is the number that stands for a term where one is needed: the middle of its band, as a probability.
func (l Likelihood) Middle() (float64, bool) {
	least, most, ok := l.Band()
	return float64(least+most) / 200, ok
}

// scaleTitle is what people call a scale.
func scaleTitle(name string) string {
	for _, s := range coalition.Scales {
		if s.Name == name {
			return s.Title
		}
	}
	return name
}

// String is the term with its scale and its band: likely (ICD 203, 55–80 %).
func (l Likelihood) String() string {
	if l.Term == "" {
		return ""
	}
	least, most, ok := l.Band()
	if !ok {
		return fmt.Sprintf("“%s” (own words)", l.Term)
	}
	return fmt.Sprintf("%s (%s, %d–%d %%)", l.Term, scaleTitle(l.Scale), least, most)
}

// String is the level with its scale: high (ICD 203).
func (c Confidence) String() string {
	if c.Level == "" {
		return ""
	}
	if c.Scale == coalition.OwnWords {
		return fmt.Sprintf("“%s” (own words)", c.Level)
	}
	return fmt.Sprintf("%s (%s)", c.Level, scaleTitle(c.Scale))
}

// Mixes says whether a text speaks of likelihood and of confidence, in the words of the scales. Such a text is not repeated where
// either is told.
func Mixes(text string) bool { return speaksOfLikelihood(text) && speaksOfConfidence(text) }

func speaksOfConfidence(text string) bool {
	return strings.Contains(strings.ToLower(text), "confiden")
}

// likelihoodWords are in every term of the scales, and in what people say instead of them.
var likelihoodWords = []string{
	"likel", "almost certain", "almost no chance", "remote chance", "even chance", "realistic possibility", "probab",
}

func speaksOfLikelihood(text string) bool {
	text = strings.Join(strings.Fields(strings.ToLower(text)), " ")
	for _, w := range likelihoodWords {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}
