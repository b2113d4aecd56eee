package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"entente/internal/hunt"
)

// HTMLOptions shape the HTML report.
type HTMLOptions struct {
	Title string // "": Hunt report
	// MaxRows is how many findings can be looked at one by one; 0: 200,000. The counts always cover all of them.
	MaxRows int
	// MaxBytes is how much compressed record text the file may hold; 0: 160 MiB. Findings beyond it keep their row
	// and lose their record.
	MaxBytes int64
}

//go:embed html/report.tmpl.html
var htmlTemplate string

//go:embed html/report.css
var htmlStyle string

//go:embed html/js/*.js
var htmlScripts embed.FS

// htmlScript joins the script's files, in order of name, into one closed scope.
func htmlScript() string {
	var b strings.Builder
	b.WriteString("(() => {\n\"use strict\";\n")
	files, _ := fs.Glob(htmlScripts, "html/js/*.js") // the pattern is well formed
	for _, name := range files {
		text, _ := htmlScripts.ReadFile(name) // it is embedded
		b.Write(text)
	}
	b.WriteString("})();\n")
	return b.String()
}

// NewHTML writes one HTML file that needs nothing else: no network, no other file. Its content security policy
// allows the one script and the one style sheet that it contains, by hash, and no way of turning text into markup
// (Trusted Types). Findings are embedded as compressed blocks in script elements that are data, never run.
//
// Rows are written as they come, so memory holds one block, the distinct texts of a few columns and the counts.
// Beyond MaxRows findings are counted only: see [rowBudget] for which. The report says so itself.
func NewHTML(w io.Writer, o Options) Sink {
	if o.HTML.Title == "" {
		o.HTML.Title = "Hunt report"
	}
	if o.HTML.MaxRows <= 0 {
		o.HTML.MaxRows = 200_000
	}
	if o.HTML.MaxBytes <= 0 {
		o.HTML.MaxBytes = 160 << 20
	}
	return &htmlReport{
		w: w, o: o, tally: newTally(), plain: newPlain(o), budget: newRowBudget(o.HTML.MaxRows),
		index: newIndexBlock(), pack: newPacker(), script: htmlScript(),
	}
}

// plainTop is how many findings the summary without a script lists.
const plainTop = 100

// newPlain makes the summary of a report for tools that run no script, or look before it has: previews, printers, search.
func newPlain(o Options) *terminal {
	return &terminal{o: TerminalOptions{Width: 110, Top: plainTop, Coverage: o.Coverage}, top: newTopFindings()}
}

type htmlReport struct {
	w       io.Writer
	o       Options
	err     error
	begun   bool
	tally   *tally
	plain   *terminal // the summary that stands there where no script runs
	budget  *rowBudget
	index   *indexBlock
	details []byte // lines of the current block
	lines   int    // in details
	pack    *packer
	script  string
	written int64 // bytes of packed details
	rows    int
	bare    int // rows without their record
}

const (
	detailRows  = 256     // findings in a block of details
	detailBytes = 1 << 20 // after which a block is complete, whatever it holds
	indexRows   = 4096
)

func (h *htmlReport) Finding(f *hunt.Finding) error {
	if !h.begun {
		h.begin()
	}
	r := h.tally.add(f)
	h.plain.doubt.add(f)
	h.plain.top.add(f, h.tally.set)
	if !h.budget.take(levelOf(f), r) {
		return h.err
	}
	h.rows++
	line := *f
	flags := slim(&line)
	if h.written >= h.o.HTML.MaxBytes {
		line.Event = nil
		flags |= flagBare
		h.bare++
	}
	j := jsonText{b: append(h.details, '{')}
	recordMembers(&j, &line)
	h.details = append(j.b, '}', '\n')
	h.lines++
	h.index.add(f, r.index, h.tally.set, flags)
	if h.lines >= detailRows || len(h.details) >= detailBytes {
		h.flushDetails()
	}
	if h.index.n >= indexRows {
		h.flushIndex()
	}
	return h.err
}

func (h *htmlReport) flushDetails() {
	if h.lines > 0 {
		h.written += h.block("d", h.lines, h.details)
		h.details, h.lines = h.details[:0], 0
	}
}

func (h *htmlReport) flushIndex() {
	if h.index.n > 0 {
		h.block("i", h.index.n, h.index.json())
		h.index.reset()
	}
}

// block writes data as an inert script element that holds a JSON string: gzip in base64. It returns how long that
// became.
func (h *htmlReport) block(class string, n int, data []byte) int64 {
	packed := h.pack.pack(data)
	h.write(`<script type="application/json" class="` + class + `" data-n="` + strconv.Itoa(n) + `">"`)
	h.writeBytes(packed)
	h.write("\"</script>\n")
	return int64(len(packed))
}

func (h *htmlReport) write(s string) { h.writeBytes([]byte(s)) }

func (h *htmlReport) writeBytes(b []byte) {
	if h.err == nil {
		_, h.err = h.w.Write(b)
	}
}

// begin writes everything that stands before the data.
func (h *htmlReport) begin() {
	h.begun = true
	head, _, _ := strings.Cut(htmlTemplate, "<!--DATA-->")
	h.write(strings.NewReplacer(
		"{{CSP}}", contentPolicy(h.script),
		"{{TITLE}}", html.EscapeString(visible(h.o.HTML.Title)),
		"{{STYLE}}", htmlStyle,
	).Replace(head))
}

// contentPolicy forbids everything but the report's own script and style. Data images are for the icon.
func contentPolicy(script string) string {
	return fmt.Sprintf("default-src 'none'; script-src '%s'; style-src '%s'; img-src data:; base-uri 'none'; form-action 'none'; "+
		"require-trusted-types-for 'script'; trusted-types 'none'", sourceHash(script), sourceHash(htmlStyle))
}

func sourceHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func (h *htmlReport) Close(s *hunt.Summary) error {
	if s == nil {
		s = &hunt.Summary{}
	}
	if !h.begun {
		h.begin()
	}
	h.flushDetails()
	h.flushIndex()
	h.tally.nameHosts(s.Hosts, knownNames(h.o.Coverage, s))
	h.block("m", 1, h.metaJSON(s))
	_, tail, _ := strings.Cut(htmlTemplate, "<!--DATA-->")
	before, after, _ := strings.Cut(tail, "{{PLAIN}}")
	h.write(before)
	h.plain.tally = h.tally
	h.plain.body(s)
	h.write(html.EscapeString(h.plain.b.String()))
	h.write(strings.Replace(after, "{{SCRIPT}}", h.script, 1))
	return h.err
}

// rowBudget decides which findings get a row when there are more than a report can hold, without knowing what is
// still to come. Up to half of the room everything gets one. In the second half a rule that has a twentieth of the
// room already gets no more, and the last eighth is for findings of level high and critical.
type rowBudget struct {
	max, used int
	byRule    map[*ruleTally]int
}

func newRowBudget(n int) *rowBudget { return &rowBudget{max: n, byRule: map[*ruleTally]int{}} }

func (b *rowBudget) take(l level, r *ruleTally) bool {
	switch {
	case b.used >= b.max:
		return false
	case b.used >= b.max/2 && b.byRule[r] >= max(b.max/20, 1):
		return false
	case b.used >= b.max-b.max/8 && l < high:
		return false
	}
	b.used++
	b.byRule[r]++
	return true
}
