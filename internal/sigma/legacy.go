package sigma

// legacyCollection keeps the state of a file in the old form of collections: documents with an `action` that set
// what the others share (Sigma Specification 1.0, Rule Collections).
type legacyCollection struct {
	global   *node // added to every following document
	previous *node // what repeat starts from
}

// apply returns the document to compile, or nil where there is none. inherited says that its id comes from a
// global document.
func (g *legacyCollection) apply(doc *node) (whole *node, inherited bool, err error) {
	if doc.get("correlation") != nil || doc.get("filter") != nil {
		return doc, false, nil
	}
	action := doc.get("action")
	if action == nil {
		if g.global == nil {
			g.previous = doc
			return doc, false, nil
		}
		inherited = doc.get("id") == nil && g.global.get("id") != nil
		g.previous = overlay(doc, g.global)
		return g.previous, inherited, nil
	}
	own := without(doc, "action")
	switch action.text {
	case "global":
		g.global, g.previous = own, own
		return nil, false, nil
	case "reset":
		g.global = nil
		return nil, false, nil
	case "repeat":
		if g.previous == nil {
			return nil, false, faultf(action.line, "action: repeat has no document before it to repeat")
		}
		inherited = own.get("id") == nil && g.previous.get("id") != nil
		g.previous = overlay(g.previous, own)
		return g.previous, inherited, nil
	default:
		return nil, false, faultf(action.line, "the action %q is none of global, reset, repeat", action.text)
	}
}

// overlay returns a copy of map a in which everything that map b has is b's; maps inside are overlaid as well.
func overlay(a, b *node) *node {
	out := &node{kind: mapNode, line: a.line, kids: make([]*node, 0, len(a.kids)+len(b.kids))}
	for i := 0; i < len(a.kids); i += 2 {
		key, val := a.kids[i], a.kids[i+1]
		if other := b.get(key.text); other != nil {
			if val.kind == mapNode && other.kind == mapNode {
				other = overlay(val, other)
			}
			val = other
		}
		out.kids = append(out.kids, key, val)
	}
	for i := 0; i < len(b.kids); i += 2 {
		if a.get(b.kids[i].text) == nil {
			out.kids = append(out.kids, b.kids[i], b.kids[i+1])
		}
	}
	return out
}

// without returns a copy of a map that lacks one key.
func without(n *node, key string) *node {
	out := &node{kind: mapNode, line: n.line, kids: make([]*node, 0, len(n.kids))}
	for i := 0; i < len(n.kids); i += 2 {
		if n.kids[i].text != key {
			out.kids = append(out.kids, n.kids[i], n.kids[i+1])
		}
	}
	return out
}
