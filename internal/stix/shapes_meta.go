package stix

// metaShapes are the STIX Meta Objects (section 7) and the bundle (section 8).
func metaShapes() []*shape {
	return []*shape{
		{
			name: "language-content", section: "7.1", class: classMeta,
			props: []prop{ref("object_ref", anyObject).must(), p("object_modified", timestamp), p("contents", contents).must()},
		},
		{
			name: "marking-definition", section: "7.2.1", class: classMeta,
			props: []prop{p("name", text), p("definition_type", text), p("definition", markingObject)},
			rules: []rule{anyOf("definition", "extensions"), needs("definition", "definition_type"), needs("definition_type", "definition")},
		},
		{
			name: "extension-definition", section: "7.3", class: classMeta,
			props: []prop{
				p("name", text).must(), p("description", text), p("schema", text).must(), p("version", semver).must(),
				oneOf("extension_types", &extensionType).many().must(), p("extension_properties", text).many(),
			},
		},
		{
			name: "bundle", section: "8", class: classBundle,
			props: []prop{p("objects", anything).many()},
		},
	}
}
