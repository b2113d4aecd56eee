package rank

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"entente/internal/attack"
)

const maxAliases = 100

var (
	groupID     = regexp.MustCompile(`^G[0-9]{4}$`)
	techniqueID = regexp.MustCompile(`^T[0-9]{4}(\.[0-9]{3})?$`)
	softwareID  = regexp.MustCompile(`^S[0-9]{4}$`)
)

// bundleObject is what is read of an object of STIX.
type bundleObject struct {
	Type       string   `json:"type"`
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Modified   string   `json:"modified"`
	Revoked    bool     `json:"revoked"`
	Deprecated bool     `json:"x_mitre_deprecated"`
	Aliases    []string `json:"aliases"`
	Version    string   `json:"x_mitre_version"`
	References []struct {
		Source string `json:"source_name"`
		ID     string `json:"external_id"`
	} `json:"external_references"`
	Relation string `json:"relationship_type"`
	Source   string `json:"source_ref"`
	Target   string `json:"target_ref"`
}

// ReadBundle reads a bundle of STIX 2.0 or 2.1 as MITRE publishes them (enterprise-attack.json) and keeps which groups use
// which techniques and software, where all three, the relationship too, are neither revoked nor deprecated. Memory is
// bounded by what is kept; objects of other shapes are passed over. A bundle in which no group uses anything is an error.
func ReadBundle(r io.Reader) (*Corpus, error) {
	b := bundleReader{objects: map[string]bundleObject{}}
	if err := attack.ReadObjects(r, b.add); err != nil {
		return nil, fmt.Errorf("read ATT&CK bundle: %w", err)
	}
	c := b.corpus()
	if len(c.Rows) == 0 {
		return nil, errors.New("read ATT&CK bundle: no group in it uses anything; give a bundle as MITRE publishes it, such as enterprise-attack.json")
	}
	return c, nil
}

// ReadBundleFile is [ReadBundle] of a file.
func ReadBundleFile(name string) (*Corpus, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open ATT&CK bundle: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	return ReadBundle(f)
}

type bundleReader struct {
	version   string
	objects   map[string]bundleObject // groups, techniques and software, by STIX id
	relations []bundleObject
}

func (b *bundleReader) add(o *bundleObject) {
	switch o.Type {
	case "intrusion-set", "attack-pattern", "malware", "tool":
		kept := bundleObject{Type: o.Type, ID: o.ID, Name: attack.OneLine(o.Name), Modified: o.Modified}
		for _, r := range o.References {
			if r.Source == "mitre-attack" {
				kept.Target = strings.ToUpper(r.ID)
				break
			}
		}
		kept.Revoked = o.Revoked || o.Deprecated
		for _, a := range o.Aliases[:min(len(o.Aliases), maxAliases)] {
			if a = attack.OneLine(a); a != "" && a != kept.Name && !slices.Contains(kept.Aliases, a) {
				kept.Aliases = append(kept.Aliases, a)
			}
		}
		if old, ok := b.objects[o.ID]; !ok || kept.Modified > old.Modified {
			b.objects[o.ID] = kept
		}
	case "relationship":
		if o.Relation == "uses" && !o.Revoked && !o.Deprecated {
			b.relations = append(b.relations, bundleObject{ID: o.ID, Source: o.Source, Target: o.Target})
		}
	case "x-mitre-collection":
		if b.version == "" {
			b.version = attack.OneLine(o.Version)
		}
	}
}

// corpus ties rows to what is in force.
func (b *bundleReader) corpus() *Corpus {
	c := &Corpus{Version: b.version}
	groups, features := map[string]int{}, map[string]int{} // STIX id → index
	byID := map[string]int{}                               // ATT&CK id → index
	for _, o := range sortedObjects(b.objects) {
		id := o.Target
		_, twice := byID[id]
		switch {
		case o.Type == "intrusion-set" && groupID.MatchString(id):
			if !twice {
				byID[id] = len(c.Groups)
				c.Groups = append(c.Groups, Group{ID: id, Name: cmp.Or(o.Name, id), Aliases: o.Aliases})
			}
			groups[o.ID] = byID[id]
		case o.Type == "attack-pattern" && techniqueID.MatchString(id), o.Type != "attack-pattern" && softwareID.MatchString(id):
			if !twice {
				byID[id] = len(c.Features)
				c.Features = append(c.Features, Feature{ID: id, Name: cmp.Or(o.Name, id)})
			}
			features[o.ID] = byID[id]
		}
	}
	for i, f := range c.Features {
		if parent, ok := byID[parentOf(f.ID)]; ok && parent != i {
			c.Features[i].Name = c.Features[parent].Name + ": " + f.Name
		}
	}
	for _, r := range b.relations {
		g, isGroup := groups[r.Source]
		f, isFeature := features[r.Target]
		if isGroup && isFeature {
			c.Rows = append(c.Rows, Row{ID: r.ID, Group: g, Feature: f})
		}
	}
	c.index()
	return c
}

// sortedObjects are those in force, by ATT&CK id, the latest first where several have one.
func sortedObjects(objects map[string]bundleObject) []bundleObject {
	var out []bundleObject
	for _, o := range objects {
		if !o.Revoked {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(x, y bundleObject) int {
		return cmp.Or(strings.Compare(x.Target, y.Target), strings.Compare(y.Modified, x.Modified), strings.Compare(x.ID, y.ID))
	})
	return out
}
