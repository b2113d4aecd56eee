package packexport

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

var csvColumns = []string{
	"id", "id_today", "name", "tactics", "ref", "procedure", "platforms", "logs", "detections", "detection_ids", "undetectable", "confidence",
	"questions", "mitigations",
}

// writeCSV writes a table for spreadsheets, one row for each TTP: RFC 4180 with a header row. A cell that a spreadsheet could
// take for a formula gets a leading apostrophe.
func (b *book) writeCSV(w *bytes.Buffer) {
	csvRow(w, csvColumns)
	for _, t := range b.ttps {
		var titles, ids, questions, stops []string
		for _, f := range t.files {
			titles, ids = append(titles, f.main.Title), append(ids, firstOf(f.main.ID, f.path))
		}
		for _, q := range t.Questions {
			questions = append(questions, q.Ask+" Look for: "+q.LookFor+" Where: "+q.Where)
		}
		for _, id := range t.Mitigations {
			if m := b.mitigations[id]; m != nil {
				id = m.Title
			}
			stops = append(stops, id)
		}
		csvRow(w, []string{
			t.ID, t.Current(), t.name, strings.Join(t.tactics, " "), t.Ref, t.Procedure, strings.Join(t.Platforms, ", "),
			strings.Join(t.Logs, "\n"), strings.Join(titles, "\n"), strings.Join(ids, "\n"), t.Undetectable, t.Confidence,
			strings.Join(questions, "\n"), strings.Join(stops, "\n"),
		})
	}
	if n := len(b.p.Indicators); n > 0 {
		b.remark("indicators.yml", "the table is one of TTPs: %s left out", plural(n, "indicator is", "indicators are"))
	}
	if n := len(b.files); n > 0 {
		b.remark("rules", "the table is one of TTPs: %s named, without text", plural(n, "rule file is", "rule files are"))
	}
	b.remarkTests("the table")
}

func csvRow(w *bytes.Buffer, cells []string) {
	for i, c := range cells {
		if i > 0 {
			w.WriteByte(',')
		}
		c = strings.TrimSpace(clean(c))
		if formula(c) {
			c = "'" + c
		}
		if strings.ContainsAny(c, "\",\r\n") {
			c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
		}
		w.WriteString(c)
	}
	w.WriteString("\r\n")
}

// formula says that a spreadsheet may compute s rather than show it.
func formula(s string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, " \u00a0\u3000\n"))
	return r != utf8.RuneError && strings.ContainsRune("=+-@＝＋－＠\t", r)
}
