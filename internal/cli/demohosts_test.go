package cli

import (
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDemoShowsFindingsOfItsHosts: the page lists under each host what its verdict rests on and counts, though most of it is
// from logs that do not name the host.
func TestDemoShowsFindingsOfItsHosts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	if _, err := runDemoVerb(t, "--quiet", dir); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	var meta struct {
		Hosts    []string
		HostSets [][]int
		Coverage struct {
			Hosts []struct {
				Host  string
				Other int `json:"other_findings"`
				Chain []struct{ Findings int }
			}
		}
	}
	type index struct{ H, N []int }
	var rows []index
	for _, m := range regexp.MustCompile(`<script type="application/json" class="([im])" data-n="\d+">"([A-Za-z0-9+/=]*)"</script>`).FindAllSubmatch(page, -1) {
		z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(string(m[2]))))
		if err != nil {
			t.Fatal(err)
		}
		var into any = &meta
		if string(m[1]) == "i" {
			rows = append(rows, index{})
			into = &rows[len(rows)-1]
		}
		if err := json.NewDecoder(z).Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	got, want := map[string]int{}, map[string]int{}
	for _, b := range rows {
		for i, set := range b.H {
			for _, host := range meta.HostSets[set] {
				got[meta.Hosts[host]] += b.N[i]
			}
		}
	}
	for _, h := range meta.Coverage.Hosts {
		n := h.Other
		for _, s := range h.Chain {
			n += s.Findings
		}
		if n > 0 {
			want[h.Host] = n
		}
	}
	if !maps.Equal(got, want) || want["lnx02"] < 100 {
		t.Errorf("the rows are of %v, the verdicts count %v", got, want)
	}
}
