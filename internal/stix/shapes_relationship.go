package stix

// relationshipShapes are the STIX Relationship Objects (section 5).
func relationshipShapes() []*shape {
	return []*shape{
		{
			name: "relationship", section: "5.1", class: classSRO,
			rules: []rule{later("start_time", "stop_time")},
			props: []prop{
				p("relationship_type", relationshipName).must(), p("description", text), ref("source_ref", anySDO, anySCO).must(),
				ref("target_ref", anySDO, anySCO).must(), p("start_time", timestamp), p("stop_time", timestamp),
			},
		},
		{
			name: "sighting", section: "5.2", class: classSRO,
			rules: []rule{notBefore("first_seen", "last_seen")},
			props: []prop{
				p("description", text), p("first_seen", timestamp), p("last_seen", timestamp), p("count", integer).between(0, 999_999_999),
				ref("sighting_of_ref", anySDO).must(), refs("observed_data_refs", "observed-data"),
				refs("where_sighted_refs", "identity", "location"), p("summary", boolean),
			},
		},
	}
}
