package attribution

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Likeness is what a machine says of whose habits an intrusion is like: what `entente rank --format json` prints, as far as a case
// needs it.
type Likeness struct {
	Groups int     `json:"groups"`
	Before float64 `json:"none_before"`   // how probable it was that it is nobody of them, before anything was seen
	None   float64 `json:"none_of_these"` // and after it
	Like   []Like  `json:"ranking"`
	More   []Like  `json:"explained"`
}

// Like is one group that was compared.
type Like struct {
	ID           string  `json:"id"` // of ATT&CK
	Name         string  `json:"name"`
	Probability  float64 `json:"probability"`
	IfOneOfThese float64 `json:"probability_if_one_of_these"`
	Popularity   float64 `json:"popularity_alone"` // what it would be if nothing had been seen, if it is one of these
}

const maxLikeness = 16 << 20

// ReadLikeness reads a ranking.
func ReadLikeness(b []byte) (*Likeness, error) {
	if len(b) > maxLikeness {
		return nil, fmt.Errorf("a ranking has at most %d bytes", maxLikeness)
	}
	var l Likeness
	if err := json.Unmarshal(b, &l); err != nil {
		return nil, fmt.Errorf("it is no ranking as `entente rank --format json` prints it: %w", err)
	}
	share := func(p float64) bool { return p >= 0 && p <= 1 }
	if len(l.Like) == 0 || l.Groups < len(l.Like) || !share(l.Before) || !share(l.None) {
		return nil, errors.New("it is no ranking as `entente rank --format json` prints it: groups, none_before, none_of_these, ranking")
	}
	for _, x := range append(l.Like, l.More...) {
		if x.ID == "" || x.Name == "" || len(x.Name) > 200 || len(x.ID) > 20 || !share(x.Probability) || !share(x.IfOneOfThese) || !share(x.Popularity) {
			return nil, fmt.Errorf("the ranking says nothing sound of %.40q", x.Name)
		}
	}
	return &l, nil
}

// Text is the ranking as an item of evidence: the first three, and what to think of it.
func (l *Likeness) Text() string {
	var names []string
	for _, x := range l.Like[:min(3, len(l.Like))] {
		names = append(names, fmt.Sprintf("%s (%s, %.0f %%; by how much is written of it alone %.0f %%)", x.Name, x.ID, 100*x.Probability, 100*x.Popularity))
	}
	return fmt.Sprintf("Compared with %d groups, what was seen is most like %s; none of them: %.0f %%. Similarity is not attribution.", l.Groups, strings.Join(names, ", "), 100*l.None)
}

// A ranking says something of a group where it is this many times as probable as by what is written of it alone, or as improbable.
const telling = 2

// Rate is how far the ranking agrees with the hypotheses of a case, by identifier, with a reason: consistent, neutral or inconsistent,
// and never more. An actor is looked for by its name, or its identifier in ATT&CK; of one that was not compared, or is not in the
// ranking as it was printed, and of hypotheses of a false flag, it says nothing. Somebody unknown is rated by whether "none of these" has become more probable.
func (l *Likeness) Rate(c *Case) (map[string]Rating, map[string]string) {
	ratings, reasons := map[string]Rating{}, map[string]string{}
	rate := func(id string, now, before float64, what string) {
		r := Neutral
		switch {
		case now >= telling*before && now > before:
			r = Consistent
		case now*telling <= before && now < before:
			r = Inconsistent
		}
		ratings[id], reasons[id] = r, fmt.Sprintf("%s: %.1f %% by likeness, %.1f %% without looking", what, 100*now, 100*before)
	}
	for _, a := range c.Answers {
		switch a.Stance {
		case Unknown:
			rate(a.ID, l.None, l.Before, "none of these")
		case ByActor:
			for _, x := range append(slices.Clip(l.Like), l.More...) {
				if a.Actor != "" && (strings.EqualFold(a.Actor, x.Name) || strings.EqualFold(a.Actor, x.ID)) {
					rate(a.ID, x.IfOneOfThese, x.Popularity, x.Name)
					break
				}
			}
		}
	}
	return ratings, reasons
}
