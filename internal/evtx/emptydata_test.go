package evtx

import "testing"

// What is empty in the data of an event: a value that is there and empty is the empty text, a null is a null, and what
// is missing is missing. TestEmptyData of package source has the same list for JSON.
func TestEmptyData(t *testing.T) {
	unnamed := func(tok byte) func(a *assembler) {
		return func(a *assembler) { a.open("Data", false).content().sub(tok, 0).end() }
	}
	named := func(tok byte) func(a *assembler) {
		return func(a *assembler) { a.data("X", func() { a.sub(tok, 0) }) }
	}
	null, empty, array := value{typeNull, nil}, str(""), value{typeString | typeArray, nil}
	tests := []struct {
		name   string
		body   func(a *assembler)
		values []value
		want   []string
	}{
		{"unnamed, element", func(a *assembler) { a.open("Data", false).empty() }, nil, []string{"Data="}},
		{"unnamed, element with an end", func(a *assembler) { a.open("Data", false).content().end() }, nil, []string{"Data="}},
		{"unnamed, empty name", func(a *assembler) { a.data("", func() {}) }, nil, []string{"Data="}},
		{"unnamed, empty", unnamed(tokSubstitution), []value{empty}, []string{"Data="}},
		{"unnamed, empty, optional", unnamed(tokOptional), []value{empty}, []string{"Data="}},
		{"unnamed, null", unnamed(tokSubstitution), []value{null}, []string{"Data:null"}},
		{"unnamed, null, optional", unnamed(tokOptional), []value{null}, nil},
		{"unnamed, an array of nothing", unnamed(tokSubstitution), []value{array}, []string{"Data="}},
		{"unnamed, an array of nothing, optional", unnamed(tokOptional), []value{array}, []string{"Data="}},
		{"named, element", func(a *assembler) { a.open("Data", true).attr("Name").text("X").empty() }, nil, []string{"X="}},
		{"named, element with an end", func(a *assembler) { a.data("X", func() {}) }, nil, []string{"X="}},
		{"named, empty", named(tokSubstitution), []value{empty}, []string{"X="}},
		{"named, empty, optional", named(tokOptional), []value{empty}, []string{"X="}},
		{"named, null", named(tokSubstitution), []value{null}, []string{"X:null"}},
		{"named, null, optional", named(tokOptional), []value{null}, nil},
		{"no data", func(*assembler) {}, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := assemble()
			a.record(func() {
				a.fragment()
				a.template(3, func() {
					a.open("Event", false).content().open("EventData", false).content()
					tt.body(a)
					a.leaf("After", "x").end().end()
				}, tt.values...)
			})
			wantFields(t, a.chunk(), append(tt.want, "After=x")...)
		})
	}
}
