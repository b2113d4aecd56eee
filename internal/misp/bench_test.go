package misp

import (
	"fmt"
	"strings"
	"testing"

	"entente/internal/attack"
)

// BenchmarkImport makes objects of an event with 10,000 attributes.
func BenchmarkImport(b *testing.B) {
	facts, err := attack.Default()
	if err != nil {
		b.Fatal(err)
	}
	var attributes []string
	for i := range 10_000 {
		kind, value := "domain", fmt.Sprintf("c%d.example", i)
		if i%2 == 0 {
			kind, value = "ip-dst", fmt.Sprintf("198.51.%d.%d", i>>8, i&255)
		}
		more := ids
		if i%4 > 1 {
			more = ""
		}
		attributes = append(attributes, strings.Replace(attr("0001", kind, value, more), "0123456789ab", fmt.Sprintf("%012x", i), 1))
	}
	text := event(`"Attribute":[` + strings.Join(attributes, ",") + `]`)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	objects := 0
	for b.Loop() {
		im := NewImporter(ImportOptions{Facts: facts})
		err := Read(strings.NewReader(text), Limits{}, func(e *Event) error {
			made, _ := im.Event(e)
			objects += len(made)
			return nil
		}, func(Loss) {})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(objects)/b.Elapsed().Seconds(), "objects/s")
}
