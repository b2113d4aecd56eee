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
		ranking := profiles.RankWith(m, c.Observed())
		out[i] = Prediction{ID: c.ID, Unknown: ranking.Unknown, Ranking: make([]Ranked, len(ranking.Candidates))}
		for j := range ranking.Candidates {
			out[i].Ranking[j] = Ranked{ranking.Candidates[j].Group.ID, ranking.Candidates[j].Probability}
		}
	}
	return out, nil
}
