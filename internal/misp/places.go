package misp

import "strings"

// locate makes a location of a country or region by its name or its code. ok is false where that is not known.
func locate(o object, galaxy, name, iso string) bool {
	plain := strings.ToLower(strings.TrimSpace(name))
	if _, rest, ok := strings.Cut(plain, " - "); ok { // 150 - Europe
		plain = rest
	}
	if galaxy == "region" {
		region := strings.ReplaceAll(plain, " ", "-")
		if regions[region] {
			o["region"] = region
			return true
		}
		return false
	}
	if iso = strings.ToUpper(strings.TrimSpace(iso)); len(iso) != 2 {
		return false
	}
	o["country"] = iso
	return true
}

// regions are those of STIX that have the name that MISP gives them (section 10.20).
var regions = set("africa", "eastern-africa", "middle-africa", "northern-africa", "southern-africa", "western-africa", "americas", "caribbean",
	"central-america", "northern-america", "south-america", "asia", "central-asia", "eastern-asia", "southern-asia", "south-eastern-asia",
	"western-asia", "europe", "eastern-europe", "northern-europe", "southern-europe", "western-europe", "oceania", "antarctica",
	"australia-new-zealand", "melanesia", "micronesia", "polynesia")
