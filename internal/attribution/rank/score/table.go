package score

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

var columns = []string{"n", "top-1", "95% interval", "top-3", "top-5", "MRR", "ECE", "confidence", "acc@30%", "acc@50%", "AUROC"}

func (m *Measures) cells() []string {
	number := func(v float64) string {
		if math.IsNaN(v) {
			return "-"
		}
		return strconv.FormatFloat(v, 'f', 3, 64)
	}
	return []string{
		strconv.Itoa(m.N), number(m.Top1), fmt.Sprintf("%.2f-%.2f", m.Low, m.High), number(m.Top3), number(m.Top5),
		number(m.MRR), number(m.ECE), number(m.Confidence), number(m.Accuracy30), number(m.Accuracy50), number(m.AUROC),
	}
}

// Tables prints a table for each set and filter, as the reference scorer does. name stands before the row.
func Tables(list []Measures, name string, markdown bool) string {
	var b strings.Builder
	for i := range list {
		m := &list[i]
		title := m.Set + ", " + m.Filter
		if markdown {
			title = "**" + title + "**\n"
		}
		b.WriteString(title + "\n")
		writeTable(&b, [][]string{append([]string{""}, columns...), append([]string{name}, m.cells()...)}, markdown)
		b.WriteByte('\n')
	}
	return b.String()
}

func writeTable(b *strings.Builder, lines [][]string, markdown bool) {
	width := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	padded := func(line []string) []string {
		out := make([]string, len(line))
		for i, cell := range line {
			blank := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if out[i] = blank + cell; i == 0 {
				out[i] = cell + blank
			}
		}
		return out
	}
	for i, line := range lines {
		if !markdown {
			b.WriteString(strings.Join(padded(line), "  ") + "\n")
			continue
		}
		b.WriteString("| " + strings.Join(padded(line), " | ") + " |\n")
		if i == 0 {
			rule := make([]string, len(width))
			for i, w := range width {
				if rule[i] = strings.Repeat("-", w-min(i, 1)); i > 0 {
					rule[i] += ":"
				}
			}
			b.WriteString("| " + strings.Join(rule, " | ") + " |\n")
		}
	}
}
