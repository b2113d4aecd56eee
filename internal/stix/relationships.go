package stix

import (
	"slices"
	"strings"
	"sync"
)

// suggested are the relationships that the specification suggests (appendix B and the tables of each type): the type of
// the source, the type of the relationship, the types of the target. Whatever else two objects are to each other may be
// said, too, but fewer programs will understand it.
var suggested = [...][3]string{
	{"attack-pattern", "delivers", "malware"},
	{"attack-pattern", "targets", "identity location vulnerability"},
	{"attack-pattern", "uses", "malware tool"},
	{"campaign", "attributed-to", "intrusion-set threat-actor"},
	{"campaign", "compromises", "infrastructure"},
	{"campaign", "originates-from", "location"},
	{"campaign", "targets", "identity location vulnerability"},
	{"campaign", "uses", "attack-pattern infrastructure malware tool"},
	{"course-of-action", "investigates", "indicator"},
	{"course-of-action", "mitigates", "attack-pattern indicator malware tool vulnerability"},
	{"course-of-action", "remediates", "malware vulnerability"},
	{"domain-name", "resolves-to", "domain-name ipv4-addr ipv6-addr"},
	{"identity", "located-at", "location"},
	{"indicator", "based-on", "observed-data"},
	{"indicator", "indicates", "attack-pattern campaign infrastructure intrusion-set malware threat-actor tool"},
	{"infrastructure", "communicates-with", "infrastructure domain-name ipv4-addr ipv6-addr url"},
	{"infrastructure", "consists-of", "infrastructure observed-data SCO"},
	{"infrastructure", "controls", "infrastructure malware"},
	{"infrastructure", "delivers", "malware"},
	{"infrastructure", "has", "vulnerability"},
	{"infrastructure", "hosts", "malware tool"},
	{"infrastructure", "located-at", "location"},
	{"infrastructure", "uses", "infrastructure"},
	{"intrusion-set", "attributed-to", "threat-actor"},
	{"intrusion-set", "compromises", "infrastructure"},
	{"intrusion-set", "hosts", "infrastructure"},
	{"intrusion-set", "originates-from", "location"},
	{"intrusion-set", "owns", "infrastructure"},
	{"intrusion-set", "targets", "identity location vulnerability"},
	{"intrusion-set", "uses", "attack-pattern infrastructure malware tool"},
	{"ipv4-addr", "belongs-to", "autonomous-system"},
	{"ipv4-addr", "resolves-to", "mac-addr"},
	{"ipv6-addr", "belongs-to", "autonomous-system"},
	{"ipv6-addr", "resolves-to", "mac-addr"},
	{"malware", "authored-by", "intrusion-set threat-actor"},
	{"malware", "beacons-to", "infrastructure"},
	{"malware", "communicates-with", "domain-name ipv4-addr ipv6-addr url"},
	{"malware", "controls", "malware"},
	{"malware", "downloads", "file malware tool"},
	{"malware", "drops", "file malware tool"},
	{"malware", "exfiltrates-to", "infrastructure"},
	{"malware", "exploits", "vulnerability"},
	{"malware", "originates-from", "location"},
	{"malware", "targets", "identity infrastructure location vulnerability"},
	{"malware", "uses", "attack-pattern infrastructure malware tool"},
	{"malware", "variant-of", "malware"},
	{"malware-analysis", "analysis-of", "malware"},
	{"malware-analysis", "characterizes", "malware"},
	{"malware-analysis", "dynamic-analysis-of", "malware"},
	{"malware-analysis", "static-analysis-of", "malware"},
	{"threat-actor", "attributed-to", "identity"},
	{"threat-actor", "compromises", "infrastructure"},
	{"threat-actor", "hosts", "infrastructure"},
	{"threat-actor", "impersonates", "identity"},
	{"threat-actor", "located-at", "location"},
	{"threat-actor", "owns", "infrastructure"},
	{"threat-actor", "targets", "identity location vulnerability"},
	{"threat-actor", "uses", "attack-pattern infrastructure malware tool"},
	{"tool", "delivers", "malware"},
	{"tool", "drops", "malware"},
	{"tool", "has", "vulnerability"},
	{"tool", "targets", "identity infrastructure location vulnerability"},
	{"tool", "uses", "infrastructure"},
}

type sourceAndType struct{ source, name string }

var suggestions = sync.OnceValue(func() map[sourceAndType][]string {
	m := make(map[sourceAndType][]string, len(suggested))
	for _, s := range suggested {
		m[sourceAndType{s[0], s[1]}] = strings.Fields(s[2])
	}
	return m
})

// suggestedRelationship says whether the specification suggests a relationship. The common ones (section 3.7) are
// derived-from and duplicate-of between objects of one type, and related-to between any.
func suggestedRelationship(source, name, target string) bool {
	switch name {
	case "related-to":
		return true
	case "derived-from", "duplicate-of":
		return source == target
	}
	targets := suggestions()[sourceAndType{source, name}]
	return slices.Contains(targets, target) || slices.Contains(targets, anySCO) && classOf(target) == classSCO
}
