package sigma

import (
	"errors"
	"slices"
)

// FieldTests makes expressions of items of a detection that stand in no document: what translators of other languages
// write. One goroutine may use it; the zero value is ready.
type FieldTests struct{ file *fileLoader }

// Expr is the expression of `key: values`: a field with its modifiers, and values as they stand in quotes in a rule, so
// that `*`, `?` and `\` are what they are there. One of the values has to hold.
func (t *FieldTests) Expr(key string, values ...string) (Expr, error) {
	if t.file == nil {
		t.file = newFileLoader(&Options{})
	}
	kids := make([]*node, len(values))
	for i, v := range values {
		kids[i] = &node{kind: scalarNode, text: v}
	}
	c := &compiler{file: t.file}
	e, err := c.item(&node{kind: scalarNode, text: key}, &node{kind: listNode, kids: kids})
	switch {
	case err != nil:
		return nil, err
	case len(c.missing) > 0:
		return nil, errors.New("the values have placeholders: " + slices.Max(c.missing))
	}
	return e, nil
}
