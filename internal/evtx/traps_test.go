package evtx

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"entente/internal/event"
)

// eventOf assembles one record: Event with an EventData whose content is body's.
func eventOf(body func(a *assembler)) *assembler {
	a := assemble()
	a.record(func() {
		a.fragment()
		a.open("Event", false).content().open("EventData", false).content()
		body(a)
		a.end().end().u8(tokEOF)
	})
	return a
}

// wantFields decodes a chunk of one record and compares the fields that are not the envelope's.
func wantFields(t *testing.T, chunk []byte, want ...string) decoded {
	t.Helper()
	events, warnings := decodeOne(chunk)
	if len(warnings) > 0 {
		t.Errorf("warnings: %v", warnings)
	}
	if len(events) != 1 {
		t.Fatalf("%d events, want 1", len(events))
	}
	if got := events[0].data(); !slices.Equal(got, want) {
		t.Errorf("fields\n got %q\nwant %q", got, want)
	}
	return events[0]
}

func wantWarning(t *testing.T, warnings []warning, text string) {
	t.Helper()
	if !slices.ContainsFunc(warnings, func(w warning) bool { return strings.Contains(w.msg, text) }) {
		t.Errorf("no warning says %q: %v", text, warnings)
	}
}

// A whole event written out without any template.
func TestLiteralEvent(t *testing.T) {
	a := assemble()
	a.record(func() {
		a.fragment()
		a.open("Event", true).attr("xmlns").text(eventNamespace).content()
		a.open("System", false).content()
		a.open("Provider", true).attr("Name").text("Literal-Provider").u8(tokAttribute).name("Guid").text("{x}").empty()
		a.open("EventID", true).attr("Qualifiers").text("5").content().text("4711").end()
		a.open("TimeCreated", true).attr("SystemTime").text("2021-07-19T10:11:12.1234567Z").empty()
		a.open("Correlation", false).empty()
		a.leaf("Channel", "Some/Channel").leaf("Computer", "host.example")
		a.end()
		a.open("EventData", false).content()
		a.data("A", func() { a.text("one") })
		a.data("B", func() {})
		a.leaf("Data", "unnamed")
		a.open("Binary", false).content().text("0102").end()
		a.end().end().u8(tokEOF)
	})
	e := wantFields(t, a.chunk(), "A=one", "B=", "Data=unnamed", "Binary=0102")
	if e.Provider != "Literal-Provider" || e.EventID != 4711 || e.Channel != "Some/Channel" || e.Host != "host.example" {
		t.Errorf("header: %+v", e.Event)
	}
	if got := e.When().Format("2006-01-02T15:04:05.0000000"); got != "2021-07-19T10:11:12.1234567" {
		t.Errorf("time %s", got)
	}
	want := []string{
		"@Provider_Name=Literal-Provider", "@Provider_Guid={x}", "@EventID_Qualifiers=5", "@EventID=4711",
		"@TimeCreated=2021-07-19T10:11:12.1234567Z", "@Channel=Some/Channel", "@Computer=host.example",
	}
	if got := e.fields[:len(want)]; !slices.Equal(got, want) {
		t.Errorf("envelope\n got %q\nwant %q", got, want)
	}
}

// A fragment that is a value has no dependency in its elements; a template definition inside it has.
func TestEmbeddedFragments(t *testing.T) {
	embedded := func(depends bool) []byte {
		a := assemble()
		a.record(func() {
			a.fragment()
			var sizeAt, start int
			a.template(1, func() {
				a.open("Event", false).content().sub(tokOptional, 0).end()
			})
			a.b = a.b[:len(a.b)-4]
			a.u32(1)
			sizeAt = len(a.b)
			a.u16(0).u8(typeBinXML, 0)
			start = len(a.b)
			a.depends = depends
			a.fragment().open("UserData", false).content().open("Info", true).attr("xmlns").text("urn:x").content()
			a.leaf("Who", "me").end().end().u8(tokEOF)
			a.depends = true
			binary.LittleEndian.PutUint16(a.b[sizeAt:], uint16(len(a.b)-start))
			a.u8(tokEOF)
		})
		return a.chunk()
	}
	for _, depends := range []bool{false, true} { // some writers keep the dependency: the name's place tells
		t.Run(fmt.Sprint(depends), func(t *testing.T) { wantFields(t, embedded(depends), "Who=me") })
	}
	t.Run("template in a value", func(t *testing.T) {
		a := assemble()
		a.record(func() {
			a.fragment()
			a.template(1, func() { a.open("Event", false).content().sub(tokOptional, 0).end() })
			a.b = a.b[:len(a.b)-4]
			a.u32(1)
			sizeAt := len(a.b)
			a.u16(0).u8(typeBinXML, 0)
			start := len(a.b)
			a.fragment()
			a.template(2, func() {
				a.open("EventData", false).content().data("X", func() { a.sub(tokSubstitution, 0) }).end()
			}, str("inner"))
			binary.LittleEndian.PutUint16(a.b[sizeAt:], uint16(len(a.b)-start))
			a.u8(tokEOF)
		})
		wantFields(t, a.chunk(), "X=inner")
	})
}

// A null type may have a length; its bytes are stepped over and the values behind are where they should be.
func TestNullWithLength(t *testing.T) {
	a := assemble()
	a.record(func() {
		a.fragment()
		a.template(1, func() {
			a.open("EventData", false).content()
			for i, n := range []string{"A", "B", "C"} {
				a.data(n, func() { a.sub(tokSubstitution, i) })
			}
			a.end()
		}, value{typeNull, []byte{9, 9, 9, 9, 9, 9}}, str("b"), value{typeUint8, []byte{7}})
	})
	wantFields(t, a.chunk(), "A:null", "B=b", "C=7")
}

// The same offset, template id and GUID mean something else in another chunk.
func TestTemplatesBelongToTheirChunk(t *testing.T) {
	chunk := func(field, literal string) []byte {
		a := assemble()
		a.record(func() {
			a.fragment()
			a.template(7, func() {
				a.open("EventData", false).content().data(field, func() { a.sub(tokSubstitution, 0) })
				a.data("L", func() { a.text(literal) }).end()
			}, str("v"))
		})
		return a.chunk()
	}
	d := NewDecoder()
	chunks := [][]byte{chunk("AAA", "x"), chunk("BBB", "x"), chunk("AAA", "y"), chunk("AAA", "x")}
	events, warnings := decodeChunks(d, false, chunks, make([]int64, len(chunks)))
	if len(warnings) > 0 {
		t.Error(warnings)
	}
	var got []string
	for _, e := range events {
		got = append(got, strings.Join(e.data(), " "))
	}
	want := []string{"AAA=v L=x", "BBB=v L=x", "AAA=v L=y", "AAA=v L=x"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if len(d.programs) != 3 {
		t.Errorf("%d programs for 3 different definitions", len(d.programs))
	}
}

// Definitions that differ only in where their names are, inline or elsewhere, share one program.
func TestProgramsAreSharedByContent(t *testing.T) {
	a := assemble()
	a.record(func() {
		define := func() {
			a.open("EventData", false).content()
			for i, n := range []string{"One", "Two", "Three"} {
				a.data(n, func() { a.sub(tokSubstitution, i) })
			}
			a.end()
		}
		values := []value{str("1"), str("2"), str("3")}
		a.fragment().template(1, define, values...)
		a.inline = false // takes the quick way through named fields
		a.fragment().template(2, define, values...)
		a.u8(tokEOF)
	})
	d := NewDecoder()
	events, warnings := decodeChunks(d, false, [][]byte{a.chunk()}, []int64{0})
	if len(warnings) > 0 || len(events) != 1 {
		t.Fatal(warnings, len(events))
	}
	want := []string{"One=1", "Two=2", "Three=3", "One=1", "Two=2", "Three=3"}
	if got := events[0].data(); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if len(d.programs) != 1 {
		t.Errorf("%d programs, want 1", len(d.programs))
	}
}

// What a definition refers to beyond the table is not there; neither is an optional null.
func TestSubstitutions(t *testing.T) {
	tests := []struct {
		name   string
		body   func(a *assembler)
		values []value
		want   []string
	}{
		{
			"normal null stays",
			func(a *assembler) { a.data("A", func() { a.sub(tokSubstitution, 0) }) },
			[]value{{typeNull, nil}},
			[]string{"A:null"},
		},
		{
			"optional null goes",
			func(a *assembler) {
				a.data("A", func() { a.sub(tokOptional, 0) }).data("B", func() { a.sub(tokOptional, 1) })
			},
			[]value{{typeNull, nil}, str("b")},
			[]string{"B=b"},
		},
		{
			"an empty string is not null",
			func(a *assembler) { a.data("A", func() { a.sub(tokOptional, 0) }) },
			[]value{str("")},
			[]string{"A="},
		},
		{
			"no such value",
			func(a *assembler) {
				a.data("A", func() { a.sub(tokSubstitution, 9) }).data("B", func() { a.sub(tokSubstitution, 0) })
			},
			[]value{str("b")},
			[]string{"B=b"},
		},
		{
			"dependency null leaves out attributes and content",
			func(a *assembler) {
				a.openDep(0, "Data", true).attr("Name").text("A").u8(tokAttribute).name("Kind").text("k")
				a.content().sub(tokSubstitution, 1).end()
				a.openDep(1, "Data", true).attr("Name").text("B").content().text("lit").end()
			},
			[]value{{typeNull, nil}, str("x")},
			[]string{"B=lit"},
		},
		{
			"an optional null leaves out the attributes too",
			func(a *assembler) {
				a.open("Data", true).attr("Kind").text("k").content().sub(tokOptional, 0).end()
				a.data("B", func() { a.text("b") })
			},
			[]value{{typeNull, nil}},
			[]string{"B=b"},
		},
		{
			"optional attributes",
			func(a *assembler) {
				a.open("Data", true).attr("One").sub(tokOptional, 0).attr("Two").sub(tokOptional, 1).attr("Three").sub(tokSubstitution, 0)
				a.content().text("t").end()
			},
			[]value{{typeNull, nil}, str("2")},
			[]string{"Data_Two=2", "Data_Three:null", "Data=t"},
		},
		{
			"mixed content",
			func(a *assembler) {
				a.data("A", func() {
					a.text("a=").sub(tokSubstitution, 0).u8(tokEntityRef).name("amp").text("b=").sub(tokSubstitution, 1)
					a.u8(tokCharRef).u16('!')
				})
			},
			[]value{str("x"), {typeUint32, []byte{5, 0, 0, 0}}},
			[]string{"A=a=x&b=5!"},
		},
		{
			"name from the record",
			func(a *assembler) {
				a.open("Data", true).attr("Name").sub(tokSubstitution, 0).content().sub(tokSubstitution, 1).end()
			},
			[]value{str("Fancy"), {typeHex32, []byte{0x10, 0, 0, 0}}},
			[]string{"Fancy=0x10"},
		},
		{
			"element in a field",
			func(a *assembler) {
				a.data("A", func() { a.leaf("Sub", "s") })
			},
			nil,
			[]string{"Sub=s"},
		},
		{
			"cdata",
			func(a *assembler) { a.data("A", func() { a.u8(tokCDATA).u16(2).u8('<', 0, '>', 0) }) },
			nil,
			[]string{"A=<>"},
		},
		{
			"entities",
			func(a *assembler) {
				a.data("A", func() {
					for _, n := range []string{"lt", "gt", "quot", "apos", "other"} {
						a.u8(tokEntityRef).name(n)
					}
				})
			},
			nil,
			[]string{`A=<>"'&other;`},
		},
		{
			"processing instruction",
			func(a *assembler) {
				a.u8(tokPITarget).name("pi").u8(tokPIData).u16(1).u8('x', 0)
				a.data("A", func() { a.text("a") })
			},
			nil,
			[]string{"A=a"},
		},
		{
			"arrays repeat",
			func(a *assembler) {
				a.open("Data", false).content().sub(tokSubstitution, 0).end()
				a.data("N", func() { a.sub(tokSubstitution, 1) })
			},
			[]value{
				{typeString | typeArray, []byte("a\x00\x00\x00\x00\x00b\x00\x00\x00")},
				{typeUint16 | typeArray, []byte{1, 0, 2, 0}},
			},
			[]string{"Data=a", "Data=", "Data=b", "N=1", "N=2"},
		},
		{
			"handles",
			func(a *assembler) {
				a.data("A", func() { a.sub(tokSubstitution, 0) }).data("B", func() { a.sub(tokSubstitution, 1) })
			},
			[]value{{typeEvtHandle, []byte{1, 2, 3, 4}}, str("b")},
			[]string{"A:null", "B=b"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := assemble()
			a.record(func() {
				a.fragment()
				a.template(3, func() {
					a.open("Event", false).content().open("EventData", false).content()
					tt.body(a)
					a.end().end()
				}, tt.values...)
			})
			wantFields(t, a.chunk(), tt.want...)
		})
	}
}

// The parts of an event, and where their fields go.
func TestPlacesOfFields(t *testing.T) {
	tests := []struct {
		name string
		body func(a *assembler)
		want []string // all fields
	}{
		{
			"user data", func(a *assembler) {
				a.open("UserData", false).content()
				a.open("x:Cleared", true).attr("xmlns:x").text("urn:x").u8(tokAttribute).name("Id").text("9").content()
				a.leaf("x:Name", "n").leaf("Name", "m").open("Empty", false).empty()
				a.open("Deep", false).content().leaf("Name", "d").end()
				a.open("Attr", true).attr("V").text("v").empty()
				a.open("Data", true).attr("Name").text("Named").content().text("nv").end()
				a.end().end()
			},
			[]string{"Cleared_Id=9", "Name=n", "Name=m", "Empty=", "Name=d", "Attr_V=v", "Named=nv"},
		},
		{
			"rendering info", func(a *assembler) {
				a.open("RenderingInfo", true).attr("Culture").text("en-US").content()
				a.leaf("Message", "all is said").leaf("Level", "Information")
				a.open("Keywords", false).content().leaf("Keyword", "Audit").end().end()
			},
			[]string{
				"@RenderingInfo_Culture=en-US", "@Message=all is said", "@RenderingInfo_Level=Information",
				"@RenderingInfo_Keyword=Audit",
			},
		},
		{
			"processing error", func(a *assembler) {
				a.open("ProcessingErrorData", false).content().leaf("ErrorCode", "15003").leaf("EventPayload", "00").end()
			},
			[]string{"ErrorCode=15003", "EventPayload=00"},
		},
		{
			"event data with a name", func(a *assembler) {
				a.open("EventData", true).attr("Name").text("TheEvent").content()
				a.data("", func() { a.text("x") })
				a.open("ComplexData", true).attr("Name").text("Cx").content().text("c").end().end()
			},
			[]string{"EventData_Name=TheEvent", "Data=x", "Cx=c"},
		},
		{
			"indentation is no value", func(a *assembler) {
				a.open("EventData", false).content().text("\r\n  ").leaf("Data", " ").text("\n").end()
			},
			[]string{"Data= "},
		},
		{
			"binary event data", func(a *assembler) { a.leaf("BinaryEventData", "0FFE") },
			[]string{"BinaryEventData=0FFE"},
		},
		{
			"system leaves out what has no value", func(a *assembler) {
				a.open("System", false).content().leaf("Task", "").open("Security", false).empty().leaf("Level", "4").end()
				a.leaf("Data", "d")
			},
			[]string{"@Task=", "@Level=4", "Data=d"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := assemble()
			a.record(func() {
				a.fragment()
				a.open("Event", false).content()
				tt.body(a)
				a.end()
			})
			events, warnings := decodeOne(a.chunk())
			if len(warnings) > 0 || len(events) != 1 {
				t.Fatal(warnings, len(events))
			}
			if !slices.Equal(events[0].fields, tt.want) {
				t.Errorf("got  %q\nwant %q", events[0].fields, tt.want)
			}
		})
	}
}

// A collector's log mixes channels, providers and hosts.
func TestHeaderIsOfEachEvent(t *testing.T) {
	first, second := logonRecord(1), processRecord(2)
	second.Computer = "other.example"
	log := logOf(t, first, second, first)
	chunks, offsets, _ := splitAll(t, &memReader{log})
	events, _ := decodeChunks(NewDecoder(), false, chunks, offsets)
	if len(events) != 3 {
		t.Fatal(len(events))
	}
	for i, r := range []*Record{first, second, first} {
		e := events[i]
		if e.Channel != r.Channel || e.Provider != r.Provider || e.Host != r.Computer || e.EventID != uint32(r.EventID) ||
			!e.When().Equal(r.Time) || e.RecordID != uint64(i+1) {
			t.Errorf("event %d: %+v", i, e.Event)
		}
	}
}

// Tokens in an order that no grammar allows are taken as far as they make sense.
func TestTokensOutOfOrder(t *testing.T) {
	tests := []struct {
		name string
		body func(a *assembler)
		want []string
	}{
		{"an element in an attribute", func(a *assembler) {
			a.open("Data", true).attr("Kind").text("k").open("Inner", false).content().text("i").end().text("late").end()
		}, []string{"Data_Kind=k", "Inner=i", "Data=late"}},
		{"an element in a name", func(a *assembler) {
			a.open("Data", true).attr("Name").open("Inner", false).empty().text("x").end()
		}, []string{"Inner=", "Data=x"}},
		{"an attribute in the content", func(a *assembler) {
			a.open("Data", false).content().text("one").u8(tokAttribute).name("Late").text("two").end()
		}, []string{"Data_Late=two", "Data=one"}},
		{"a template in an attribute", func(a *assembler) {
			a.open("Data", true).attr("Kind")
			a.template(9, func() { a.leaf("T", "t") })
			a.end()
		}, []string{"Data_Kind=", "T=t"}},
		{"no end of the start tag", func(a *assembler) { a.open("Data", true).attr("Name").text("N").end() }, []string{"N="}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { wantFields(t, eventOf(tt.body).chunk(), tt.want...) })
	}
}

func TestNestingIsBounded(t *testing.T) {
	t.Run("elements", func(t *testing.T) {
		a := eventOf(func(a *assembler) {
			a.data("Before", func() { a.text("b") })
			for range maxNesting + 5 {
				a.open("Deep", false).content()
			}
			for range maxNesting + 5 {
				a.end()
			}
		})
		a.record(func() { a.fragment().leaf("Next", "n") })
		events, warnings := decodeOne(a.chunk())
		wantWarning(t, warnings, "nested deeper")
		if len(events) != 2 || !slices.Contains(events[0].data(), "Before=b") || !slices.Equal(events[1].data(), []string{"Next=n"}) {
			t.Errorf("%d events", len(events))
		}
	})
	t.Run("fragments", func(t *testing.T) {
		// A template whose value is a fragment, which uses the same template with a fragment, and so on.
		a := assemble()
		a.record(func() {
			a.fragment()
			def := a.template(5, func() { a.open("Event", false).content().sub(tokOptional, 0).end() })
			a.b = a.b[:len(a.b)-4]
			inner := []byte{}
			for range 3 * maxNesting {
				next := []byte{tokTemplate, 1, 5, 5, 5, 5}
				next = binary.LittleEndian.AppendUint32(next, uint32(def))
				next = binary.LittleEndian.AppendUint32(next, 1)
				next = binary.LittleEndian.AppendUint16(next, uint16(len(inner)))
				next = append(next, typeBinXML, 0)
				inner = append(next, inner...)
			}
			a.values(value{typeBinXML, inner})
		})
		a.record(func() { a.fragment().leaf("Next", "n") })
		events, warnings := decodeOne(a.chunk())
		wantWarning(t, warnings, "nested deeper")
		if len(events) != 1 || events[0].RecordID != 2 {
			t.Errorf("events: %v", events)
		}
	})
}

// A name that is overwritten, or whose hash is wrong, is told.
func TestDamagedNames(t *testing.T) {
	build := func(change func(units []byte)) ([]decoded, []warning) {
		a := assemble()
		a.record(func() {
			a.fragment()
			a.template(1, func() {
				a.open("EventData", false).content().data("First", func() { a.sub(tokSubstitution, 0) })
				a.open("Field", false).content().sub(tokSubstitution, 1).end()
				a.end()
			}, str("1"), str("2"))
		})
		at := a.names["Field"]
		change(a.b[at:])
		return decodeOne(a.chunk())
	}
	t.Run("one letter", func(t *testing.T) {
		events, warnings := build(func(n []byte) { n[8] = 'G' })
		wantWarning(t, warnings, "name is damaged")
		if got := events[0].data(); !slices.Equal(got, []string{"First=1", "Gield=2"}) {
			t.Errorf("%q", got)
		}
	})
	t.Run("rubbish", func(t *testing.T) {
		events, warnings := build(func(n []byte) { n[8], n[9] = 7, 0 })
		wantWarning(t, warnings, "is damaged")
		if got := events[0].data(); !slices.Equal(got, []string{"First=1", "Data=2"}) {
			t.Errorf("%q", got)
		}
	})
}

// Values whose definition is gone keep their place in the record, and the envelope is known by its types.
func TestDefinitionGone(t *testing.T) {
	log := logOf(t, logonRecord(1), logonRecord(2))
	chunks, offsets, _ := splitAll(t, &memReader{log})
	c := chunks[0]
	le := binary.LittleEndian
	first := int(le.Uint32(c[chunkHeaderSize+recordHeader+4+6:])) // the outer definition is inline in the first record
	if first != chunkHeaderSize+recordHeader+4+10 {
		t.Fatalf("definition at 0x%x", first)
	}
	c[first+4] ^= 0xff // its id
	events, warnings := decodeChunks(NewDecoder(), false, chunks, offsets)
	wantWarning(t, warnings, "another one has its place")
	if len(events) != 2 {
		t.Fatal(len(events))
	}
	for i, e := range events {
		if e.EventID != 4624 || e.Channel != "Security" || e.Provider != "Microsoft-Windows-Security-Auditing" ||
			!slices.Contains(e.fields, "@Execution_ProcessID=700") || !slices.Contains(e.fields, fmt.Sprintf("TargetUserName=user%02d", i+1)) {
			t.Errorf("event %d: %q", i, e.fields)
		}
	}
}

// The quick way for plain definitions gives what the general one gives.
func TestPlainPrograms(t *testing.T) {
	chunks, offsets, _ := splitAll(t, &memReader{sampleLog(t, 2000)})
	d := NewDecoder()
	quick, _ := decodeChunks(d, false, chunks, offsets)
	plain := 0
	for _, p := range d.programs {
		if p.plain {
			plain++
		}
		p.plain = false
	}
	if plain == 0 {
		t.Fatal("no program is plain")
	}
	slow, _ := decodeChunks(d, false, chunks, offsets)
	if len(quick) != 2000 || len(slow) != len(quick) {
		t.Fatal(len(quick), len(slow))
	}
	for i := range quick {
		if !slices.Equal(quick[i].fields, slow[i].fields) {
			t.Fatalf("event %d\n%q\n%q", i, quick[i].fields, slow[i].fields)
		}
	}
}

func TestYieldStops(t *testing.T) {
	chunks, _, _ := splitAll(t, &memReader{sampleLog(t, 300)})
	n := 0
	NewDecoder().Decode(0, slices.Concat(chunks...), Options{Carve: true}, func(*event.Event) bool {
		n++
		return n < 5
	})
	if n != 5 {
		t.Errorf("%d events after a stop at 5", n)
	}
}

// Several chunks may come in one piece.
func TestDecodeSeveralChunks(t *testing.T) {
	chunks, _, _ := splitAll(t, &memReader{sampleLog(t, 300)})
	n, last := 0, int64(0)
	NewDecoder().Decode(fileHeaderSize, slices.Concat(chunks...), Options{}, func(e *event.Event) bool {
		if e.Offset <= last {
			t.Errorf("offset %d after %d", e.Offset, last)
		}
		n, last = n+1, e.Offset
		return true
	})
	if n != 300 || len(chunks) < 2 {
		t.Errorf("%d events of %d chunks", n, len(chunks))
	}
}

// Nothing is allocated for an event once its template and names are known.
func TestNoAllocationsPerEvent(t *testing.T) {
	chunks, _, _ := splitAll(t, &memReader{sampleLog(t, 2000)})
	d := NewDecoder()
	events := 0
	yield := func(*event.Event) bool { events++; return true }
	decode := func() {
		for _, c := range chunks {
			d.Decode(0, c, Options{}, yield)
		}
	}
	decode()
	if n := testing.AllocsPerRun(5, decode); n > 0 {
		t.Errorf("%.0f allocations for %d chunks", n, len(chunks))
	}
	if events < 2000 {
		t.Error(events)
	}
}
