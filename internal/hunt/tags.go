package hunt

import "strings"

// joinNames lists a few names for a sentence.
func joinNames(names []string) string {
	const most = 4
	if len(names) > most {
		return strings.Join(names[:most], ", ") + " and others"
	}
	return strings.Join(names, ", ")
}

// plainTags reads technique ids and tactics out of tags without knowing ATT&CK.
func plainTags(tags []string) (techniques []Technique, tactics []string) {
	for _, t := range tags {
		name, ok := strings.CutPrefix(t, "attack.")
		if !ok {
			continue
		}
		if len(name) > 4 && (name[0] == 't' || name[0] == 'T') && name[1] >= '0' && name[1] <= '9' {
			techniques = append(techniques, Technique{ID: strings.ToUpper(name)})
			continue
		}
		if len(name) > 1 && (name[0] == 'g' || name[0] == 's') && name[1] >= '0' && name[1] <= '9' {
			continue // a group or software
		}
		tactics = append(tactics, strings.ReplaceAll(name, "_", "-"))
	}
	return techniques, tactics
}
