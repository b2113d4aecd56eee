package score

import (
	"context"
	"fmt"

	"entente/internal/attribution/rank"
)

// Predict ranks every case against profiles without what the case drops. Of a case it reads the observation, drop and
// remove_group alone.
func Predict(ctx context.Context, corpus *rank.Corpus, m rank.Params, cases []Case) ([]Prediction, error) {
	out := make([]Prediction, len(cases))
	for i := range cases {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("rank cases: %w", err)
		}
		c := &cases[i]
		profiles, err := corpus.Profiles(rank.Reduction{Drop: c.Drop, Group: c.RemoveGroup})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.ID, err)
		}
		out[i] = predictionOf(c.ID, profiles.RankWith(m, c.Observed()))
	}
	return out, nil
}

func predictionOf(id string, r *rank.Ranking) Prediction {
	p := Prediction{ID: id, Unknown: r.Unknown, Ranking: make([]Ranked, len(r.Candidates))}
	for i := range r.Candidates {
		p.Ranking[i] = Ranked{r.Candidates[i].Group.ID, r.Candidates[i].Probability}
	}
	return p
}
