package coalition

import (
	"slices"
	"testing"

	"entente/internal/sign"
)

// What a new root would make of no account is known before it is made, and it is what then does not count.
func TestLost(t *testing.T) {
	g := newAllies(t, "ca", "eu", "uk", "us")
	all := []string{"ca", "eu", "uk", "us"}
	g.proposed(0, all...)
	logged := g.does("uk", stand(Endorse), all...)
	unlogged, err := g.actors["uk"].Position(g.of("uk"), &Position{Stance: Object})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.actors["eu"].Position(g.of("eu"), &Position{Stance: Relay}); err != nil { // whose key stays
		t.Fatal(err)
	}
	g.send("uk", "us")
	g.send("eu", "us")
	book := g.folders["us"].Book()
	g.book, g.now = book, At(g.clock)
	for _, c := range []struct {
		name   string
		change func(*Root)
		want   []Digest
	}{
		{"nothing", func(*Root) {}, nil},
		{"a key is changed", func(r *Root) { r.Member("uk").Keys = []string{g.key("uk 2").Public().String()} }, []Digest{unlogged.ID}},
		{"a member goes", func(r *Root) { r.Remove("uk") }, []Digest{unlogged.ID}},
		{"as soon as it was seen", func(r *Root) {
			r.Remove("uk")
			r.Issued = g.book.seen[logged.ID]
		}, []Digest{unlogged.ID, logged.ID}},
		{"a key was stolen before", func(r *Root) {
			if err := r.Revoke(Revoked{Key: g.key("uk").Public().ID(), Since: 1, Reason: "stolen"}); err != nil {
				t.Fatal(err)
			}
			r.Member("uk").Keys = []string{g.key("uk 2").Public().String()}
		}, []Digest{unlogged.ID, logged.ID}},
	} {
		next := g.next()
		next.Issued++
		c.change(next)
		slices.Sort(c.want)
		var got []Digest
		for _, e := range book.Lost(next) {
			got = append(got, e.ID)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v would be lost, want %v", c.name, got, c.want)
		}
		other := mustBook(t, g.file)
		for _, e := range book.Events() {
			if _, err := other.TakeEvent(e.File); err != nil {
				t.Fatal(err)
			}
		}
		other.seen = book.seen
		env, err := sign.ParseEnvelope(g.sign(next, "us"))
		if err != nil {
			t.Fatal(err)
		}
		other.chain.take(nil, env, next)
		var void []Digest
		for _, e := range other.Events() {
			if other.Void(e) != "" {
				void = append(void, e.ID)
			}
		}
		if !slices.Equal(void, c.want) {
			t.Errorf("%s: %v does not count, want %v", c.name, void, c.want)
		}
	}
}

// What a new root would make of statements is known before it is made, and it is what they then are. The key of a log may be revoked, and nothing
// happens; where witnesses' are, statements go by the new root, and stand where they stand as long as it asks for no more.
func TestChanges(t *testing.T) {
	g := newAllies(t, "ca", "eu", "uk", "us")
	g.released()
	g.book, g.now = g.folders["eu"].Book(), At(g.clock)
	revoke := func(r *Root, names ...string) {
		for _, name := range names {
			if err := r.Revoke(Revoked{Key: g.key(name).Public().ID(), Since: 1, Reason: "stolen"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	witnesses := func(r *Root) {
		for _, m := range []string{"ca", "eu", "uk"} {
			revoke(r, "witness of "+m)
			r.Member(m).Witness = g.key("new witness of " + m).Public().String()
		}
	}
	stricter := func(r *Root) { r.Threshold.Adopt = 4 }
	for name, c := range map[string]struct {
		change []func(*Root)
		want   Phase
	}{
		"nothing":           {nil, Released},
		"more are needed":   {[]func(*Root){stricter}, Released},
		"the log's key":     {[]func(*Root){func(r *Root) { revoke(r, "log"); r.Log.Key = g.key("log 2").Public().String() }, stricter}, Released},
		"witnesses":         {[]func(*Root){witnesses}, Released},
		"witnesses and who": {[]func(*Root){witnesses, stricter}, Proposed},
		"a key that voted":  {[]func(*Root){func(r *Root) { revoke(r, "uk"); r.Member("uk").Keys = []string{g.key("uk 2").Public().String()} }}, Proposed},
	} {
		next := g.next()
		log := *next.Log
		next.Log = &log
		next.Issued++
		for _, change := range c.change {
			change(next)
		}
		changes := g.book.Changes(next)
		if c.want == Released && len(changes) > 0 || c.want != Released && (len(changes) != 1 || changes[0].Now.Phase != Released || changes[0].Then.Phase != c.want) {
			t.Errorf("%s: %+v", name, changes)
		}
		if got := g.of("eu").Phase; got != Released {
			t.Fatalf("%s: to ask has made it %s", name, got)
		}
		f := g.folders["eu"]
		other, err := CreateFolder(t.TempDir()+"/other", g.file, DigestOf(payloadOf(t, g.file)))
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Items(func(it Item) error { _, err := other.Take(it); return err }); err != nil {
			t.Fatal(err)
		}
		if _, err := other.Take(Item{ItemRoot, g.sign(next, "eu", "us")}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, r := range other.Book().State() {
			if r.Phase != c.want {
				t.Errorf("%s: it is %s, want %s", name, r.Phase, c.want)
			}
		}
	}
}
