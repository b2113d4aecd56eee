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
