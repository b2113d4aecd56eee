package packs

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"entente/internal/advisory"
)

// TestPacksAreInOrder is `entente pack check --mutate` for every pack that comes with the program; without --mutate where
// tests are to be short.
func TestPacksAreInOrder(t *testing.T) {
	ids := IDs()
	if len(ids) < 2 {
		t.Fatalf("packs: %v", ids)
	}
	for _, id := range ids {
		t.Run(id, func(t *testing.T) {
			t.Parallel() // each takes its time
			p, problems, err := advisory.ReadFS(Open(id), id)
			if err != nil {
				t.Fatal(err)
			}
			r, err := advisory.Check(t.Context(), p, problems, advisory.CheckOptions{Mutate: !testing.Short(), Now: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)})
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range r.Problems {
				t.Error(x)
			}
			tested := map[string]bool{}
			for _, x := range p.Tests {
				tested[x.Rule] = true
			}
			for _, x := range p.RuleList() {
				if !x.Indicator && !tested[x.ID] {
					t.Errorf("%s (%s) has no test of its own", x.Title, x.ID)
				}
				if (x.Level == "high" || x.Level == "critical") && x.Stage == "" && !x.Silent {
					t.Errorf("%s (%s) is of level %s and shows no stage: verdicts would pass it over", x.Title, x.ID, x.Level)
				}
			}
			if r.Tests == 0 || r.BenignEvents == 0 || r.Mutations == 0 && !testing.Short() {
				t.Errorf("%d tests, %d mutations, %d events of the benign range: something was left out", r.Tests, r.Mutations, r.BenignEvents)
			}
		})
	}
}

// TestTechniquesArePublished compares with the facts about AA21-200B: its 68 ids, each with the tactics under which the
// published layer shows it, 99 pairs in all.
func TestTechniquesArePublished(t *testing.T) {
	data, err := os.ReadFile("../../shared/facts/ttps.json")
	if err != nil {
		t.Skip("the facts are not beside the project: ", err)
	}
	var facts []struct {
		ID      string   `json:"attack_id"`
		Now     string   `json:"attack_id_now"`
		Tactics []string `json:"tactics_all"`
	}
	if err := json.Unmarshal(data, &facts); err != nil {
		t.Fatal(err)
	}
	p, err := advisory.OpenFS(Open("aa21-200b"), "aa21-200b")
	if err != nil {
		t.Fatal(err)
	}
	ours := map[string]*advisory.TTP{}
	pairs, detected := 0, 0
	for i := range p.TTPs {
		ttp := &p.TTPs[i]
		ours[ttp.ID] = ttp
		pairs += len(ttp.Tactics)
		if len(ttp.Detections) > 0 {
			detected++
		} else if len(ttp.Questions) == 0 {
			t.Errorf("%s has neither a detection nor a question", ttp.ID)
		}
	}
	if len(p.TTPs) != 68 || len(ours) != 68 || pairs != 99 {
		t.Errorf("%d entries, %d ids, %d pairs with a tactic; published are 68 and 99", len(p.TTPs), len(ours), pairs)
	}
	if detected < 60 {
		t.Errorf("%d of 68 techniques have a detection", detected)
	}
	for _, f := range facts {
		ttp := ours[f.ID]
		if ttp == nil {
			t.Errorf("%s is missing", f.ID)
			continue
		}
		a, b := slices.Clone(ttp.Tactics), slices.Clone(f.Tactics)
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, b) || ttp.Current() != f.Now {
			t.Errorf("%s: tactics %v and id %s, published %v, %s", f.ID, a, ttp.Current(), b, f.Now)
		}
	}
}
