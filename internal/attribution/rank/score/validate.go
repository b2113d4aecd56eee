package score

import (
	"context"
	"fmt"
	"strings"

	"entente/internal/attribution/rank"
)

// Fit finds constants for cases.
func Fit(corpus *rank.Corpus, cases []Case) (rank.Params, error) {
	examples, actors, err := examplesOf(corpus, cases)
	if err != nil {
		return rank.Params{}, err
	}
	return rank.Fit(examples, actors)
}

// CrossValidate predicts every case with constants that were found without any case of its actor: actors are dealt into
// folds, and [rank.Fit] is run for each on the others.
func CrossValidate(ctx context.Context, corpus *rank.Corpus, cases []Case, folds int) ([]Prediction, error) {
	examples, actors, err := examplesOf(corpus, cases)
	if err != nil {
		return nil, err
	}
	of := rank.Folds(actors, folds)
	out := make([]Prediction, len(cases))
	for k := range folds {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("cross-validate: %w", err)
		}
		var train []rank.Example
		var trainActors []string
		for i := range examples {
			if of[i] != k {
				train, trainActors = append(train, examples[i]), append(trainActors, actors[i])
			}
		}
		m, err := rank.Fit(train, trainActors)
		if err != nil {
			return nil, err
		}
		for i := range examples {
			if of[i] == k {
				out[i] = predictionOf(cases[i].ID, examples[i].Profiles.RankWith(m, examples[i].Observed))
			}
		}
	}
	return out, nil
}

// examplesOf reads cases for fitting, and their actors: the group that was removed where there is no answer.
func examplesOf(corpus *rank.Corpus, cases []Case) ([]rank.Example, []string, error) {
	examples, actors := make([]rank.Example, len(cases)), make([]string, len(cases))
	for i := range cases {
		c := &cases[i]
		profiles, err := corpus.Profiles(rank.Reduction{Drop: c.Drop, Group: c.RemoveGroup})
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", c.ID, err)
		}
		examples[i] = rank.Example{Observed: c.Observed(), Profiles: profiles, Answer: c.Answer}
		if actors[i] = c.RemoveGroup; len(c.Answer) > 0 {
			actors[i] = strings.Join(c.Answer, " ")
		}
	}
	return examples, actors, nil
}
