package publish

import (
	"encoding/json"
	"fmt"
	"strings"

	"entente/internal/advisory/packexport"
)

// layer is one of the ATT&CK Navigator, as far as packs differ in it.
type layer struct {
	Name        string            `json:"name"`
	Versions    map[string]string `json:"versions"`
	Domain      string            `json:"domain"`
	Description string            `json:"description"`
	Sorting     json.RawMessage   `json:"sorting"`
	Layout      json.RawMessage   `json:"layout"`
	Hide        json.RawMessage   `json:"hideDisabled"`
	Techniques  []layerTechnique  `json:"techniques"`
	Gradient    json.RawMessage   `json:"gradient"`
	Legend      json.RawMessage   `json:"legendItems"`
	Metadata    []layerMeta       `json:"metadata"`
	Links       []json.RawMessage `json:"links,omitempty"`
}

type layerTechnique struct {
	ID       string      `json:"techniqueID"`
	Tactic   string      `json:"tactic,omitempty"`
	Score    int         `json:"score"`
	Colour   string      `json:"color"`
	Comment  string      `json:"comment,omitempty"`
	Enabled  bool        `json:"enabled"`
	Metadata []layerMeta `json:"metadata,omitempty"`
	ShowSubs bool        `json:"showSubtechniques"`
}

type layerMeta struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// navigatorLayers are the techniques of all packs together: navigator.json, and one more for each matrix besides Enterprise,
// since a layer is of one. Ids are those of publication where all packs agree on the version of ATT&CK, otherwise today's. A
// technique of several packs has the best score of any, and what each says of it.
func navigatorLayers(packs []*pack) (map[string][]byte, error) {
	list, err := readLayers(packs, false)
	if err != nil {
		return nil, err
	}
	for _, l := range list {
		if l.Versions["attack"] != list[0].Versions["attack"] {
			if list, err = readLayers(packs, true); err != nil {
				return nil, err
			}
			break
		}
	}
	const most = "enterprise-attack"
	byDomain := map[string]*layer{}
	for i, l := range list {
		whole := byDomain[l.Domain]
		if whole == nil {
			byDomain[l.Domain] = l
			l.prefix(packs[i].Manifest.ID, len(list) > 1)
			continue
		}
		l.prefix(packs[i].Manifest.ID, true)
		whole.take(l)
	}
	out := map[string][]byte{}
	for domain, l := range byDomain {
		name := "navigator.json"
		if domain != most && len(byDomain) > 1 {
			name = "navigator-" + domain + ".json"
		}
		if out[name], err = packexport.JSONText(l); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func readLayers(packs []*pack, today bool) ([]*layer, error) {
	var out []*layer
	for _, p := range packs {
		b, err := p.export(packexport.Navigator, today)
		if err != nil {
			return nil, err
		}
		l := new(layer)
		if err := json.Unmarshal(b, l); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Path, err)
		}
		out = append(out, l)
	}
	return out, nil
}

// prefix says which pack a comment and a fact are of.
func (l *layer) prefix(id string, several bool) {
	if !several {
		return
	}
	for i := range l.Techniques {
		l.Techniques[i].Comment = strings.TrimSpace(id + ": " + l.Techniques[i].Comment)
	}
	for i := range l.Metadata {
		l.Metadata[i].Name = id + ": " + l.Metadata[i].Name
	}
}

// take adds the techniques of another pack.
func (l *layer) take(o *layer) {
	l.Name += "; " + o.Name
	l.Description = strings.TrimSpace(l.Description + " " + o.Description)
	l.Metadata, l.Links = append(l.Metadata, o.Metadata...), append(l.Links, o.Links...)
	at := map[[2]string]int{}
	for i, t := range l.Techniques {
		at[[2]string{t.ID, t.Tactic}] = i
	}
	for _, t := range o.Techniques {
		i, ok := at[[2]string{t.ID, t.Tactic}]
		if !ok {
			l.Techniques = append(l.Techniques, t)
			continue
		}
		old := &l.Techniques[i]
		old.Comment += "\n\n" + t.Comment
		if t.Score > old.Score {
			old.Score, old.Colour = t.Score, t.Colour
		}
	}
}
