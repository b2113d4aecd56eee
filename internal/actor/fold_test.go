package actor

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/stix"
)

// Identities, clusters and times of tests.
const (
	us   = "identity--00000000-0000-4000-8000-000000000001"
	them = "identity--00000000-0000-4000-8000-000000000002"
)

func cluster(n string) string { return "intrusion-set--00000000-0000-4000-8000-00000000000" + n }

var noon = time.Date(2021, 7, 19, 12, 0, 0, 0, time.UTC)

// objectOf reads an object that the package has made, after checking that it breaks no rule of STIX.
func objectOf(tb testing.TB, raw []byte) Object {
	tb.Helper()
	o, err := stix.Parse(raw, stix.Limits{})
	if err != nil {
		tb.Fatal(err)
	}
	for _, f := range stix.Check(o) {
		tb.Errorf("%s: %s %s: %s", o.ID, f.Pointer, f.Rule, f.Message)
	}
	return Object{Object: o}
}

func eventFrom(tb testing.TB, n NewEvent) Event {
	tb.Helper()
	e, ok := eventOf(objectOf(tb, n.Object()))
	if !ok {
		tb.Fatalf("%+v is no event", n)
	}
	return e
}

func says(who string, minute int) Stated {
	return Stated{Recorder: who, Now: noon.Add(time.Duration(minute) * time.Minute)}
}

func merge(into string, minute int, parts ...string) NewEvent {
	return NewEvent{Kind: Merged, Parts: parts, Into: into, Stated: says(us, minute)}
}

func TestMergesAreFollowed(t *testing.T) {
	a, b, c := cluster("a"), cluster("b"), cluster("c")
	f := Fold([]Event{eventFrom(t, merge(b, 1, a)), eventFrom(t, merge(c, 2, b))})
	for _, id := range []string{a, b, c} {
		if got := f.Where(id); !slices.Equal(got, []string{c}) {
			t.Errorf("%s stands at %v", id, got)
		}
	}
	if got := f.Parts(c); !slices.Equal(got, []string{a, b}) {
		t.Errorf("parts: %v", got)
	}
	if len(f.Contradictions) > 0 {
		t.Errorf("%+v", f.Contradictions)
	}
	// Into what was merged away before: to where that stands.
	f = Fold([]Event{eventFrom(t, merge(c, 1, b)), eventFrom(t, merge(b, 2, a))})
	if got := f.Where(a); !slices.Equal(got, []string{c}) {
		t.Errorf("stands at %v", got)
	}
}

func TestContradictionsAreKept(t *testing.T) {
	a, b, c := cluster("a"), cluster("b"), cluster("c")
	f := Fold([]Event{eventFrom(t, merge(b, 1, a)), eventFrom(t, NewEvent{Kind: Merged, Parts: []string{a}, Into: c, Stated: says(them, 2)})})
	if got := f.Where(a); !slices.Equal(got, []string{b, c}) {
		t.Errorf("stands at %v", got)
	}
	if len(f.Contradictions) != 1 || len(f.Contradictions[0].Events) != 2 || !slices.Equal(f.Contradictions[0].Clusters, []string{a, b, c}) {
		t.Errorf("%+v", f.Contradictions)
	}
	f = Fold([]Event{eventFrom(t, merge(b, 1, a)), eventFrom(t, merge(a, 2, b))})
	if !slices.Equal(f.Where(a), f.Where(b)) || len(f.Contradictions) != 1 {
		t.Errorf("%v %v %+v", f.Where(a), f.Where(b), f.Contradictions)
	}
	// Who takes back what others say is shown to have done so.
	first := eventFrom(t, merge(b, 1, a))
	f = Fold([]Event{first, eventFrom(t, NewEvent{Kind: Split, Reverses: first.ID, Of: b, Stated: says(them, 2)})})
	if !slices.Equal(f.Where(a), []string{a}) || len(f.Contradictions) != 1 || f.Events[0].Holds {
		t.Errorf("%v %+v", f.Where(a), f.Contradictions)
	}
	// The same claim of both is none.
	f = Fold([]Event{first, eventFrom(t, NewEvent{Kind: Merged, Parts: []string{a}, Into: b, Stated: says(them, 2)})})
	if len(f.Contradictions) > 0 || len(f.Events) != 2 {
		t.Errorf("%+v", f.Contradictions)
	}
}

func TestSplitsMoveEdgesAndClusters(t *testing.T) {
	a, b, c := cluster("a"), cluster("b"), cluster("c")
	edge := "relationship--00000000-0000-4000-8000-00000000000e"
	events := []Event{
		eventFrom(t, merge(b, 1, a)),
		eventFrom(t, NewEvent{Kind: Split, Of: b, Moves: []Move{{a, a}, {edge, c}}, Stated: says(us, 2)}),
	}
	f := Fold(events)
	if !slices.Equal(f.Where(a), []string{a}) || len(f.Parts(b)) > 0 {
		t.Errorf("a stands at %v, b has %v", f.Where(a), f.Parts(b))
	}
	for _, end := range []string{a, b} { // whichever of both it was said of
		if got := f.End(edge, end); !slices.Equal(got, []string{c}) {
			t.Errorf("the edge of %s stands at %v", end, got)
		}
	}
	if got := f.End(edge, "malware--1"); !slices.Equal(got, []string{"malware--1"}) {
		t.Errorf("the other end stands at %v", got)
	}
	if got := f.MovedTo(c); !slices.Equal(got, []string{edge}) {
		t.Errorf("moved: %v", got)
	}
	events = append(events, eventFrom(t, merge(b, 3, c)))
	if got := Fold(events).End(edge, a); !slices.Equal(got, []string{b}) {
		t.Errorf("after merging again it stands at %v", got)
	}
	f = Fold([]Event{eventFrom(t, NewEvent{Kind: Split, Of: b, Moves: []Move{{a, a}}, Stated: says(us, 2)})})
	if len(f.Contradictions) != 1 {
		t.Errorf("a was never there: %+v", f.Contradictions)
	}
}

// state is everything that a clustering says of clusters and edges, without its history.
func state(f *Clustering, ids, edges []string) map[string][]string {
	out := map[string][]string{}
	for _, id := range ids {
		out[id] = f.Where(id)
		out["parts of "+id] = f.Parts(id)
		out["moved to "+id] = f.MovedTo(id)
		for _, e := range edges {
			out[e+" of "+id] = f.End(e, id)
		}
	}
	return out
}

// randomEvents are merges, graduations and splits of eight clusters by two claimants, some of which take back others.
func randomEvents(t *testing.T, r *rand.Rand, n int) (events []Event, ids, edges []string) {
	t.Helper()
	for i := range 8 {
		ids = append(ids, cluster(string(rune('0'+i))))
		edges = append(edges, strings.Replace(cluster(string(rune('0'+i))), "intrusion-set", "relationship", 1))
	}
	pick := func(from []string) string { return from[r.IntN(len(from))] }
	for i := range n {
		x := NewEvent{Kind: Merged, Parts: []string{pick(ids)}, Into: pick(ids), Stated: says([]string{us, them}[r.IntN(2)], i)}
		switch k := r.IntN(10); {
		case k < 2:
			x.Kind = Graduated
		case k < 5:
			x = NewEvent{Kind: Split, Of: pick(ids), Moves: []Move{{pick(edges), pick(ids)}, {pick(ids), pick(ids)}}, Stated: x.Stated}
		case k < 7 && len(events) > 0:
			x = NewEvent{Kind: Split, Reverses: events[r.IntN(len(events))].ID, Stated: x.Stated}
		}
		events = append(events, eventFrom(t, x))
	}
	return events, ids, edges
}

// The order of events, and how often each is given, change nothing; not even what is told of contradictions.
func TestOrderAndRepetitionChangeNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		events, _, _ := randomEvents(t, r, 2+r.IntN(12))
		want := Fold(events)
		mixed := append(slices.Clone(events), events[:r.IntN(len(events))]...)
		r.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		if got := Fold(mixed); !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v\nand in another order\n%+v", want, got)
		}
	}
}

// A merge that is taken back leaves everything as it was, whatever came before.
func TestMergeThenSplitRestores(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	changed := 0
	for range 300 {
		events, ids, edges := randomEvents(t, r, r.IntN(12))
		before := state(Fold(events), ids, edges)
		m := eventFrom(t, merge(ids[r.IntN(8)], 100, ids[r.IntN(8)], ids[r.IntN(8)]))
		events = append(events, m)
		if !reflect.DeepEqual(state(Fold(events), ids, edges), before) {
			changed++
		}
		events = append(events, eventFrom(t, NewEvent{Kind: Split, Of: m.Into, Reverses: m.ID, Stated: says(us, 101)}))
		if after := state(Fold(events), ids, edges); !reflect.DeepEqual(after, before) {
			t.Fatalf("%v\nbecame\n%v", before, after)
		}
		// And taking back the split brings the merge back.
		last := events[len(events)-1]
		again := state(Fold(append(events, eventFrom(t, NewEvent{Kind: Split, Reverses: last.ID, Stated: says(us, 102)}))), ids, edges)
		if !reflect.DeepEqual(again, state(Fold(events[:len(events)-1]), ids, edges)) {
			t.Fatal("taking back the split does not bring the merge back")
		}
	}
	if changed < 100 {
		t.Errorf("only %d merges changed anything", changed)
	}
}

// What an index of places says is true in both directions.
func TestPlacesAndPartsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		events, ids, _ := randomEvents(t, r, 12)
		f := Fold(events)
		for _, id := range ids {
			for _, at := range ids {
				stands := slices.Contains(f.Where(id), at)
				if listed := id == at && stands || slices.Contains(f.Parts(at), id); stands != listed {
					t.Fatalf("%s at %s: %v, listed %v", id, at, stands, listed)
				}
			}
			if len(f.Where(id)) == 0 {
				t.Fatalf("%s stands nowhere", id)
			}
		}
	}
}

// Taking out what was merged restores, too, where no event is taken back: as far as both stood by themselves.
func TestTakingOutRestores(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	tried := 0
	for range 400 {
		events, ids, edges := randomEvents(t, r, r.IntN(10))
		f := Fold(events)
		a, b, into := ids[r.IntN(8)], ids[r.IntN(8)], ids[r.IntN(8)]
		if a == into || b == into || slices.ContainsFunc([]string{a, b, into}, func(id string) bool { return !slices.Equal(f.Where(id), []string{id}) }) {
			continue
		}
		tried++
		before := state(f, ids, edges)
		events = append(events, eventFrom(t, merge(into, 100, a, b)),
			eventFrom(t, NewEvent{Kind: Split, Of: into, Moves: []Move{{a, a}, {b, b}}, Stated: says(us, 101)}))
		if after := state(Fold(events), ids, edges); !reflect.DeepEqual(after, before) {
			t.Fatalf("%v\nbecame\n%v", before, after)
		}
	}
	if tried < 50 {
		t.Errorf("only %d were tried", tried)
	}
}

// Events that are made to take long are cut off, and that is said: in a chain each merge moves all that came before.
func TestFoldIsBounded(t *testing.T) {
	var events []Event
	at := func(i int) Date { return DateOf(noon.Add(time.Duration(i) * time.Second)) }
	for i := range MostEvents {
		e := Event{ID: fmt.Sprintf("e%06d", i), Kind: Merged, Parts: []string{fmt.Sprint("c", i)}, Into: fmt.Sprint("c", i+1), made: at(i)}
		if i >= MostEvents/2 { // and then all of it is looked at, again and again
			e.Parts, e.Into = []string{fmt.Sprint("d", i)}, "c0"
		}
		events = append(events, e)
	}
	f := Fold(events)
	if f.Cut == 0 || len(f.Events)+f.Cut != MostEvents || mostFoldSteps-f.steps > 2*mostFoldSteps {
		t.Errorf("%d events, %d cut, %d steps", len(f.Events), f.Cut, mostFoldSteps-f.steps)
	}
	if f = Fold(events[:MostEvents/2]); f.Cut > 0 || len(f.Parts(fmt.Sprint("c", MostEvents/2))) != MostEvents/2 {
		t.Errorf("%d cut", f.Cut)
	}
}
