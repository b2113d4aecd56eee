package score

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"entente/internal/attribution/rank"
)

// joinedWeight is what an example of [Joined] weighs for fitting, where one of a report weighs 1. Rankings of reports get worse
// the more it is, those of intrusions that are known less of get better.
const joinedWeight = 0.1

// Fit finds constants for cases, and for what [Joined] makes of them. From campaigns nothing is learnt: they stay a test.
func Fit(corpus *rank.Corpus, cases []Case) (rank.Params, error) {
	examples, err := examplesOf(corpus, cases)
	if err != nil {
		return rank.Params{}, err
	}
	return fit(examples)
}

// fit is [rank.Fit] without campaigns.
func fit(examples []example) (rank.Params, error) {
	var train []rank.Example
	for i := range examples {
		if examples[i].set != campaign {
			train = append(train, examples[i].Example)
		}
	}
	return rank.Fit(train)
}

// CrossValidate predicts every case with constants that were found without any case of its actor: actors are dealt into
// folds, and [rank.Fit] is run for each on the others.
func CrossValidate(ctx context.Context, corpus *rank.Corpus, cases []Case, folds int) ([]Prediction, error) {
	examples, err := examplesOf(corpus, cases)
	if err != nil {
		return nil, err
	}
	actors := make([]string, len(examples))
	for i := range examples {
		actors[i] = examples[i].Actor
	}
	of := rank.Folds(actors, folds)
	out, problems := make([]Prediction, len(cases)), make([]error, folds)
	var wait sync.WaitGroup
	for k := range folds {
		wait.Go(func() {
			if problems[k] = ctx.Err(); problems[k] != nil {
				return
			}
			var train []example
			for i := range examples {
				if of[i] != k {
					train = append(train, examples[i])
				}
			}
			m, err := fit(train)
			if err != nil {
				problems[k] = err
				return
			}
			for i := range examples {
				if of[i] == k {
					out[i] = predictionOf(cases[i].ID, examples[i].Profiles.RankWith(m, examples[i].Observed))
				}
			}
		})
	}
	wait.Wait()
	for _, err := range problems {
		if err != nil {
			return nil, fmt.Errorf("cross-validate: %w", err)
		}
	}
	return out, nil
}

type example struct {
	rank.Example
	set string
}

// examplesOf reads cases for fitting. The actor is the group that was removed where there is no answer.
func examplesOf(corpus *rank.Corpus, cases []Case) ([]example, error) {
	examples := make([]example, len(cases))
	for i := range cases {
		c := &cases[i]
		profiles, err := corpus.Profiles(rank.Reduction{Drop: c.Drop, Group: c.RemoveGroup})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.ID, err)
		}
		e := example{rank.Example{Observed: c.Observed(), Profiles: profiles, Answer: c.Answer, Actor: c.RemoveGroup, Weight: 1}, c.Set}
		if len(c.Answer) > 0 {
			e.Actor = strings.Join(slices.Sorted(slices.Values(c.Answer)), " ")
		}
		if c.Set == joined {
			e.Weight = joinedWeight
		}
		examples[i] = e
	}
	return examples, nil
}
