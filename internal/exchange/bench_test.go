package exchange

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"entente/internal/stix"
	"entente/internal/store"
)

// benchStream is n objects as JSON Lines: of five, two indicators, an attack pattern, a relationship and an address.
func benchStream(n int) string {
	var b strings.Builder
	for i := range n {
		id := fmt.Sprintf("%08d-1111-4111-8111-111111111111", i)
		const when = `"created":"2024-01-01T00:00:00.000Z","modified":"2024-01-01T00:00:00.000Z"`
		switch i % 5 {
		case 0, 1:
			fmt.Fprintf(&b, `{"type":"indicator","spec_version":"2.1","id":"indicator--%s",%s,"name":"Beacon of campaign %d","description":"Seen on servers that answer mail for a partner.","indicator_types":["malicious-activity"],"pattern_type":"stix","valid_from":"2024-01-01T00:00:00Z","pattern":"[ipv4-addr:value = '10.%d.%d.%d']","object_marking_refs":["%s"]}`, id, when, i%97, i>>16&255, i>>8&255, i&255, tlpGreen)
		case 2:
			fmt.Fprintf(&b, `{"type":"attack-pattern","spec_version":"2.1","id":"attack-pattern--%s",%s,"name":"Way in %d","external_references":[{"source_name":"mitre-attack","external_id":"T1190"}],"object_marking_refs":["%s"]}`, id, when, i, tlpClear)
		case 3:
			fmt.Fprintf(&b, `{"type":"relationship","spec_version":"2.1","id":"relationship--%s",%s,"relationship_type":"indicates","source_ref":"indicator--%08d-1111-4111-8111-111111111111","target_ref":"attack-pattern--%08d-1111-4111-8111-111111111111"}`, id, when, i-3, i-1)
		default:
			fmt.Fprintf(&b, `{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--%s","value":"10.%d.%d.%d"}`, id, i>>16&255, i>>8&255, i&255)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// BenchmarkImport takes in 100,000 objects: read, checked, classified, extracted and durable. objects/s is its figure.
func BenchmarkImport(b *testing.B) {
	const objects = 100_000
	text := benchStream(objects)
	for b.Loop() {
		ctx := context.Background()
		st, err := store.Create(ctx, store.Config{Dir: b.TempDir(), NoIndexer: true})
		if err != nil {
			b.Fatal(err)
		}
		s := New(st, Options{})
		org, err := st.CreateOrg(ctx, store.Org{Name: "Alpha", Clearance: store.Amber})
		if err != nil {
			b.Fatal(err)
		}
		user, err := st.CreateUser(ctx, store.User{Org: org.ID, Name: "ann", Roles: store.Publisher})
		if err != nil {
			b.Fatal(err)
		}
		root, err := st.CreateRoot(ctx, store.Root{Path: "r", MaxContentLength: 1 << 20})
		if err != nil {
			b.Fatal(err)
		}
		c, err := st.CreateCollection(ctx, store.Collection{Root: root.ID, Title: "c", Owner: org.ID, Label: store.Amber})
		if err != nil {
			b.Fatal(err)
		}
		p := Principal{Caller: store.Caller{User: user.ID, Org: org.ID}, Roles: store.Publisher, Scopes: AllScopes}
		begun := time.Now()
		r, err := s.Import(ctx, p, CollectionView{Collection: c, CanRead: true, CanWrite: true}, strings.NewReader(text), SubmitOptions{}, nil)
		if err != nil || r.Stored != objects {
			b.Fatalf("%v: %+v", err, r)
		}
		b.ReportMetric(objects/time.Since(begun).Seconds(), "objects/s")
		if err := st.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPrepare is the part of it that is this package's, on one core.
func BenchmarkPrepare(b *testing.B) {
	const objects = 1000
	text := benchStream(objects)
	in := &intake{s: New(nil, Options{}), known: markings{}}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r := stix.NewReader(strings.NewReader(text), stix.Limits{})
		for range objects {
			e, err := r.Next()
			if err != nil {
				b.Fatal(err)
			}
			x := prepared{entry: e}
			if in.prepare(in.known, &x); x.failure != "" {
				b.Fatal(x.failure)
			}
		}
	}
	b.ReportMetric(float64(objects)*float64(b.N)/b.Elapsed().Seconds(), "objects/s")
}

// BenchmarkRedact takes one property out of an object of ordinary size.
func BenchmarkRedact(b *testing.B) {
	raw := []byte(tool(`,"description":"some text that is not for everybody","labels":["a","b","c"],"granular_markings":[{"marking_ref":"$RED","selectors":["description"]}]`))
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		o, err := stix.Parse(raw, stix.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		p := partsOf(o, store.Clear)
		if _, _, ok := p.redact(seesClear, false); !ok {
			b.Fatal("cannot be redacted")
		}
	}
}
