package cli

import (
	"slices"
	"strings"
)

// wordChange is one place in which two texts differ, with a few words that both have around it.
type wordChange struct{ from, to string }

const (
	contextWords = 4         // that are shown before and behind a change
	maxWordTable = 4_000_000 // pairs of words that are compared; longer texts are shown as changed from the first to the last change
)

// wordChanges says in which words two texts differ, in order; nothing where only blanks and ends of lines do. Changes that
// are close to each other are one.
func wordChanges(from, to string) []wordChange {
	a, b := strings.Fields(from), strings.Fields(to)
	same := commonWords(a, b)
	var out []wordChange
	for i := 0; i+1 < len(same); {
		// Between two runs of common words lies a change. Short runs belong to the change around them.
		j := i + 1
		for j+1 < len(same) && same[j].n <= 2*contextWords {
			j++
		}
		start, end := same[i], same[j]
		before, behind := min(contextWords, start.n), min(contextWords, end.n)
		aFrom, aTo := start.a+start.n-before, end.a+behind
		bFrom, bTo := start.b+start.n-before, end.b+behind
		out = append(out, wordChange{excerpt(a, aFrom, aTo), excerpt(b, bFrom, bTo)})
		i = j
	}
	return out
}

// excerpt joins words, and shows where more were left out.
func excerpt(words []string, from, to int) string {
	text := strings.Join(words[from:to], " ")
	if from > 0 {
		text = "… " + text
	}
	if to < len(words) {
		text += " …"
	}
	return text
}

// commonRun is a run of n words that stand in two texts, at a and b.
type commonRun struct{ a, b, n int }

// commonWords lists what two texts have in common, in order (longest common subsequence), the first run at the beginning of
// both and the last at the end of both, which may be empty. Equal texts are one run.
func commonWords(a, b []string) []commonRun {
	head := 0
	for head < min(len(a), len(b)) && a[head] == b[head] {
		head++
	}
	if head == len(a) && head == len(b) {
		return []commonRun{{0, 0, head}}
	}
	tail := 0
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	out := []commonRun{{0, 0, head}}
	midA, midB := a[head:len(a)-tail], b[head:len(b)-tail]
	if len(midA)*len(midB) <= maxWordTable {
		out = append(out, commonInside(midA, midB, head)...)
	}
	return append(out, commonRun{len(a) - tail, len(b) - tail, tail})
}

// commonInside is what two texts have in common whose first and last words differ; offset is added to the places.
func commonInside(a, b []string, offset int) []commonRun {
	width := len(b) + 1
	table := make([]int32, (len(a)+1)*width) // longest common subsequence from each pair of places on
	for i, left := range slices.Backward(a) {
		for j, right := range slices.Backward(b) {
			if left == right {
				table[i*width+j] = table[(i+1)*width+j+1] + 1
			} else {
				table[i*width+j] = max(table[(i+1)*width+j], table[i*width+j+1])
			}
		}
	}
	var out []commonRun
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			if n := len(out); n > 0 && out[n-1].a+out[n-1].n == offset+i && out[n-1].b+out[n-1].n == offset+j {
				out[n-1].n++
			} else {
				out = append(out, commonRun{offset + i, offset + j, 1})
			}
			i++
			j++
		case table[(i+1)*width+j] >= table[i*width+j+1]:
			i++
		default:
			j++
		}
	}
	return out
}
