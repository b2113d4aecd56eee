package rank

import (
	"fmt"
	"math"
	"strings"
)

// Params are the constants of the model. How they were found stands in docs/attribution-ranking.md.
//
// With q what was observed, f a group's profile, n the number of candidates, df the number of them that have a feature x,
// z = ln |f| less its mean over the candidates, and m = |q|/10, |q| being at least 5:
//
//	rarity(x)    = ln((n+1)/(df+½))
//	weight(x, f) = ln(1 + e^(Odds + Rarity·rarity(x) + Size·z))   where x is in f, else 0
//	share(f)     = Σ rarity(x) where x is in f, over that of all x, which counts as that of 5 if there are fewer
//	score(f)     = e^Scale · m^Length · Σ weight(x, f) + (Prior − Fade·tanh ln m)·z
//
// A weight is how much likelier an observation is from a group that is known for it, and repeats what it is known for with
// some odds, than from anybody. Techniques and software have odds and a worth of rarity of their own. Size: who is known for
// much is told less by one match. Length is below 0 since what one intrusion shows hangs together: ten techniques are less
// than ten witnesses. Prior: whoever is known for much is also behind more of what is seen, the less so the more is
// seen.
type Params struct {
	TechniqueOdds, TechniqueRarity float64
	SoftwareOdds, SoftwareRarity   float64
	Size                           float64
	Prior, Fade                    float64
	Scale, Length                  float64

	// Probabilities are proportional to e^(sharpness · score), with the sharpness at which that of the best candidate is
	// σ(Shift + Slope·logit p + Trust·share), where p is what it would be at a sharpness of 1, and share its own; but between a
	// half and 2, as no sharpness tells equal scores apart.
	Shift, Slope, Trust float64

	// None of the candidates has the probability σ(None − Lead·lead − Explained·share) if it is as likely as not before
	// anything is seen. lead is by how much the best score exceeds the mean of the next ten, share the best candidate's, of
	// what was seen even if that was less than 5: to have seen little is no sign of a group that nobody knows. Neither depends
	// on how many candidates there are.
	None, Lead, Explained float64
}

// scoreParams is how many constants scores have.
const scoreParams = 9

// vector lists the constants, those of scores first.
func (m *Params) vector() []*float64 {
	return []*float64{
		&m.TechniqueOdds, &m.TechniqueRarity, &m.SoftwareOdds, &m.SoftwareRarity, &m.Size, &m.Prior, &m.Fade, &m.Scale, &m.Length,
		&m.Shift, &m.Slope, &m.Trust, &m.None, &m.Lead, &m.Explained,
	}
}

// String lists the constants by name with three decimals, as Fitted has them.
func (m *Params) String() string {
	names := []string{
		"TechniqueOdds", "TechniqueRarity", "SoftwareOdds", "SoftwareRarity", "Size", "Prior", "Fade", "Scale", "Length",
		"Shift", "Slope", "Trust", "None", "Lead", "Explained",
	}
	var b strings.Builder
	for i, v := range m.vector() {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s: %.3f", names[i], *v)
	}
	return b.String()
}

// weight is what a matched feature adds.
func (m *Params) weight(software bool, rarity, z float64) float64 {
	odds, worth := m.TechniqueOdds, m.TechniqueRarity
	if software {
		odds, worth = m.SoftwareOdds, m.SoftwareRarity
	}
	return math.Log1p(math.Exp(odds + worth*rarity + m.Size*z))
}

// scale is what the sum of n features' weights is multiplied with.
func (m *Params) scale(n float64) float64 {
	return math.Exp(m.Scale) * math.Pow(n/10, m.Length)
}

// prior is what z is multiplied with where n features were observed.
func (m *Params) prior(n float64) float64 { return m.Prior - m.Fade*math.Tanh(math.Log(n/10)) }

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
