package stix

// domainShapes are the STIX Domain Objects (section 4).
func domainShapes() []*shape {
	sdo := func(name, section string, rules []rule, props ...prop) *shape {
		return &shape{name: name, section: section, class: classSDO, props: props, rules: rules}
	}
	name, description := p("name", text), p("description", text)
	aliases := p("aliases", text).many()
	firstSeen, lastSeen := p("first_seen", timestamp), p("last_seen", timestamp)
	seen := []rule{notBefore("first_seen", "last_seen")}
	goals := p("goals", text).many()
	level := words("resource_level", &attackResourceLevel)
	primary := words("primary_motivation", &attackMotivation)
	secondary := words("secondary_motivations", &attackMotivation).many()
	about := refs("object_refs", anyObject).must()
	return []*shape{
		sdo("attack-pattern", "4.1", nil, name.must(), description, aliases, killChain()),
		sdo("campaign", "4.2", seen, name.must(), description, aliases, firstSeen, lastSeen, p("objective", text)),
		sdo("course-of-action", "4.3", nil, name.must(), description),
		sdo("grouping", "4.4", nil, name, description, words("context", &groupingContext).must(), about),
		sdo("identity", "4.5", nil, name.must(), description, p("roles", text).many(), words("identity_class", &identityClass),
			words("sectors", &industrySector).many(), p("contact_information", text)),
		sdo("incident", "4.6", nil, name.must(), description),
		sdo("indicator", "4.7", []rule{later("valid_from", "valid_until")}, name, description,
			words("indicator_types", &indicatorType).many(), p("pattern", pattern).must(), words("pattern_type", &patternType).must(),
			p("pattern_version", text), p("valid_from", timestamp).must(), p("valid_until", timestamp), killChain()),
		sdo("infrastructure", "4.8", seen, name.must(), description, words("infrastructure_types", &infrastructureType).many(),
			aliases, killChain(), firstSeen, lastSeen),
		sdo("intrusion-set", "4.9", seen, name.must(), description, aliases, firstSeen, lastSeen, goals, level, primary, secondary),
		sdo("location", "4.10",
			[]rule{
				anyOf("region", "country", "latitude"), needs("latitude", "longitude"), needs("longitude", "latitude"),
				needs("precision", "latitude", "longitude"),
			},
			name, description, p("latitude", float).between(-90, 90), p("longitude", float).between(-180, 180),
			p("precision", float).between(0, 1e300), words("region", &region), p("country", text), p("administrative_area", text),
			p("city", text), p("street_address", text), p("postal_code", text)),
		sdo("malware", "4.11", append(seen, whenTrue("is_family", []string{"name"}, nil)), name, description,
			words("malware_types", &malwareType).many(), p("is_family", boolean).must(), aliases, killChain(), firstSeen, lastSeen,
			refs("operating_system_refs", "software"), words("architecture_execution_envs", &processorArchitecture).many(),
			words("implementation_languages", &implementationLanguage).many(), words("capabilities", &malwareCapabilities).many(),
			refs("sample_refs", "file", "artifact")),
		sdo("malware-analysis", "4.12", []rule{anyOf("result", "analysis_sco_refs")}, p("product", text).must(), p("version", text),
			ref("host_vm_ref", "software"), ref("operating_system_ref", "software"), refs("installed_software_refs", "software"),
			p("configuration_version", text), p("modules", text).many(), p("analysis_engine_version", text),
			p("analysis_definition_version", text), p("submitted", timestamp), p("analysis_started", timestamp),
			p("analysis_ended", timestamp), p("result_name", text), words("result", &malwareResult),
			refs("analysis_sco_refs", anySCO), ref("sample_ref", "file", "artifact", "network-traffic", anySCO)),
		sdo("note", "4.13", nil, p("abstract", text), p("content", text).must(), p("authors", text).many(), about),
		sdo("observed-data", "4.14",
			[]rule{notBefore("first_observed", "last_observed"), anyOf("objects", "object_refs"), notBoth("objects", "object_refs")},
			p("first_observed", timestamp).must(), p("last_observed", timestamp).must(),
			p("number_observed", integer).between(1, 999_999_999).must(),
			p("objects", observables).instead("give the observables identifiers of their own and name them in object_refs"),
			refs("object_refs", anySCO, anySRO)),
		sdo("opinion", "4.15", nil, p("explanation", text), p("authors", text).many(), oneOf("opinion", &opinion).must(), about),
		sdo("report", "4.16", nil, name.must(), description, words("report_types", &reportType).many(),
			p("published", timestamp).must(), about),
		sdo("threat-actor", "4.17", seen, name.must(), description, words("threat_actor_types", &threatActorType).many(), aliases,
			firstSeen, lastSeen, words("roles", &threatActorRole).many(), goals, words("sophistication", &threatActorSophistication),
			level, primary, secondary, words("personal_motivations", &attackMotivation).many()),
		sdo("tool", "4.18", nil, name.must(), description, words("tool_types", &toolType).many(), aliases, killChain(),
			p("tool_version", text)),
		sdo("vulnerability", "4.19", nil, name.must(), description),
	}
}
