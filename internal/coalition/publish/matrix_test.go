package publish

import (
	"encoding/csv"
	"strings"
	"testing"

	"entente/internal/coalition"
)

func TestMatrix(t *testing.T) {
	const want = `claim,member,name,stance,likelihood,confidence,date
intrusion,aa,Aland,endorse,icd-203: very likely,,2021-07-19T12:00:00Z
intrusion,bb,Bland,assess,uk-phia: highly likely,uk-phia: high,2021-07-19T12:00:01Z
intrusion,dd,Dland,reserve,,icd-203: moderate,2021-07-19T12:00:03Z
intrusion,ee,Eland,acknowledge,,,2021-07-19T12:00:04Z
intrusion,ff,Fland,relay,,,2021-07-19T12:00:05Z
intrusion,gg,Gland,abstain,,,2021-07-19T12:00:06Z
state,aa,Aland,endorse,icd-203: very likely,,2021-07-19T12:00:00Z
state,cc,Cland,object,,,2021-07-19T12:00:02Z
state,dd,Dland,reserve,,icd-203: moderate,2021-07-19T12:00:03Z
state,ee,Eland,acknowledge,,,2021-07-19T12:00:04Z
state,ff,Fland,relay,,,2021-07-19T12:00:05Z
state,gg,Gland,abstain,,,2021-07-19T12:00:06Z
`
	if got := string(Matrix(sample(t))); got != want {
		t.Errorf("the table is\n%s\nwant\n%s", got, want)
	}
}

// No position is lost, whatever a statement's claims are.
func TestMatrixLosesNothing(t *testing.T) {
	for name, change := range map[string]func(*Statement){
		"without claims": func(s *Statement) { s.Manifest.Claims = nil },
		"of claims that it does not have": func(s *Statement) {
			for i := range s.Said {
				s.Said[i].Covers = []string{"nowhere"}
			}
		},
	} {
		s := sample(t)
		change(s)
		got := string(Matrix(s))
		for i := range s.Said {
			if !strings.Contains(got, ","+s.Said[i].Name+","+string(s.Said[i].Stance)+",") {
				t.Errorf("%s: %s is not in\n%s", name, s.Said[i].Name, got)
			}
		}
	}
}

func TestMatrixOfFormulas(t *testing.T) {
	s := sample(t)
	for i, evil := range []string{"=1+1", "+1", "-1", "@a", "\t=1"} {
		s.Said[i].Member, s.Said[i].Name = evil, evil
		s.Said[i].Likelihood = &coalition.Likelihood{Scale: evil, Term: "x"}
	}
	rows, err := csv.NewReader(strings.NewReader(string(Matrix(s)))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t", rune(cell[0])) {
				t.Errorf("a spreadsheet computes %q", cell)
			}
		}
	}
}
