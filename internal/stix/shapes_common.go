package stix

// commonProps are the properties that objects of a family share (section 3.2): which they must, may and must not have.
func commonProps(s *shape) []prop {
	head := []prop{p("type", ownType).must(), p("id", ownID).must()}
	marks := []prop{refs("object_marking_refs", "marking-definition"), object("granular_markings", granularShape()).many()}
	ext := p("extensions", extensions)
	spec := p("spec_version", specVersion)
	creator := ref("created_by_ref", "identity")
	created, modified := p("created", millis), p("modified", millis)
	revoked, labels := p("revoked", boolean), p("labels", text).many()
	confidence, lang := p("confidence", integer).between(0, 100), p("lang", language)
	external := object("external_references", externalReferenceShape()).many()
	join := func(parts ...[]prop) (all []prop) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	switch s.class {
	case classSDO, classSRO:
		return join(head, marks, []prop{
			spec.must(), creator, created.must(), modified.must(), revoked, labels, confidence, lang, external, ext, no("defanged"),
		})
	case classSCO:
		return join(head, marks, []prop{
			spec, ext, p("defanged", boolean), no("created_by_ref"), no("created"), no("modified"), no("revoked"), no("labels"),
			no("confidence"), no("lang"), no("external_references"),
		})
	case classMeta:
		all := join(head, marks, []prop{spec.must(), created.must(), external, no("defanged"), no("lang")})
		switch s.name {
		case "marking-definition":
			return append(all, creator, ext, no("modified"), no("revoked"), no("labels"), no("confidence"))
		case "extension-definition":
			return append(all, creator.must(), modified.must(), revoked, labels, no("confidence"), no("extensions"))
		default:
			return append(all, creator, modified.must(), revoked, labels, confidence, ext)
		}
	case classBundle:
		return head
	case classNone:
	}
	if s.section != "11.2" {
		return nil // a part of an object
	}
	return join(head, marks, []prop{spec, creator, created, modified, revoked, labels, confidence, lang, external, ext, p("defanged", boolean)})
}

func externalReferenceShape() *shape {
	return &shape{
		name: "external-reference", section: "2.5",
		props: []prop{p("source_name", text).must(), p("description", text), p("url", uri), p("hashes", hashes), p("external_id", text)},
		rules: []rule{anyOf("description", "url", "external_id")},
	}
}

func killChainShape() *shape {
	return &shape{
		name: "kill-chain-phase", section: "2.11",
		props: []prop{p("kill_chain_name", phaseName).must(), p("phase_name", phaseName).must()},
	}
}

func killChain() prop { return object("kill_chain_phases", killChainShape()).many() }

func granularShape() *shape {
	return &shape{
		name: "granular-marking", section: "7.2.3.1",
		props: []prop{p("lang", language), ref("marking_ref", "marking-definition"), p("selectors", selector).many().must()},
		rules: []rule{anyOf("lang", "marking_ref"), notBoth("lang", "marking_ref")},
	}
}
