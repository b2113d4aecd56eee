package stix

import (
	"iter"
	"strconv"
	"strings"
)

// Value is a value within an object: a place in its tree and in its bytes. It is valid as long as its object.
type Value struct {
	t *tree
	i int
}

// Root is the object as a value.
func (o *Object) Root() Value { return Value{&o.tree, 0} }

// Values is how many values the object holds, itself included.
func (o *Object) Values() int { return len(o.tree.nodes) }

// Select is the value that a selector of a granular marking (section 7.2.3.1.1) points to.
func (o *Object) Select(selector string) (Value, bool) {
	seen := 0
	i := o.tree.find(selector, &seen)
	return Value{&o.tree, i}, i >= 0
}

// Place numbers the values of an object from 0, in the order in which they begin: what stands in a value has the places
// that follow its own.
func (v Value) Place() int { return v.i }

// Past is the place after the value and all that stands in it.
func (v Value) Past() int { return int(v.t.nodes[v.i].next) }

// IsObject says whether the value is an object.
func (v Value) IsObject() bool { return v.t.nodes[v.i].kind == jsonObject }

// IsList says whether the value is a list.
func (v Value) IsList() bool { return v.t.nodes[v.i].kind == jsonList }

// IsString says whether the value is a string.
func (v Value) IsString() bool { return v.t.nodes[v.i].kind == jsonString }

// Len is how many members or elements the value has.
func (v Value) Len() int { return int(v.t.nodes[v.i].n) }

// Name is the name of a member of an object, "" for elements of lists and the object itself.
func (v Value) Name() string { return string(v.t.name(v.i)) }

// Named says whether the value is the member with a name. It allocates nothing.
func (v Value) Named(name string) bool { return string(v.t.name(v.i)) == name }

// Text is what a string stands for, "" for another kind of value.
func (v Value) Text() string { return v.t.str(v.i) }

// JSON is the value as it was written. It shares memory with the object.
func (v Value) JSON() []byte { return v.t.value(v.i) }

// Start is the offset in [Object.Raw] at which the value begins, or its name where it has one.
func (v Value) Start() int {
	n := &v.t.nodes[v.i]
	if n.keyEnd > 0 {
		return int(n.key) - 1 - v.base()
	}
	return int(n.val) - v.base()
}

// End is the offset in [Object.Raw] after the value.
func (v Value) End() int { return int(v.t.nodes[v.i].valEnd) - v.base() }

// ValueStart is the offset in [Object.Raw] at which the value itself begins, after its name.
func (v Value) ValueStart() int { return int(v.t.nodes[v.i].val) - v.base() }

// base is where the object begins in the text that was parsed, which may have white space around it.
func (v Value) base() int { return int(v.t.nodes[0].val) }

// Children yields the members or elements in their order.
func (v Value) Children() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		for _, c := range v.t.children(v.i) {
			if !yield(Value{v.t, c}) {
				return
			}
		}
	}
}

// Child is the member with a name.
func (v Value) Child(name string) (Value, bool) {
	c := v.t.child(v.i, name)
	return Value{v.t, c}, c >= 0
}

// SelectorStep reads one step of a selector as the position in a list that it names, such as [2].
func SelectorStep(step string) (position int, ok bool) {
	inner, ok := strings.CutPrefix(step, "[")
	if !ok {
		return 0, false
	}
	inner, ok = strings.CutSuffix(inner, "]")
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(inner)
	return n, err == nil && n >= 0
}
