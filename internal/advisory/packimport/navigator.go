package packimport

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"entente/internal/advisory"
)

// layer is what an import reads of a Navigator layer, of any version from 2 to 4.5.
type layer struct {
	Name        text `json:"name"`
	Description text `json:"description"`
	Domain      text `json:"domain"`
	Versions    struct {
		Attack text `json:"attack"`
	} `json:"versions"`
	Techniques []json.RawMessage `json:"techniques"`
	Metadata   []json.RawMessage `json:"metadata"`
	Links      []json.RawMessage `json:"links"`
}

type layerTechnique struct {
	ID       text              `json:"techniqueID"`
	Tactic   text              `json:"tactic"`
	Comment  text              `json:"comment"`
	Enabled  *flag             `json:"enabled"`
	Score    json.RawMessage   `json:"score"`
	Metadata []json.RawMessage `json:"metadata"`
	Links    []json.RawMessage `json:"links"`
}

type layerPair struct {
	Name  text `json:"name"`
	Label text `json:"label"`
	Value text `json:"value"`
	URL   text `json:"url"`
}

// readLayer makes TTPs of the techniques of a layer: a technique that stands under several tactics is one TTP.
func (d *draft) readLayer(data []byte) error {
	var l layer
	if err := json.Unmarshal(data, &l); err != nil {
		return fmt.Errorf("this is no layer: %w", err)
	}
	d.m.Title, d.m.Summary = string(l.Name), oneLine(string(l.Description))
	d.m.Attack.Published = strings.TrimPrefix(oneLine(string(l.Versions.Attack)), "v")
	if l.Domain != "" && !strings.Contains(string(l.Domain), "enterprise") {
		d.remark("domain", "the layer is of the matrix %s", l.Domain)
	}
	odd := func(where string) func(int, error) {
		return func(i int, err error) { d.remark(where+" "+strconv.Itoa(i+1), "it cannot be read: %s", err) }
	}
	scored := 0
	each(l.Techniques, odd("technique"), func(t layerTechnique) {
		where := string(t.ID)
		if t.Enabled != nil && !*t.Enabled {
			d.remark(where, "the technique is switched off in the layer: it is left out")
			return
		}
		ttp := d.ttp(where, string(t.ID))
		if ttp == nil {
			return
		}
		if t.Tactic != "" {
			d.tactic(where, ttp, string(t.Tactic))
		}
		if len(t.Score) > 0 && string(t.Score) != "null" {
			scored++
		}
		procedure(ttp, string(t.Comment))
		each(t.Metadata, odd(where), func(p layerPair) {
			if p.Name == "ref" && (ttp.Ref == "" || ttp.Ref == oneLine(string(p.Value))) {
				ttp.Ref = clip(oneLine(string(p.Value)), maxLine)
				return
			}
			if p.Name == "today" { // as exports write it
				if now, ok := d.facts.Technique(string(p.Value)); ok && now.ID != ttp.ID {
					ttp.Now = now.ID
				}
				return
			}
			if p.Name != "" && p.Name != "published as" && p.Name != "confidence" {
				d.remark(where, "the note %q is left out: %s", p.Name, p.Value)
			}
		})
		each(t.Links, odd(where), func(p layerPair) {
			if p.URL != "" {
				d.reference(string(p.Label), string(p.URL))
			}
		})
	})
	if scored > 0 {
		d.remark("techniques", "%d of them have a score, which a pack has no place for", scored)
	}
	each(l.Links, odd("link"), func(p layerPair) {
		if p.URL != "" {
			d.reference(string(p.Label), string(p.URL))
		}
	})
	each(l.Metadata, odd("note"), func(p layerPair) {
		switch {
		case p.Name == "tlp" && d.mark(string(p.Value)):
		case p.Name == "pack" && validID(string(p.Value)):
			d.m.ID = string(p.Value)
		case p.Name == "version" && semantic(string(p.Value)):
			d.m.Version = string(p.Value)
		case p.Name == "issued" && date(string(p.Value)) != "":
			d.m.Issued = advisory.Date(p.Value)
		case p.Name != "":
			d.remark("metadata", "the note %q is left out: %s", p.Name, p.Value)
		}
	})
	return nil
}
