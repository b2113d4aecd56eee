package source

import (
	"errors"

	"entente/internal/event"
)

// jsonParser turns one JSON object into a flat list of values, whose slots are ids of nodes. It keeps no copy: values
// are slices of the object's text. Raw control characters in strings, a comma before a closing bracket, repeated
// names and the literals NaN, Infinity and None are let pass; anything else that RFC 8259 does not allow is an error.
type jsonParser struct {
	tree    *jsonTree
	b       []byte
	values  []event.Value
	marks   uint64
	err     string
	errAt   int
	wrapAt  int         // index of the array of a wrapper
	deep    bool        // something was nested beyond maxJSONDepth and stayed text
	scratch *jsonParser // for looking into arrays; nil until it is needed
	inner   bool        // what is parsed is looked at, and holds no records of its own
}

var errWrapper = errors.New("an array of records")

// parse reads the object at b[i] into p.values and returns the index after it. [errWrapper] means that the object
// holds an array of records at p.wrapAt.
func (p *jsonParser) parse(b []byte, i int) (end int, err error) {
	p.b, p.values, p.marks, p.err, p.wrapAt, p.deep = b, p.values[:0], 0, "", -1, false
	p.tree.limit = len(p.tree.nodes) + maxJSONFields
	end = p.object(i+1, p.tree.root, 0)
	switch {
	case p.wrapAt >= 0:
		return p.wrapAt, errWrapper
	case end < 0:
		return p.errAt, errors.New(p.err)
	}
	return end, nil
}

func (p *jsonParser) fail(i int, what string) int {
	p.err, p.errAt = what, i
	return -1
}

// object reads from after the opening bracket to after the closing one.
func (p *jsonParser) object(i int, n *jsonNode, depth int) int {
	b := p.b
	var prev *jsonNode
	guess := &n.first
	for {
		i = spaceEnd(b, i)
		if i >= len(b) {
			return p.fail(i, "the object does not end")
		}
		if b[i] == '}' {
			return i + 1
		}
		if b[i] != '"' {
			return p.fail(i, "a name in quotes is missing")
		}
		i++
		var k *jsonNode
		if g := guess[0]; g != nil && follows(b, i, g.raw) {
			k = g
			i += len(g.raw) + 1
		} else if g := guess[1]; g != nil && follows(b, i, g.raw) {
			k = g
			i += len(g.raw) + 1
			guess[0], guess[1] = g, guess[0]
		} else {
			end, _ := stringEnd(b, i)
			if end < 0 {
				return p.fail(i-1, "a name does not end")
			}
			k = p.tree.child(n, b[i:end])
			i = end + 1
			if k != p.tree.lost {
				guess[0], guess[1] = k, guess[0]
			}
		}
		if k != p.tree.lost {
			prev = k
			guess = &prev.next
		}
		p.marks |= k.mark
		if i < len(b) && b[i] == ':' {
			i++
		} else {
			i = spaceEnd(b, i)
			if i >= len(b) || b[i] != ':' {
				return p.fail(i, "a colon is missing after a name")
			}
			i++
		}
		if i < len(b) && b[i] <= ' ' {
			i = spaceEnd(b, i)
		}
		if i >= len(b) {
			return p.fail(i, "the object does not end")
		}
		if b[i] == '"' { // by far the most frequent
			end, escaped := stringEnd(b, i+1)
			if end < 0 {
				return p.fail(i, "a text does not end")
			}
			t := event.UTF8
			if escaped {
				t = event.JSONStr
			}
			p.values = append(p.values, event.Value{Raw: b[i+1 : end], Slot: k.id, Type: t})
			i = end + 1
		} else if i = p.other(i, k, depth); i < 0 {
			return -1
		}
		if i < len(b) && b[i] <= ' ' {
			i = spaceEnd(b, i)
		}
		if i >= len(b) {
			return p.fail(i, "the object does not end")
		}
		switch b[i] {
		case ',':
			i++
		case '}':
			return i + 1
		default:
			return p.fail(i, "a comma or closing bracket is missing")
		}
	}
}

// follows says that name and a quote stand at b[i].
func follows(b []byte, i int, name string) bool {
	end := i + len(name)
	return end < len(b) && b[end] == '"' && string(b[i:end]) == name
}

// other reads a value that is no string.
func (p *jsonParser) other(i int, k *jsonNode, depth int) int {
	b := p.b
	switch b[i] {
	case '{':
		return p.nested(i, k, depth)
	case '[':
		return p.array(i, k, depth)
	}
	end := wordEnd(b, i)
	word := b[i:end]
	v := event.Value{Slot: k.id}
	switch {
	case len(word) == 0:
		return p.fail(i, "a value is missing")
	case string(word) == "null" || string(word) == "None":
	case string(word) == "true" || string(word) == "True":
		v.Type = event.True
	case string(word) == "false" || string(word) == "False":
		v.Type = event.False
	case isNumber(word):
		v.Type, v.Raw = event.JSONNum, word
	case word[0] == '-' || word[0] == '+' || word[0]-'0' < 10 || string(word) == "NaN" || string(word) == "Infinity":
		v.Type, v.Raw = event.UTF8, word
	default:
		return p.fail(i, "a value is neither text, number nor literal")
	}
	p.values = append(p.values, v)
	return end
}

// nested reads an object that is a field.
func (p *jsonParser) nested(i int, k *jsonNode, depth int) int {
	at := len(p.values)
	if depth+1 >= maxJSONDepth {
		end := valueEnd(p.b, i)
		if end < 0 {
			return p.fail(i, "the object does not end")
		}
		if spaceEnd(p.b, i+1) == end-1 {
			p.values = append(p.values, event.Value{Raw: emptyObject, Slot: k.id, Type: event.JSONText})
		} else {
			p.tooDeep(i, end, k)
		}
		return end
	}
	if k.flags&nodeUnwraps == 0 {
		p.values = append(p.values, event.Value{Slot: k.id, Type: event.JSONText})
	}
	end := p.object(i+1, k, depth+1)
	if end < 0 {
		return -1
	}
	if k.flags&nodeUnwraps == 0 {
		p.values[at].Raw = p.b[i:end]
		if len(p.values) == at+1 {
			p.values[at].Raw = emptyObject
		}
	}
	if k.flags&nodeRenames != 0 {
		p.pair(k, at)
	}
	return end
}

// tooDeep keeps the object or array in b[i:end] as text. It is no [event.JSONText], which is passed over where the members
// stand as values of their own: here they do not, and a rule must not miss what lies below.
func (p *jsonParser) tooDeep(i, end int, k *jsonNode) {
	p.deep = true
	p.values = append(p.values, event.Value{Raw: p.b[i:end], Slot: k.id, Type: event.UTF8})
}

var (
	emptyObject = []byte("{}")
	emptyArray  = []byte("[]")
)

// array reads an array. One of scalars is one value; the members of objects in it stand under the array's own path.
func (p *jsonParser) array(i int, k *jsonNode, depth int) int {
	b := p.b
	start := i
	i = spaceEnd(b, i+1)
	if i < len(b) && b[i] == '{' && k.flags&nodeWraps != 0 && !p.inner {
		if p.wraps(start, i) {
			p.wrapAt = start
			return -1
		}
	}
	end, flat := p.scalars(i)
	switch {
	case end < 0:
		return p.fail(start, "the array does not end")
	case flat:
		v := event.Value{Raw: b[start:end], Slot: k.id, Type: event.JSONArray}
		if spaceEnd(b, start+1) == end-1 {
			v.Raw, v.Type = emptyArray, event.JSONText
		}
		p.values = append(p.values, v)
		return end
	case depth+1 >= maxJSONDepth:
		if end = valueEnd(b, start); end < 0 {
			return p.fail(start, "the array does not end")
		}
		p.tooDeep(start, end, k)
		return end
	}
	whole := len(p.values)
	p.values = append(p.values, event.Value{Slot: k.id, Type: event.JSONText})
	for {
		i = spaceEnd(b, i)
		if i >= len(b) {
			return p.fail(start, "the array does not end")
		}
		at := len(p.values)
		switch b[i] {
		case ']':
			p.values[whole].Raw = b[start : i+1]
			return i + 1
		case ',':
			i++
			continue
		case '{':
			if i = p.object(i+1, k, depth+1); i < 0 {
				return -1
			}
			switch {
			case k.flags&nodeRenames != 0 && len(p.values) == at: // an element without name and content
				p.values = append(p.values, event.Value{Slot: k.id, Type: event.UTF8})
			case k.flags&nodePairs != 0:
				p.pair(k, at)
			}
		case '[':
			if i = p.array(i, k, depth+1); i < 0 {
				return -1
			}
		case '"':
			end, escaped := stringEnd(b, i+1)
			if end < 0 {
				return p.fail(i, "a text does not end")
			}
			t := event.UTF8
			if escaped {
				t = event.JSONStr
			}
			p.values = append(p.values, event.Value{Raw: b[i+1 : end], Slot: k.id, Type: t})
			i = end + 1
		default:
			if i = p.other(i, k, depth); i < 0 {
				return -1
			}
		}
	}
}

// scalars looks whether everything up to the end of the array is scalar. end is the index after the array if so.
func (p *jsonParser) scalars(i int) (end int, flat bool) {
	b := p.b
	for i < len(b) {
		switch b[i] {
		case '"':
			e, _ := stringEnd(b, i+1)
			if e < 0 {
				return -1, false
			}
			i = e
		case '{', '[':
			return i, false
		case ']':
			return i + 1, true
		}
		i++
	}
	return -1, false
}

// wraps says that the array at b[start], whose first element is the object at b[first], holds the records of a wrapper: what
// stands beside it belongs to wrappers, or is of no known kind where the records are.
func (p *jsonParser) wraps(start, first int) bool {
	if p.onlyMeta() {
		if end := valueEnd(p.b, start); end < 0 || metaAfter(p.b, end) {
			return true
		}
	}
	if shapeOf(p.marks) != shapeGeneric {
		return false
	}
	if p.scratch == nil {
		p.scratch = newScratch()
	}
	known, _ := knownRecord(p.scratch, p.b, first)
	return known
}

// onlyMeta says that nothing of a record of its own was met so far.
func (p *jsonParser) onlyMeta() bool {
	for i := range p.values {
		if n := p.tree.nodes[p.values[i].Slot]; !n.meta && n.path != "Events" {
			return false
		}
	}
	return true
}

// metaAfter says that what follows an array of records in its wrapper, from b[i] on, is no part of a record.
func metaAfter(b []byte, i int) bool {
	for {
		i = spaceEnd(b, i)
		if i >= len(b) || b[i] == '}' {
			return true
		}
		if b[i] == ',' {
			i++
			continue
		}
		if b[i] != '"' {
			return true // damaged; the records are whole
		}
		end, _ := stringEnd(b, i+1)
		if end < 0 {
			return true
		}
		if !isWrapperMeta(string(b[i+1 : min(end, i+1+maxJSONKey)])) {
			return false
		}
		if i = spaceEnd(b, end+1); i >= len(b) || b[i] != ':' {
			return true
		}
		if i = valueEnd(b, spaceEnd(b, i+1)); i < 0 {
			return true
		}
	}
}

// pair looks at the values from p.values[at] on, the members of one object of a list of names and values. It appends
// the value once more under the name, or for lists that are nothing else puts it in the place of both.
func (p *jsonParser) pair(k *jsonNode, at int) {
	name, value := -1, -1
	for i := at; i < len(p.values); i++ {
		v := &p.values[i]
		n := p.tree.nodes[v.Slot]
		switch {
		case n.flags&nodeName != 0 && name < 0 && (v.Type == event.UTF8 || v.Type == event.JSONStr) && len(v.Raw) > 0 && !p.isDeep(v):
			name = i
		case n.flags&nodeValue != 0 && value < 0:
			value = i
		}
	}
	if name < 0 {
		return
	}
	v := event.Value{Type: event.UTF8} // an element with a name and without content
	if value >= 0 {
		v = p.values[value]
	} else if k.flags&nodeRenames == 0 {
		return
	}
	v.Slot = p.tree.child(k, p.values[name].Raw).id
	if k.flags&nodeRenames != 0 {
		p.values = p.values[:at]
		if v.Type == event.JSONText && len(v.Raw) > 2 {
			v.Type = event.UTF8 // its members are gone: see tooDeep
		}
	}
	p.values = append(p.values, v)
}

// isDeep says that v is, or in a record with such values looks like, what [jsonParser.tooDeep] made.
func (p *jsonParser) isDeep(v *event.Value) bool {
	return p.deep && v.Type == event.UTF8 && (v.Raw[0] == '{' || v.Raw[0] == '[')
}

// embed reads the object or array of objects in b as members of n. False, and no new values, where it is no valid JSON.
func (p *jsonParser) embed(b []byte, n *jsonNode) bool {
	own, at, deep := p.b, len(p.values), p.deep
	p.b = b
	defer func() { p.b = own }()
	i := spaceEnd(b, 0)
	if i >= len(b) {
		return false
	}
	end := -1
	switch b[i] {
	case '{':
		end = p.object(i+1, n, 1)
	case '[':
		end = p.array(i, n, 1)
	}
	if end < 0 || spaceEnd(b, end) < len(b) {
		p.values, p.deep = p.values[:at], deep
		return false
	}
	return true
}

// embedObject reads the object in b as members of the record.
func (p *jsonParser) embedObject(b []byte) bool { return p.embed(b, p.tree.root) }
