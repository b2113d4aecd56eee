package exchange

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/internal/stix"
	"entente/internal/store"
)

// million is how many objects BenchmarkMillion imports where it is set.
const million = "ENTENTE_BENCH_ITEMS"

// BenchmarkMillion is the life of a large node: it imports a bundle of mixed objects from a file (ENTENTE_BENCH_ITEMS of them,
// 20,000 where it is not set) as `entente import` does, with the indexer on, while a reader fetches two pages of 1,000 objects
// for each 1,000 that are stored; then it opens the store anew and lets the indexer go on for two minutes. Run it with
// -benchtime 1x.
//
//	objects/s       imported: read, checked, labelled, durable, by the clock
//	cpu-µs/object   time of all cores for that, the pages of the reader and what the indexer did meanwhile included (without
//	                the processes of PostgreSQL)
//	page-p…-ms      time of pages in the last tenth of the import, by the clock
//	page-cpu-ms     what a page takes of the processor, from anywhere in the full store, when nobody writes
//	MiB-most        the most memory that the process had
//	open-ms         from opening the store to the first page
//	indexed/s       objects that the search index takes up when nobody imports
func BenchmarkMillion(b *testing.B) {
	objects := 20_000
	if text := os.Getenv(million); text != "" {
		objects = must[int](b)(strconv.Atoi(text))
	}
	b.Run("sqlite", func(b *testing.B) {
		lifeOfNode(b, func(tb testing.TB) store.Config { tb.Helper(); return store.Config{Dir: tb.TempDir()} }, objects)
	})
	b.Run("postgres", func(b *testing.B) { lifeOfNode(b, postgresPlace, objects) })
}

func lifeOfNode(b *testing.B, place func(tb testing.TB) store.Config, objects int) {
	b.Helper()
	ctx := context.Background()
	place(b) // or skip
	// As the program has it, see calmCollector and serveMemory.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(160 << 20))
	file := mixedBundle(b, objects)
	for b.Loop() {
		at := place(b)
		st := must[*store.Store](b)(store.Create(ctx, at))
		s := New(st, Options{})
		p, c := benchCollection(b, st)
		var (
			turns   = make(chan int64, 10)
			reading sync.WaitGroup
			took    []time.Duration
			r       = rand.New(rand.NewPCG(5, 5))
			begun   = time.Now()
			used    = cpuTime()
		)
		reading.Go(func() {
			for n := range turns {
				for range 2 {
					// A place at random among what is there.
					after := begun.Add(time.Duration(r.Float64() * float64(time.Since(begun))))
					asked := time.Now()
					page, err := s.Objects(ctx, p, store.Query{Collections: []int64{c.ID}, After: after, Limit: 1000})
					if err != nil {
						b.Error(err)
						return
					}
					if d := time.Since(asked); len(page.Items) == 1000 && n > int64(objects)*9/10 {
						took = append(took, d)
					}
				}
			}
		})
		progress := func(done int64) {
			select {
			case turns <- done:
			default: // it is behind
			}
		}
		f := must[*os.File](b)(os.Open(file))
		report, err := s.Import(ctx, p, c, f, SubmitOptions{}, progress)
		wall, cpu := time.Since(begun), cpuTime()-used
		close(turns)
		reading.Wait()
		f.Close()
		if err != nil || report.Stored != int64(objects) {
			b.Fatalf("%v: %+v", err, report)
		}
		b.ReportMetric(float64(objects)/wall.Seconds(), "objects/s")
		b.ReportMetric(float64(cpu.Microseconds())/float64(objects), "cpu-µs/object")
		if slices.Sort(took); len(took) > 0 {
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "page-p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "page-p99-ms")
			b.ReportMetric(float64(len(took)), "pages")
		}
		if err := st.Close(); err != nil {
			b.Fatal(err)
		}
		opened := time.Now()
		at.NoIndexer = true
		st = must[*store.Store](b)(store.Open(ctx, at))
		s = New(st, Options{})
		must[store.Page](b)(s.Objects(ctx, p, store.Query{}))
		b.ReportMetric(float64(time.Since(opened).Microseconds())/1000, "open-ms")
		used = cpuTime()
		const pages = 200
		for range pages {
			after := begun.Add(time.Duration(r.Float64() * 0.9 * float64(wall)))
			must[store.Page](b)(s.Objects(ctx, p, store.Query{Collections: []int64{c.ID}, After: after, Limit: 1000}))
		}
		b.ReportMetric(float64((cpuTime()-used).Microseconds())/1000/pages, "page-cpu-ms")
		backlog := must[int64](b)(st.Backlog(ctx))
		begun = time.Now()
		some, enough := context.WithTimeout(ctx, 2*time.Minute)
		if err := st.Index(some); err != nil && some.Err() == nil {
			b.Fatal(err)
		}
		enough()
		b.ReportMetric(float64(backlog-must[int64](b)(st.Backlog(ctx)))/time.Since(begun).Seconds(), "indexed/s")
		b.ReportMetric(mostMemory(), "MiB-most")
		if err := st.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// benchCollection makes a collection, with a publisher who writes to it and reads from it.
func benchCollection(tb testing.TB, st *store.Store) (Principal, CollectionView) {
	tb.Helper()
	ctx := context.Background()
	org := must[store.Org](tb)(st.CreateOrg(ctx, store.Org{Name: "Alpha", Clearance: store.Amber}))
	user := must[store.User](tb)(st.CreateUser(ctx, store.User{Org: org.ID, Name: "ann", Roles: store.Publisher}))
	root := must[store.Root](tb)(st.CreateRoot(ctx, store.Root{Path: "r", MaxContentLength: 1 << 20}))
	c := must[store.Collection](tb)(st.CreateCollection(ctx, store.Collection{Root: root.ID, Title: "c", Owner: org.ID, Label: store.Amber}))
	if err := st.SetRights(ctx, store.Rights{Collection: c.ID, Org: org.ID, Read: true, Write: true}); err != nil {
		tb.Fatal(err)
	}
	p := Principal{Caller: store.Caller{User: user.ID, Org: org.ID}, Roles: store.Publisher, Scopes: AllScopes}
	return p, CollectionView{Collection: c, CanRead: true, CanWrite: true}
}

// mixedBundle writes a bundle of objects into a file: of a hundred, about 34 indicators, 28 observables, 15 relationships, the
// rest malware, observed data, sightings, attack patterns, reports, campaigns and identities; 700 bytes on average.
func mixedBundle(tb testing.TB, n int) (path string) {
	tb.Helper()
	f := must[*os.File](tb)(os.Create(filepath.Join(tb.TempDir(), "mixed.json")))
	w := bufio.NewWriterSize(f, 1<<20)
	m := mixer{rand: rand.New(rand.NewPCG(1, 2))}
	fmt.Fprintf(w, `{"type":"bundle","id":"bundle--%s","objects":[`, m.uuid())
	for i := range n {
		if i > 0 {
			w.WriteString(",\n")
		}
		w.WriteString(m.object(tb, i))
	}
	w.WriteString("]}\n")
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
	return f.Name()
}

// mixer makes objects of STIX 2.1 that have nothing to find fault with.
type mixer struct {
	rand    *rand.Rand
	last    [64]string // identifiers to refer to
	written int
}

func (m *mixer) uuid() string {
	a, b := m.rand.Uint64(), m.rand.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>52, b&(1<<48-1))
}

// words are n words, of which few are frequent and many are rare.
func (m *mixer) words(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		k := int(m.rand.ExpFloat64() * 3000)
		for _, s := range [...]string{"ba", "len", "tor", "mi", "sax"} {
			b.WriteString(s[:1+(k&1)%len(s)])
			b.WriteByte("aeiouklmnrst"[k%12])
			if k /= 12; k == 0 {
				break
			}
		}
	}
	return b.String()
}

func (m *mixer) refer(kind string) string {
	for range 8 {
		if id := m.last[m.rand.IntN(len(m.last))]; id != "" && (kind == "" || strings.HasPrefix(id, kind+"--")) {
			return id
		}
	}
	return or(kind, "malware") + "--" + m.uuid()
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func (m *mixer) object(tb testing.TB, i int) string {
	tb.Helper()
	r := m.rand
	when := time.Date(2023, 1, 1, 0, 0, r.IntN(80_000_000), 1e6*r.IntN(1000), time.UTC)
	stamp := when.Format("2006-01-02T15:04:05.000Z")
	label := [...]string{"clear", "green", "green", "amber", "amber", "amber+strict"}[r.IntN(6)]
	marking, _ := stix.TLPMarking(label)
	address := fmt.Sprintf("%d.%d.%d.%d", 11+i>>24, i>>16&255, i>>8&255, i&255)
	sha := fmt.Sprintf("%016x%016x%016x%016x", r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64())
	var kind, rest string
	switch k := r.IntN(100); {
	case k < 34:
		kind = "indicator"
		pattern := [...]string{
			"[ipv4-addr:value = '" + address + "']",
			"[domain-name:value = 'h" + strconv.Itoa(i) + ".example']",
			"[file:hashes.'SHA-256' = '" + sha + "']",
			"[url:value = 'https://h" + strconv.Itoa(i) + ".example/a/" + sha[:8] + "'] OR [process:command_line MATCHES '^cmd .*" + sha[:6] + "']",
		}[r.IntN(4)]
		rest = fmt.Sprintf(`"name":"Beacon of %s","description":"%s","indicator_types":["malicious-activity"],"labels":["%s","%s"],"confidence":%d,`+
			`"pattern":"%s","pattern_type":"stix","pattern_version":"2.1","valid_from":%q,`+
			`"kill_chain_phases":[{"kill_chain_name":"mitre-attack","phase_name":"command-and-control"}],`+
			`"external_references":[{"source_name":"mitre-attack","external_id":"T%d","url":"https://attack.example/techniques"}]`,
			m.words(2), m.words(20+r.IntN(20)), m.words(1), m.words(1), r.IntN(101), pattern, stamp, 1001+r.IntN(600))
	case k < 42:
		kind, rest = "ipv4-addr", `"value":"`+address+`"`
	case k < 48:
		kind, rest = "domain-name", fmt.Sprintf(`"value":"d%d.%s.example"`, i, m.words(1))
	case k < 54:
		kind, rest = "url", fmt.Sprintf(`"value":"https://u%d.example/%s/%s"`, i, m.words(1), sha[:12])
	case k < 62:
		kind, rest = "file", fmt.Sprintf(`"name":"%s.dll","size":%d,"hashes":{"MD5":"%s","SHA-1":"%s","SHA-256":"%s"}`, m.words(1), 1000+r.IntN(1e6), sha[:32], sha[:40], sha)
	case k < 77:
		kind = "relationship"
		rest = fmt.Sprintf(`"relationship_type":"indicates","source_ref":%q,"target_ref":%q,"description":"%s"`, m.refer("indicator"), m.refer("malware"), m.words(8))
	case k < 82:
		kind = "malware"
		rest = fmt.Sprintf(`"name":"%s","aliases":["%s","%s"],"is_family":true,"malware_types":["backdoor"],"description":"%s"`, m.words(1), m.words(1), m.words(2), m.words(40))
	case k < 86:
		kind = "observed-data"
		rest = fmt.Sprintf(`"first_observed":%q,"last_observed":%q,"number_observed":%d,"object_refs":[%q,%q]`, stamp, stamp, 1+r.IntN(50), m.refer("ipv4-addr"), m.refer("domain-name"))
	case k < 90:
		kind = "sighting"
		rest = fmt.Sprintf(`"sighting_of_ref":%q,"count":%d,"first_seen":%q,"last_seen":%q`, m.refer("indicator"), 1+r.IntN(9), stamp, when.Add(time.Hour).Format("2006-01-02T15:04:05.000Z"))
	case k < 93:
		kind = "attack-pattern"
		rest = fmt.Sprintf(`"name":"%s","description":"%s","external_references":[{"source_name":"mitre-attack","external_id":"T%d"}]`, m.words(3), m.words(60), 1001+r.IntN(600))
	case k < 96:
		kind = "report"
		refs := make([]string, 10)
		for j := range refs {
			refs[j] = strconv.Quote(m.refer(""))
		}
		rest = fmt.Sprintf(`"name":"%s","description":"%s","report_types":["threat-report"],"published":%q,"object_refs":[%s]`, m.words(5), m.words(100), stamp, strings.Join(refs, ","))
	case k < 98:
		kind, rest = "campaign", fmt.Sprintf(`"name":"%s","description":"%s","first_seen":%q`, m.words(2), m.words(30), stamp)
	default:
		kind, rest = "identity", fmt.Sprintf(`"name":"%s","identity_class":"organization","sectors":["defense"],"contact_information":"%s"`, m.words(2), m.words(4))
	}
	marked := fmt.Sprintf(`"object_marking_refs":[%q]`, marking)
	var text, id string
	if isObservable(kind) {
		o, err := stix.Parse(fmt.Appendf(nil, `{"type":%q,%s}`, kind, rest), stix.Limits{})
		if err != nil {
			tb.Fatal(err)
		}
		id, _ = stix.ObservableID(o)
		text = fmt.Sprintf(`{"type":%q,"spec_version":"2.1","id":%q,%s,%s}`, kind, id, rest, marked)
	} else {
		if kind == "indicator" && r.IntN(50) == 0 {
			red, _ := stix.TLPMarking("red")
			marked += fmt.Sprintf(`,"granular_markings":[{"marking_ref":%q,"selectors":["description"]}]`, red)
		}
		id = kind + "--" + m.uuid()
		text = fmt.Sprintf(`{"type":%q,"spec_version":"2.1","id":%q,"created_by_ref":"identity--a463ffb3-1bd9-4d94-b02d-74e4f1658283","created":%q,"modified":%q,%s,%s}`, kind, id, stamp, stamp, rest, marked)
	}
	m.last[m.written%len(m.last)] = id
	m.written++
	return text
}

// What the benchmark imports has nothing to find fault with, and is a mix.
func TestMixedObjectsAreValid(t *testing.T) {
	m := mixer{rand: rand.New(rand.NewPCG(1, 2))}
	kinds, size := map[string]int{}, 0
	const n = 2000
	for i := range n {
		text := m.object(t, i)
		size += len(text)
		o, err := stix.Parse([]byte(text), stix.Limits{})
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		if findings := stix.Check(o); len(findings) > 0 {
			t.Fatalf("%v: %s", findings, text)
		}
		kinds[o.Type]++
	}
	if len(kinds) < 12 || size/n < 500 {
		t.Errorf("%v, %d bytes each", kinds, size/n)
	}
	t.Log(kinds, size/n)
}
