package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/internal/hunt"
	"entente/internal/sigma"
)

// NewSARIF writes a SARIF 2.1.0 log with one run. Results are written as they come; the tool's rules, the ATT&CK
// taxonomy and the invocation follow them, which JSON allows, so memory holds the rules that fired and nothing else.
//
// A result's location is the log file with the byte offset of the record (in the uncompressed content) and the host
// as logical location. Levels: critical and high are errors, medium is a warning, the rest are notes; the property
// security-severity of a rule carries the finer scale that code scanning uses. Warnings of the hunt become
// notifications.
func NewSARIF(w io.Writer) Sink {
	s := &sarif{lines: lines{w: w}, rules: map[string]int{}, taxa: map[string]int{}}
	s.buf = append(s.buf, `{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"results":[`...)
	return s
}

type sarif struct {
	lines
	count    int
	rules    map[string]int // ruleKey to index
	ruleList []sarifRule
	taxa     map[string]int // technique id to index
	taxaList []hunt.Technique
}

type sarifRule struct {
	meta *sigma.Meta
	taxa []int
}

const sarifTaxonomy = "MITRE ATT&CK"

func (s *sarif) Finding(f *hunt.Finding) error {
	index := s.rule(f)
	m := meta(f)
	if s.count > 0 {
		s.buf = append(s.buf, ',')
	}
	s.count++
	j := jsonText{b: append(s.buf, "\n{"...)}
	j.str("ruleId", sarifRuleID(m))
	j.num("ruleIndex", int64(index))
	j.str("level", sarifLevel(levelOf(f)))
	j.object("message", func() { j.str("text", sarifMessage(f)) })
	j.array("locations", func() { sarifLocation(&j, f.File, f.Offset, f.Host) })
	if c := f.Correlation; c != nil && len(c.Matches) > 0 {
		j.array("relatedLocations", func() {
			for i, m := range c.Matches {
				sarifRelated(&j, i, m)
			}
		})
	}
	j.object("partialFingerprints", func() { j.str("recordLocation/v1", fingerprint(f)) })
	j.num("occurrenceCount", weight(f))
	j.float("rank", sarifRank(levelOf(f)))
	if len(f.Techniques) > 0 {
		j.array("taxa", func() {
			for _, t := range f.Techniques {
				j.item(func() { s.taxonReference(&j, s.taxa[t.ID], t.ID) })
			}
		})
	}
	j.object("properties", func() {
		j.list("tactics", f.Tactics)
		recordMembers(&j, f)
	})
	j.close('}')
	s.buf = j.b
	return s.end()
}

// rule returns the index of a finding's rule and remembers rule and techniques.
func (s *sarif) rule(f *hunt.Finding) int {
	m := meta(f)
	key := ruleKey(m)
	index, ok := s.rules[key]
	if ok {
		return index
	}
	index = len(s.ruleList)
	s.rules[key] = index
	r := sarifRule{meta: m}
	for _, t := range f.Techniques {
		n, ok := s.taxa[t.ID]
		if !ok {
			n = len(s.taxaList)
			s.taxa[t.ID] = n
			s.taxaList = append(s.taxaList, t)
		}
		r.taxa = append(r.taxa, n)
	}
	s.ruleList = append(s.ruleList, r)
	return index
}

func (s *sarif) taxonReference(j *jsonText, index int, id string) {
	j.str("id", id)
	j.num("index", int64(index))
	j.object("toolComponent", func() {
		j.str("name", sarifTaxonomy)
		j.num("index", 0)
	})
}

func (s *sarif) Close(sum *hunt.Summary) error {
	if sum == nil {
		sum = &hunt.Summary{}
	}
	j := jsonText{b: append(s.buf, "\n]"...)}
	j.object("tool", func() {
		j.object("driver", func() {
			j.str("name", "Entente")
			j.some("version", sum.Version)
			if len(s.taxaList) > 0 {
				j.array("supportedTaxonomies", func() {
					j.item(func() {
						j.str("name", sarifTaxonomy)
						j.num("index", 0)
					})
				})
			}
			j.array("rules", func() {
				for _, r := range s.ruleList {
					j.item(func() { s.ruleDescriptor(&j, r) })
				}
			})
		})
	})
	j.array("invocations", func() { j.item(func() { sarifInvocation(&j, sum) }) })
	if len(s.taxaList) > 0 {
		j.array("taxonomies", func() { j.item(func() { s.taxonomy(&j, sum) }) })
	}
	j.b = append(j.b, "}]}\n"...)
	s.buf = j.b
	return s.Flush()
}

func (s *sarif) ruleDescriptor(j *jsonText, r sarifRule) {
	m := r.meta
	lv := parseLevel(m.Level)
	j.str("id", sarifRuleID(m))
	if uuidPattern.MatchString(m.ID) {
		j.str("guid", m.ID)
	}
	j.object("shortDescription", func() { j.str("text", sarifText(ruleTitle(m))) })
	if d := strings.TrimSpace(m.Description); d != "" {
		j.object("fullDescription", func() { j.str("text", sarifText(d)) })
	}
	if help := sarifHelp(m); help != "" {
		j.object("help", func() { j.str("text", sarifText(help)) })
	}
	for _, ref := range m.References {
		if u, ok := webURL(ref); ok {
			j.str("helpUri", u)
			break
		}
	}
	j.object("defaultConfiguration", func() {
		j.str("level", sarifLevel(lv))
		j.float("rank", sarifRank(lv))
	})
	if len(r.taxa) > 0 {
		j.array("relationships", func() {
			for _, n := range r.taxa {
				j.item(func() {
					j.object("target", func() { s.taxonReference(j, n, s.taxaList[n].ID) })
					j.list("kinds", []string{"relevant"})
				})
			}
		})
	}
	j.object("properties", func() {
		j.list("tags", append([]string{"security", "sigma"}, m.Tags...))
		j.str("security-severity", sarifSeverity(lv))
		j.some("level", m.Level)
		j.some("status", m.Status)
		j.some("author", m.Author)
		j.some("file", m.File)
	})
}

func (s *sarif) taxonomy(j *jsonText, sum *hunt.Summary) {
	j.str("name", sarifTaxonomy)
	j.some("version", sum.ATTACKVersion)
	j.str("informationUri", "https://attack.mitre.org/")
	j.str("organization", "MITRE")
	j.object("shortDescription", func() { j.str("text", "Adversary tactics and techniques") })
	j.array("taxa", func() {
		for _, t := range s.taxaList {
			j.item(func() {
				j.str("id", t.ID)
				if t.Name != "" {
					j.object("shortDescription", func() { j.str("text", t.Name) })
				}
				if u, ok := webURL(techniqueURL(t)); ok {
					j.str("helpUri", u)
				}
			})
		}
	})
}

func sarifInvocation(j *jsonText, sum *hunt.Summary) {
	j.boolean("executionSuccessful", sum.Incomplete == "")
	if hasTime(sum.Started) {
		j.str("startTimeUtc", sum.Started.UTC().Format("2006-01-02T15:04:05.000Z"))
		j.str("endTimeUtc", sum.Started.UTC().Add(sum.Duration).Format("2006-01-02T15:04:05.000Z"))
	}
	if len(sum.Warnings)+len(sum.Skipped) > 0 {
		j.array("toolExecutionNotifications", func() {
			for i, w := range slices.Concat(sum.Warnings, sum.Skipped) {
				j.item(func() {
					j.str("level", "warning")
					text := w.Message
					if i >= len(sum.Warnings) {
						text = "input was not read: " + text
					}
					j.object("message", func() { j.str("text", sarifText(text)) })
					if w.File != "" {
						j.array("locations", func() { sarifLocation(j, w.File, w.Offset, "") })
					}
				})
			}
		})
	}
	j.object("properties", func() {
		j.num("files", int64(sum.Files))
		j.num("events", sum.Events)
		j.num("findings", sum.Findings)
		j.num("suppressed", sum.Suppressed)
		j.num("rules", int64(sum.Rules))
		j.num("applicableRules", int64(sum.Applicable))
		j.num("warnings", sum.WarningsTotal)
	})
}

func sarifLocation(j *jsonText, file string, offset int64, host string) {
	j.item(func() {
		j.object("physicalLocation", func() { sarifPhysical(j, file, offset) })
		if host != "" {
			j.array("logicalLocations", func() {
				j.item(func() {
					j.str("name", host)
					j.str("kind", "resource")
				})
			})
		}
	})
}

func sarifPhysical(j *jsonText, file string, offset int64) {
	j.object("artifactLocation", func() {
		if file == "" {
			j.object("description", func() { j.str("text", "the record has no file") })
			return
		}
		j.str("uri", fileURI(file))
	})
	if offset >= 0 && file != "" {
		j.object("region", func() { j.num("byteOffset", offset) })
	}
}

func sarifRelated(j *jsonText, i int, m hunt.CorrelationMatch) {
	j.item(func() {
		j.num("id", int64(i))
		j.object("physicalLocation", func() { sarifPhysical(j, m.File, m.Offset) })
		text := m.Title
		if text == "" {
			text = m.Rule
		}
		if hasTime(m.Time) {
			text += " at " + m.Time.UTC().Format(time.RFC3339)
		}
		j.object("message", func() { j.str("text", sarifText(text)) })
	})
}

// sarifText makes text fit for a message (SARIF 2.1.0, 3.11): braces are doubled, since single ones are
// placeholders, and nothing in it can be read as an embedded link.
func sarifText(s string) string {
	s = strings.NewReplacer("{", "{{", "}", "}}", "](", "] (").Replace(s)
	return strings.Join(visibleLines(s), "\n")
}

func visibleLines(s string) []string {
	out := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i := range out {
		out[i] = visible(out[i])
	}
	return out
}

func sarifMessage(f *hunt.Finding) string {
	var b strings.Builder
	b.WriteString(Title(meta(f)))
	if f.Host != "" {
		b.WriteString(" on " + f.Host)
	}
	if f.User != "" {
		b.WriteString(" by " + f.User)
	}
	if hasTime(f.Time) {
		b.WriteString(" at " + f.Time.UTC().Format(time.RFC3339))
	}
	if text := matchedText(f); text != "" {
		b.WriteString(". " + clipBytes(text, 4096))
	}
	return sarifText(visible(b.String()))
}

func sarifHelp(m *sigma.Meta) string {
	var b strings.Builder
	if len(m.FalsePos) > 0 {
		b.WriteString("Known false positives: " + strings.Join(m.FalsePos, "; ") + "\n")
	}
	if len(m.References) > 0 {
		b.WriteString("References: " + strings.Join(m.References, " ") + "\n")
	}
	return strings.TrimSpace(b.String())
}

func sarifLevel(l level) string {
	switch l {
	case critical, high:
		return "error"
	case medium:
		return "warning"
	default:
		return "note"
	}
}

func sarifRank(l level) float64 {
	return [...]float64{0, 10, 30, 55, 80, 100}[l]
}

func sarifSeverity(l level) string {
	return [...]string{"0.0", "0.1", "3.0", "5.5", "8.0", "9.5"}[l]
}

var (
	uuidPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-5][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$`)
	techniqueID = regexp.MustCompile(`^T[0-9]{4}(\.[0-9]{3})?$`)
	notRuleID   = regexp.MustCompile(`[^a-z0-9]+`)
)

// sarifRuleID is the rule's id, or a readable one made of its name.
func sarifRuleID(m *sigma.Meta) string {
	if m.ID != "" {
		return m.ID
	}
	id := strings.Trim(notRuleID.ReplaceAllString(strings.ToLower(ruleTitle(m)), "-"), "-")
	sum := sha256.Sum256([]byte(ruleKey(m)))
	return strings.Trim(clipBytes(id, 60)+"-"+hex.EncodeToString(sum[:4]), "-")
}

// fingerprint identifies a finding across runs over the same logs: rule, file, place.
func fingerprint(f *hunt.Finding) string {
	h := sha256.New()
	for _, s := range [...]string{ruleKey(meta(f)), f.File, strconv.FormatInt(f.Offset, 10), strconv.FormatUint(f.RecordID, 10), f.Host} {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	if f.Correlation != nil {
		for _, g := range f.Correlation.Group {
			fmt.Fprintf(h, "%d:%s%d:%s", len(g.Name), g.Name, len(g.Value), g.Value)
		}
		fmt.Fprintf(h, "%d", f.Time.UnixNano())
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// fileURI turns a path into a URI reference (RFC 3986): absolute paths get the file scheme, also those of Windows.
func fileURI(path string) string {
	p := strings.ToValidUTF8(path, "\uFFFD")
	if len(p) >= 3 && p[1] == ':' && (p[2] == '\\' || p[2] == '/') && (p[0]|0x20 >= 'a' && p[0]|0x20 <= 'z') {
		p = "/" + strings.ReplaceAll(p, `\`, "/")
	}
	if strings.HasPrefix(p, "/") {
		return (&url.URL{Scheme: "file", Path: p}).String()
	}
	return (&url.URL{Path: p}).String()
}

// webURL returns s if it is a link that a person may follow: http or https with a host, nothing else.
func webURL(s string) (string, bool) {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return "", false
	}
	return u.String(), true
}

// techniqueURL is a technique's page; "" for what is no technique's id.
func techniqueURL(t hunt.Technique) string {
	if _, ok := webURL(t.URL); ok {
		return t.URL
	}
	if !techniqueID.MatchString(t.ID) {
		return ""
	}
	return "https://attack.mitre.org/techniques/" + strings.ReplaceAll(t.ID, ".", "/") + "/"
}
