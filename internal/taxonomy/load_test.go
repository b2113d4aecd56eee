package taxonomy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entente/internal/event"
	"entente/internal/sigma"
)

// mapping writes a user's file and returns its name.
func mapping(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "mapping.yml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func loaded(t *testing.T, files ...string) *Table {
	t.Helper()
	table, err := Load(files...)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func named(t *testing.T, table *Table, name string) *Binding {
	t.Helper()
	for _, b := range table.Bindings() {
		if b.Name == name {
			return b
		}
	}
	t.Fatalf("there is no binding %s", name)
	return nil
}

const example = `
sets:
  mine:
    fields: {User: account}
    known: [account, host]
bindings:
  - name: example/edr
    serves:
      - {product: Windows, category: Process_Creation, service: example-edr}
    match:
      source: json
      channel: [a, b]
      provider: p
      event-id: [1, "2"]
      where: {type: [process, Proc], ok: "true"}
      pattern: 'edr\d'
    use: mine
    fields:
      Image: path
      CommandLine: [cmd, args]
      Hash: {from: hashes, as: "hash:SHA256"}
      Account: {from: [domain, name], as: domain-backslash, also: [name, {from: upn, as: lower}]}
    closed: true
    known: [path, cmd]
    enable: Install it.
unserved:
  - {product: example-os, reason: no such thing}
`

func TestUserFile(t *testing.T) {
	table := loaded(t, mapping(t, example))
	b := named(t, table, "example/edr")
	if b.Serves[0] != (sigma.LogSource{Product: "windows", Category: "process_creation", Service: "example-edr"}) {
		t.Errorf("serves %+v", b.Serves)
	}
	m := b.Match
	if m.Sources[0] != event.SourceJSON || m.Channels[1] != "b" || m.Providers[0] != "p" || m.EventIDs[1] != 2 ||
		m.Where["type"][1] != "Proc" || m.Where["ok"][0] != "true" || m.Pattern.String() != `edr\d` {
		t.Errorf("match %+v", m)
	}
	if f := b.Fields["CommandLine"]; len(f.From) != 2 || f.As != AsIs {
		t.Errorf("CommandLine %+v", f)
	}
	if f := b.Fields["Account"]; f.As != Account || len(f.Also) != 2 || f.Also[0].From[0] != "name" || f.Also[1].As != Lower {
		t.Errorf("Account %+v", f)
	}
	if b.Fields["User"].From[0] != "account" || !b.Known["host"] || !b.Known["cmd"] || b.Known["nope"] {
		t.Errorf("the set was not used: %+v, %v", b.Fields["User"], b.Known)
	}
	if b.Enable != "Install it." || !b.Closed || b.Line != 7 || !strings.HasSuffix(b.File, "mapping.yml") {
		t.Errorf("%+v", b)
	}
	if got := table.Unserved(sigma.LogSource{Product: "example-os", Category: "x"}); got != "no such thing" {
		t.Errorf("Unserved = %q", got)
	}
	// It is added to what is built in.
	for1 := table.For(sigma.LogSource{Product: "windows", Category: "process_creation"})
	if len(for1) != len(loaded(t).For(sigma.LogSource{Product: "windows", Category: "process_creation"}))+1 {
		t.Errorf("%d bindings serve process_creation", len(for1))
	}
}

func TestUserFileReplaces(t *testing.T) {
	all := len(loaded(t).Bindings())
	replace := mapping(t, `
bindings:
  - name: windows/sysmon/1
    serves: [{product: windows, category: process_creation}]
    match: {source: windows, channel: Other, event-id: 1}
    use: windows-envelope
`)
	table := loaded(t, replace)
	if b := named(t, table, "windows/sysmon/1"); b.Match.Channels[0] != "Other" || b.Closed || b.Fields["EventLog"].From == nil {
		t.Errorf("%+v", b)
	}
	if n := len(table.Bindings()); n != all {
		t.Errorf("%d bindings, want %d", n, all)
	}
	off := mapping(t, "bindings:\n  - {name: windows/security/4688, off: true}\n")
	table = loaded(t, replace, off)
	if n := len(table.Bindings()); n != all-1 {
		t.Errorf("%d bindings, want %d", n, all-1)
	}
	// A later file may bring back what an earlier one switched off.
	back := mapping(t, "bindings:\n  - {name: windows/security/4688, serves: [{product: x}], match: {source: json}}\n")
	if n := len(loaded(t, off, back).Bindings()); n != all {
		t.Errorf("%d bindings, want %d", n, all)
	}
	// A set of one file is not seen by another.
	sets := mapping(t, "sets:\n  windows-envelope: {fields: {X: Y}}\n")
	if _, ok := named(t, loaded(t, sets), "windows/security").Fields["X"]; ok {
		t.Error("a user's set changed a built-in binding")
	}
}

func TestUserFileErrors(t *testing.T) {
	const ok = "serves: [{product: x}], match: {source: json}"
	for _, c := range []struct{ name, in, want string }{
		{"not YAML", "a: [", "not valid YAML"},
		{"unknown key", "bindings: []\nbinding: []", `:2: unknown key "binding"; known are sets, bindings, unserved`},
		{"unknown key of a binding", "bindings:\n  - name: a\n    servs: x", `:3: unknown key "servs"`},
		{"key twice", "bindings: []\nbindings: []", ":2"},
		{"no list", "bindings: {a: b}", ":1: a list is wanted"},
		{"no mapping", "bindings: [a]", ":1: a mapping of keys"},
		{"no name", "bindings: [{" + ok + "}]", ":1: a binding without a name"},
		{"serves nothing", "bindings: [{name: a, match: {source: json}}]", "must serve at least one logsource"},
		{"empty logsource", "bindings: [{name: a, serves: [{}], match: {source: json}}]", "a logsource needs a product"},
		{"no match", "bindings: [{name: a, serves: [{product: x}]}]", "match is missing"},
		{"no source", "bindings: [{name: a, serves: [{product: x}], match: {channel: y}}]", "source is missing"},
		{"event id", "bindings: [{name: a, serves: [{product: x}], match: {source: json, event-id: many}}]", `event-id "many"`},
		{"event id too large", "bindings: [{name: a, serves: [{product: x}], match: {source: json, event-id: 4294967296}}]", "event-id"},
		{"pattern", "bindings: [{name: a, serves: [{product: x}], match: {source: json, pattern: '('}}]", "pattern: error parsing regexp"},
		{"where without values", "bindings: [{name: a, serves: [{product: x}], match: {source: json, where: {f: []}}}]", "f has no values"},
		{"unknown conversion", "bindings: [{name: a, " + ok + ", fields: {F: {from: g, as: upper}}}]", `no conversion "upper"`},
		{"too few arguments", "bindings: [{name: a, " + ok + ", fields: {F: {from: g, as: join-stem-query}}}]", "takes 2 fields, not 1"},
		{"no from", "bindings: [{name: a, " + ok + ", fields: {F: {as: lower}}}]", "from is missing"},
		{"empty field", "bindings: [{name: a, " + ok + ", fields: {F: []}}]", "a field needs the name"},
		{"also inside also", "bindings: [{name: a, " + ok + ", fields: {F: {from: g, also: {from: h, also: i}}}}]", "also must not stand inside also"},
		{"null", "bindings: [{name: a, " + ok + ", fields: {F: ~}}]", "a text is wanted"},
		{"unknown set", "bindings: [{name: a, " + ok + ", use: nothing}]", `no set "nothing"`},
		{"closed without fields", "bindings: [{name: a, " + ok + ", closed: true}]", "closed but lists no known fields"},
		{"no boolean", "bindings: [{name: a, " + ok + ", closed: maybe}]", `not "maybe"`},
		{"twice", "bindings:\n  - {name: a, " + ok + "}\n  - {name: a, " + ok + "}", ":3: binding a stands in line 2 already"},
		{"off is not there", "bindings: [{name: nothing, off: true}]", "no binding nothing to switch off"},
		{"off and more", "bindings: [{name: windows, off: true, enable: x}]", "nothing but its name"},
		{"alias", "bindings: [&a {name: a, " + ok + "}, *a]", "aliases are not supported"},
		{"alias of a list", "sets: {a: {known: &k [x]}, b: {known: *k}}", "aliases are not supported"},
		{"no reason", "unserved: [{product: x}]", "a reason is missing"},
		{"key is no text", "bindings:\n  - ? [a]\n    : b", "a key must be a text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(mapping(t, c.in))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error %v, want %q in it", err, c.want)
			}
			if !strings.Contains(err.Error(), "mapping.yml") {
				t.Errorf("%v does not name the file", err)
			}
		})
	}
}

func TestUserFileOddities(t *testing.T) {
	for _, in := range []string{"", "# nothing\n", "bindings: []\n"} {
		loaded(t, mapping(t, in))
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.yml")); err == nil {
		t.Error("a missing file is no error")
	}
	if _, err := Load(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("a folder: %v", err)
	}
	if _, err := Load(mapping(t, strings.Repeat("# "+strings.Repeat("x", 1<<16)+"\n", 80))); err == nil {
		t.Error("a file without end is read")
	}
}

func FuzzUserFile(f *testing.F) {
	seeds := []string{example, "bindings: []", "sets: {a: {known: [b]}}", "bindings: [{name: windows, off: true}]", "a: &a [*a]"}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if len(in) > 4096 {
			return
		}
		p, err := parse("fuzz.yml", []byte(in))
		if err != nil {
			return
		}
		table := &Table{byName: map[string]int{}}
		p.sets = map[string]*set{}
		if err := p.readSets(); err != nil {
			return
		}
		if err := table.add(p, true); err != nil {
			return
		}
		table.finish()
		for _, b := range table.Bindings() {
			for _, s := range b.Serves {
				if !b.Narrow && len(table.For(s)) == 0 {
					t.Fatalf("%s does not serve %+v", b.Name, s)
				}
			}
			b.Match.Selects(record(event.SourceJSON, "c", "p", 1, "f", "v"))
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load(); err != nil {
			b.Fatal(err)
		}
	}
}
