package actor

import (
	"entente/internal/stix"
)

// Object is an object of STIX, as its reader may see it.
type Object struct {
	*stix.Object
	Label string // of TLP 2.0, in lower case; "" where it is not known
}

// Reference is where something is said.
type Reference struct {
	Name string `json:"name,omitempty"`
	URL  string `json:"url,omitempty"`
	Text string `json:"text,omitempty"`
}

// Claim is what stands behind each statement: who says it, since when, by which sources.
type Claim struct {
	Claimant   string      `json:"claimant,omitempty"` // identifier of an identity; "" where nobody says who
	Recorder   string      `json:"recorder,omitempty"` // who made the object, where it is another than the claimant
	Claimed    Date        `json:"claimed,omitzero"`   // when the claimant said so; where that is not said, when the object was made
	Grade      Grade       `json:"grade,omitzero"`
	Confidence int         `json:"confidence"` // 0 to 100 as STIX has it, -1 without
	Sources    []Reference `json:"sources,omitempty"`
	Label      string      `json:"label,omitempty"`
}

// mostSources of one claim.
const mostSources = 50

// claimOf reads the claim that an object makes.
func claimOf(o Object) Claim {
	x := extensionOf(o)
	c := Claim{
		Claimant: textOr(x, "claimant_ref", o.CreatedByRef), Claimed: dateOf(x, "claimed"), Confidence: o.Confidence, Label: o.Label,
	}
	if c.Claimant != o.CreatedByRef {
		c.Recorder = o.CreatedByRef
	}
	if c.Claimed.IsZero() {
		c.Claimed = DateOf(o.Created.Time)
	}
	c.Grade, _ = ParseGrade(textOr(x, "source_grade", "") + textOr(x, "information_grade", ""))
	if refs, ok := o.Root().Child("external_references"); ok {
		for r := range refs.Children() {
			if len(c.Sources) == mostSources {
				break
			}
			c.Sources = append(c.Sources, Reference{Name: textOr(r, "source_name", ""), URL: textOr(r, "url", ""), Text: textOr(r, "description", "")})
		}
	}
	return c
}

// extensionOf is what an object says in our extension; without one a value that has no members.
func extensionOf(o Object) stix.Value {
	if all, ok := o.Root().Child("extensions"); ok {
		if x, ok := all.Child(Extension()); ok {
			return x
		}
	}
	id, _ := o.Root().Child("type")
	return id
}

// textOr is the text of a member, or another where there is none.
func textOr(v stix.Value, name, or string) string {
	if c, ok := v.Child(name); ok && c.IsString() {
		return c.Text()
	}
	return or
}

func text(o Object, name string) string { return textOr(o.Root(), name, "") }

// texts are the strings of a list.
func texts(v stix.Value, name string) []string {
	list, ok := v.Child(name)
	if !ok || !list.IsList() {
		return nil
	}
	var out []string
	for c := range list.Children() {
		if c.IsString() {
			out = append(out, c.Text())
		}
	}
	return out
}

// dateOf is the date in a member; what is none is as if nothing was said.
func dateOf(v stix.Value, name string) Date {
	d, _ := ParseDate(textOr(v, name, ""))
	return d
}
