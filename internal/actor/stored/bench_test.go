package stored

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"entente/internal/actor"
	"entente/internal/exchange"
	"entente/internal/store"
)

// edgesVariable is how many edges BenchmarkNeighbourhood makes where it is set; else 20,000.
const edgesVariable = "ENTENTE_BENCH_EDGES"

// BenchmarkNeighbourhood asks for the graph around objects of a store on SQLite with many edges (ENTENTE_BENCH_EDGES) between a tenth as
// many objects, of which a tenth of all edges begin at one, the hub. It measures, with the objects read and what the caller may see
// decided:
//
//	depth-1     around an object as most are: 20 edges
//	depth-2     its neighbours' neighbours, up to 100 objects
//	hub         around the hub, up to 100 objects
//	references  the graph of references around the hub, as the JSON API gives it
//
// cpu-ms is what a question takes of the processor, worst-ms the longest by the clock.
func BenchmarkNeighbourhood(b *testing.B) {
	n := 20_000
	if text := os.Getenv(edgesVariable); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	src, id := manyEdges(b, n)
	r := rand.New(rand.NewPCG(7, 8))
	ordinary := func() string { return id(1 + r.IntN(n/10-1)) }
	ask := func(name string, question func() actor.Question) {
		b.Run(name, func(b *testing.B) {
			edges, worst, used := 0, time.Duration(0), cpuTime()
			for b.Loop() {
				begun := time.Now()
				q := question()
				reader, err := actor.NewReader(b.Context(), src, q.Filter)
				if err != nil {
					b.Fatal(err)
				}
				g, err := reader.Around(b.Context(), q)
				if err != nil || len(g.Edges) == 0 {
					b.Fatal(err, len(g.Edges))
				}
				edges += len(g.Edges)
				worst = max(worst, time.Since(begun))
			}
			b.ReportMetric(float64(edges)/float64(b.N), "edges")
			b.ReportMetric(float64((cpuTime()-used).Microseconds())/1000/float64(b.N), "cpu-ms")
			b.ReportMetric(float64(worst.Microseconds())/1000, "worst-ms")
		})
	}
	ask("depth-1", func() actor.Question { return actor.Question{Start: []string{ordinary()}} })
	ask("depth-2", func() actor.Question { return actor.Question{Start: []string{ordinary()}, Depth: 2} })
	ask("hub", func() actor.Question { return actor.Question{Start: []string{id(0)}} })
	b.Run("references", func(b *testing.B) {
		used := cpuTime()
		for b.Loop() {
			if g, err := src.ex.Neighbours(b.Context(), src.p, id(0), 1, 100); err != nil || !g.Cut || len(g.Nodes) != 100 {
				b.Fatal(err, len(g.Nodes))
			}
		}
		b.ReportMetric(float64((cpuTime()-used).Microseconds())/1000/float64(b.N), "cpu-ms")
	})
}

// manyEdges makes a store with edges, and gives identifiers of its objects, of which 0 is the hub.
func manyEdges(b *testing.B, edges int) (*Source, func(i int) string) {
	b.Helper()
	ctx := context.Background()
	st, err := store.Create(ctx, store.Config{Dir: b.TempDir(), NoIndexer: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = st.Close() })
	ex := exchange.New(st, exchange.Options{})
	b.Cleanup(func() { _ = ex.Close(ctx) })
	p, c := place(b, st)
	id := func(i int) string { return fmt.Sprintf("intrusion-set--00000000-0000-4000-8000-%012x", i) }
	at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	const stamp = "2020-01-01T00:00:00.000Z"
	item := func(id, kind, rest string, links ...store.Link) store.New {
		return store.New{
			Collection: c.ID, Class: store.Class{Owner: p.Org, Submitter: p.User, Label: store.Amber}, ID: id, Type: kind, Spec: "2.1",
			Version: at, VersionText: stamp, Created: at, Links: links,
			Raw: fmt.Appendf(nil, `{"type":%q,"spec_version":"2.1","id":%q,"created":%q,"modified":%q,%s}`, kind, id, stamp, stamp, rest),
		}
	}
	var batch []store.New
	add := func(n store.New, last bool) {
		batch = append(batch, n)
		if len(batch) < 1000 && !last {
			return
		}
		if _, err := st.Add(ctx, batch); err != nil {
			b.Fatal(err)
		}
		batch = batch[:0]
	}
	r := rand.New(rand.NewPCG(1, 2))
	objects := edges / 10
	for i := range objects {
		add(item(id(i), "intrusion-set", fmt.Sprintf(`"name":"Set %d"`, i)), false)
	}
	for i := range edges {
		from, to := id(r.IntN(objects)), id(r.IntN(objects))
		if i%10 == 0 {
			from = id(0)
		}
		add(item(fmt.Sprintf("relationship--00000000-0000-4000-8000-%012x", i), "relationship",
			fmt.Sprintf(`"relationship_type":"related-to","source_ref":%q,"target_ref":%q`, from, to),
			store.Link{Property: "source_ref", Target: from, Label: store.Amber}, store.Link{Property: "target_ref", Target: to, Label: store.Amber}), i == edges-1)
	}
	if err := st.Index(ctx); err != nil {
		b.Fatal(err)
	}
	return New(ex, p), id
}

// place makes a collection, and a publisher who writes to it and reads from it.
func place(tb testing.TB, st *store.Store) (exchange.Principal, exchange.CollectionView) {
	tb.Helper()
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			tb.Fatal(err)
		}
	}
	org, err := st.CreateOrg(ctx, store.Org{Name: "Alpha", Clearance: store.Amber})
	check(err)
	user, err := st.CreateUser(ctx, store.User{Org: org.ID, Name: "ann", Roles: store.Publisher})
	check(err)
	root, err := st.CreateRoot(ctx, store.Root{Path: "r", MaxContentLength: 1 << 20})
	check(err)
	c, err := st.CreateCollection(ctx, store.Collection{Root: root.ID, Title: "c", Owner: org.ID, Label: store.Amber})
	check(err)
	check(st.SetRights(ctx, store.Rights{Collection: c.ID, Org: org.ID, Read: true, Write: true}))
	p := exchange.Principal{Caller: store.Caller{User: user.ID, Org: org.ID}, OrgUID: org.UID, OrgName: org.Name, Roles: store.Publisher, Scopes: exchange.AllScopes}
	return p, exchange.CollectionView{Collection: c, CanRead: true, CanWrite: true}
}
