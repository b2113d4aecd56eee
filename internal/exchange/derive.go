package exchange

import (
	"entente/internal/stix"
	"entente/internal/store"
)

// Derive says again what follows from the bytes of an item: see [store.Derive]. What unknown markings mean was known when it was
// stored: they restrict, or are statements; where either gives the stored label, it is that one.
func Derive(raw []byte, label store.Label) (store.New, error) {
	o, err := stix.Parse(raw, stored)
	if err != nil {
		return store.New{}, err
	}
	c := markings{}.classify(o, label)
	if len(c.Unknown) > 0 && c.Label != label {
		statements := markings{}
		for _, id := range c.Unknown {
			statements[id] = true
		}
		c = statements.classify(o, label)
	}
	return derived(o, &c), nil
}

// derived is the part of an item that follows from the object and what its markings mean.
func derived(o *stix.Object, c *classified) store.New {
	version := o.Version()
	n := store.New{
		Class: store.Class{Label: c.Label}, ID: o.ID, Type: o.Type, Spec: o.Spec(), Version: version.Time, VersionText: version.Text,
		Created: o.Created.Time, Creator: o.CreatedByRef, Revoked: o.Revoked, Redacted: isRedacted(o), Granular: c.Granular, Parts: c.parts.present, Raw: o.Raw,
	}
	if version.Time.IsZero() {
		n.VersionText = ""
	}
	maker, ok := o.Root().Child("created_by_ref")
	n.CreatorPart = ok && c.parts.of(maker) > c.Label
	return n
}
