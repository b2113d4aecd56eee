package hunt

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"
)

// TestSieveOfManyFields: each of more fields than the sieve tells apart is searched where it holds what is looked for, also
// when others have been found to hold something before.
func TestSieveOfManyFields(t *testing.T) {
	const fields = 80
	var rules, lines strings.Builder
	for i := range fields {
		fmt.Fprintf(&rules, "title: r%[1]d\nlogsource: {product: windows, service: application}\ndetection: {s: {F%[1]d|contains: literal-%[1]d-of-some-length}, condition: s}\n---\n", i)
	}
	for i := range 2 * sieveFrom { // until the sieve is made
		fmt.Fprintf(&lines, `{"Channel":"Application","EventID":1,"F0":"nothing %d","F79":"nothing"}`+"\n", i)
	}
	for i := range fields {
		fmt.Fprintf(&lines, `{"Channel":"Application","EventID":1,"F%[1]d":"a literal-%[1]d-OF-some-length %[1]d","F%[2]d":"literal-%[2]d-of-some-lengt"}`+"\n", i, (i+1)%fields)
		fmt.Fprintf(&lines, `{"Channel":"Application","EventID":1,"F%[1]d":"literal-%[1]d-of-some-length","F%[2]d":["x","literal-%[2]d-of-some-length"]}`+"\n", i, (i+1)%fields)
	}
	found, _ := runHunt(t, planOf(t, PlanOptions{}, strings.TrimSuffix(rules.String(), "---\n")), Options{Inputs: []string{writeText(t, "log.jsonl", lines.String())}})
	count := map[string]int{}
	for _, f := range found {
		count[f.Rule.Title]++
	}
	for i := range fields {
		if title := fmt.Sprint("r", i); count[title] != 3 {
			t.Errorf("%s found %d times, want 3", title, count[title])
		}
	}
}

// TestSieveMissesNothing: of random literals in random text of one and of two bytes a character, the sieve tells of each
// that is there, also of three characters and at the end.
func TestSieveMissesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	draw := func(alphabet []rune, n int) string {
		text := make([]rune, n)
		for i := range text {
			text[i] = alphabet[r.IntN(len(alphabet))]
		}
		return string(text)
	}
	found, short := 0, 0
	for range 3000 {
		s := &sieve{}
		runs := map[string]sieveRun{}
		for len(runs) < 1+r.IntN(6) {
			run := sieveRunOf(draw([]rune(`ab$`), 3+r.IntN(3)), "", "")
			if _, known := runs[run]; run == "" || known {
				continue
			}
			runs[run] = sieveRun{guards: 1 << len(runs)}
			if len(run) == shortWidth {
				s.short++
			}
		}
		s.build(runs)
		text := draw([]rune("aAbB$$é日"), r.IntN(30))
		var wide []byte
		for _, c := range utf16.Encode([]rune(text)) {
			wide = binary.LittleEndian.AppendUint16(wide, c)
		}
		all, soft := uint64(1)<<len(runs)-1, false
		narrowHits, wideHits := s.inUTF8([]byte(text), all, &soft), s.inUTF16(wide, all, &soft)
		for run, is := range runs {
			if !strings.Contains(strings.ToLower(text), run) {
				continue
			}
			found++
			if len(run) == shortWidth {
				short++
			}
			if narrowHits&is.guards == 0 || wideHits&is.guards == 0 {
				t.Fatalf("%q in %q: %b of one byte, %b of two, want %b", run, text, narrowHits, wideHits, is.guards)
			}
		}
	}
	if found-short < 100 || short < 400 {
		t.Fatalf("%d literals found, %d of them short: the test is worth nothing", found, short)
	}
}
