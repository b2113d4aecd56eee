package attribution

import "entente/internal/stix"

// Within says whether a part with a label may be shown where another label is the strictest that is allowed. What has no label of
// its own has the one of its collection, which is not known here: it counts as amber+strict.
func Within(label, most string) bool {
	if label == "" {
		label = "amber+strict"
	}
	return stix.Stricter(label, most) == most
}

// Shown says whether a part may be shown under a label; under "" everything may.
func (m *Meta) Shown(most string) bool { return most == "" || Within(m.TLP, most) }

// Usual is the label that parts get which nobody labels: the strictest that the case itself has ever had, and those of the parts that
// they are about. That the case is told to more people does not tell them what is added to it.
func (c *Case) Usual(about ...string) string {
	label := c.TLP
	for _, p := range c.History {
		if p.Body.Kind() == KindCase {
			label = stix.Stricter(label, p.TLP)
		}
	}
	for _, l := range about {
		label = stix.Stricter(label, l)
	}
	return label
}

// Strictest is the label of all that stands in the case.
func (c *Case) Strictest() string {
	label := c.TLP
	for _, p := range c.History {
		label = stix.Stricter(label, p.TLP)
	}
	return label
}
