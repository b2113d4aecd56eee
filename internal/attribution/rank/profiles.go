package rank

import (
	"fmt"
	"math"
	"slices"
)

// Reduction leaves rows out of the profiles. The zero value leaves all in.
type Reduction struct {
	Drop  []string // ids of relationships, whichever group they belong to; unknown ones are passed over
	Group string   // id of a group that is no candidate; its rows count nowhere
}

// Profiles are the candidates and what each is known to use. They are not changed once they are made.
type Profiles struct {
	corpus *Corpus
	list   []profile // by group
	df     []int     // by feature: how many candidates have it
}

type profile struct {
	group    int   // in the corpus
	features []int // in the corpus, sorted
	size     float64
	z        float64 // ln size less its mean over all profiles
}

// has says whether the group is known to use a feature of the corpus.
func (p *profile) has(feature int) bool {
	_, ok := slices.BinarySearch(p.features, feature)
	return ok
}

// Profiles makes the profiles of the groups that have at least one row left. A group that is not in the corpus cannot be
// left out, which is an error.
func (c *Corpus) Profiles(r Reduction) (*Profiles, error) {
	removed := -1
	if r.Group != "" {
		g, ok := c.group[r.Group]
		if !ok {
			return nil, fmt.Errorf("there is no group %s in ATT&CK %s to leave out", r.Group, c.Version)
		}
		removed = g
	}
	dropped := make([]bool, len(c.Rows))
	for _, id := range r.Drop {
		for _, i := range c.row[id] {
			dropped[i] = true
		}
	}
	p := &Profiles{corpus: c, df: make([]int, len(c.Features))}
	features := make([]int, 0, len(c.Rows))
	for i := 0; i < len(c.Rows); {
		g, start := c.Rows[i].Group, len(features)
		for ; i < len(c.Rows) && c.Rows[i].Group == g; i++ {
			f := c.Rows[i].Feature
			if dropped[i] || g == removed || len(features) > start && features[len(features)-1] == f {
				continue
			}
			features = append(features, f)
			p.df[f]++
		}
		if own := features[start:]; len(own) > 0 {
			p.list = append(p.list, profile{group: g, features: own, size: float64(len(own))})
		}
	}
	center := 0.0
	for i := range p.list {
		p.list[i].z = math.Log(p.list[i].size)
		center += p.list[i].z / float64(len(p.list))
	}
	for i := range p.list {
		p.list[i].z -= center
	}
	return p, nil
}

// Len is the number of candidates.
func (p *Profiles) Len() int { return len(p.list) }

// Users is how many candidates are known for a technique or software, by its id.
func (p *Profiles) Users(id string) int {
	if i, ok := p.corpus.feature[id]; ok {
		return p.df[i]
	}
	return 0
}
