package publish

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"entente/internal/advisory/packexport"
	"entente/internal/stix"
)

// The parts of a CSAF 2.0 document (section 3.2) that are written here.
type (
	csafFile struct {
		Document        csafHead            `json:"document"`
		Products        *csafProducts       `json:"product_tree,omitempty"`
		Vulnerabilities []csafVulnerability `json:"vulnerabilities,omitempty"`
	}
	csafHead struct {
		Category     string          `json:"category"`
		Version      string          `json:"csaf_version"`
		Distribution json.RawMessage `json:"distribution"`
		Lang         string          `json:"lang,omitempty"`
		Notes        []csafNote      `json:"notes"`
		Publisher    csafPublisher   `json:"publisher"`
		References   []csafReference `json:"references"`
		Title        string          `json:"title"`
		Tracking     csafTracking    `json:"tracking"`
	}
	csafNote struct {
		Category string `json:"category"`
		Text     string `json:"text"`
		Title    string `json:"title,omitempty"`
	}
	csafPublisher struct {
		Category  string `json:"category"`
		Authority string `json:"issuing_authority,omitempty"`
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	}
	csafReference struct {
		Category string `json:"category"`
		Summary  string `json:"summary"`
		URL      string `json:"url"`
	}
	csafTracking struct {
		Aliases   []string       `json:"aliases"`
		Current   string         `json:"current_release_date"`
		Generator any            `json:"generator"`
		ID        string         `json:"id"`
		Initial   string         `json:"initial_release_date"`
		History   []csafRevision `json:"revision_history"`
		Status    string         `json:"status"`
		Version   string         `json:"version"`
	}
	csafRevision struct {
		Date    string `json:"date"`
		Number  string `json:"number"`
		Summary string `json:"summary"`
	}
	csafProducts struct {
		Names []csafProduct `json:"full_product_names"`
	}
	csafProduct struct {
		Name string `json:"name"`
		ID   string `json:"product_id"`
	}
	csafVulnerability struct {
		CVE    string          `json:"cve"`
		Notes  []csafNote      `json:"notes"`
		Status json.RawMessage `json:"product_status"`
	}
)

// csafLang is what section 3.1.4 takes for a language, the common part of it.
var csafLang = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?$`)

// maxHistory bounds the revisions before this one that a history lists.
const maxHistory = 1000

// csafDocument writes the statement as a CSAF 2.0 document: an informational advisory, or a security advisory where its packs
// name CVEs (sections 4.3 and 4.4). Claims, positions and texts are notes, and so is what CSAF has a place for in packs.
func csafDocument(b *book) ([]byte, error) {
	one, others := primary(b.Manifest.Title)
	f := csafFile{Document: csafHead{
		Category: "csaf_informational_advisory", Version: "2.0", Title: packexport.Line(one.Text), Publisher: b.csafPublisher(),
	}}
	d := &f.Document
	if csafLang.MatchString(one.Language) {
		d.Lang = one.Language
	}
	var err error
	if d.Distribution, err = b.csafDistribution(); err != nil {
		return nil, err
	}
	if d.Tracking, err = b.csafTracking(); err != nil {
		return nil, err
	}
	note := func(category, title, text string) {
		if text = strings.TrimSpace(packexport.Words(text)); text != "" {
			d.Notes = append(d.Notes, csafNote{category, text, packexport.Line(title)})
		}
	}
	note("summary", "Who says so", b.summary())
	for _, w := range others {
		note("other", "Title ("+w.Language+")", w.Text)
	}
	for _, c := range b.Manifest.Claims {
		for _, w := range c.Text {
			note("details", "Claim "+c.ID+" ("+w.Language+")", w.Text)
		}
	}
	for i := range b.Said {
		s := &b.Said[i]
		lines := []string{b.sentence(s), "Signed on " + s.At.String() + "."}
		for _, w := range s.Wording {
			lines = append(lines, "In its own words ("+w.Language+"):\n\n"+w.Text)
		}
		note("general", "Position of "+partyOf(s).String(), strings.Join(lines, "\n\n"))
	}
	for _, t := range b.texts {
		note("description", t.Path, t.Text)
	}
	note("general", "How to verify", b.verifyText())
	for _, p := range b.packs {
		if err := f.merge(p, len(b.packs) > 1); err != nil {
			return nil, err
		}
	}
	if len(d.References) == 0 { // the profile demands one to elsewhere
		d.References = []csafReference{{"external", "Traffic Light Protocol, by whose label this document is handled", "https://www.first.org/tlp/"}}
	}
	return packexport.JSONText(f)
}

func (b *book) csafPublisher() csafPublisher {
	id, as := b.publisher()
	p := csafPublisher{
		Category: "other", Name: packexport.Line(as), Namespace: "urn:uuid:" + stix.UUIDv5("member", b.Manifest.Coalition, id),
	}
	if id != "" {
		p.Authority = packexport.Line(fmt.Sprintf("A member of %s. It speaks for itself alone: what each member says stands in the notes.", b.Root.Name))
	}
	return p
}

func (b *book) csafDistribution() (json.RawMessage, error) {
	label := strings.ToUpper(b.Manifest.TLP)
	old, more := label, ""
	if label == "CLEAR" {
		old, more = "WHITE", " CSAF 2.0 knows the labels of TLP 1.0 only: in these words, the document is WHITE."
	}
	return json.Marshal(map[string]any{
		"text": "TLP:" + label + " (TLP 2.0)." + more, "tlp": map[string]string{"label": old, "url": "https://www.first.org/tlp/"},
	})
}

// csafTracking writes the version and its history, which has to name each version before (test 6.1.21); of these a manifest
// knows nothing but that they were.
func (b *book) csafTracking() (csafTracking, error) {
	at := stamp(b.changed())
	t := csafTracking{
		Aliases: []string{string(b.Digest)}, Current: at, Initial: at, ID: "statement-" + b.Manifest.Statement, Status: "final",
		Version: strconv.FormatInt(b.Manifest.Revision, 10), Generator: map[string]any{"engine": map[string]string{"name": "Entente"}},
	}
	if b.Manifest.Revision > maxHistory {
		return t, fmt.Errorf("revision %d has more before it than a history lists", b.Manifest.Revision)
	}
	for n := int64(1); n < b.Manifest.Revision; n++ {
		t.History = append(t.History, csafRevision{at, strconv.FormatInt(n, 10), "An earlier revision, of which this document knows no more."})
	}
	summary := "First revision."
	if b.Manifest.Revision > 1 {
		summary = "This revision supersedes " + string(b.Manifest.Supersedes) + "."
	}
	t.History = append(t.History, csafRevision{at, t.Version, summary})
	return t, nil
}

// merge adds what the document of a pack says: its notes, references and CVEs. A CVE and a product of several packs stand
// there once (tests 6.1.2 and 6.1.23).
func (f *csafFile) merge(p *pack, several bool) error {
	raw, err := p.export(packexport.CSAF, false)
	if err != nil {
		return err
	}
	var doc csafFile
	if err := json.Unmarshal(raw, &doc); err != nil {
		return fmt.Errorf("%s: %w", p.Path, err)
	}
	for _, n := range doc.Document.Notes {
		if n.Category == "summary" { // there is one for the whole document
			n.Category, n.Title = "description", "Advisory pack "+p.Manifest.ID
		} else if several {
			n.Title += " · " + p.Manifest.ID // behind: a title begins with the id of a technique
		}
		f.Document.Notes = append(f.Document.Notes, n)
	}
	for _, r := range doc.Document.References {
		if !slices.Contains(f.Document.References, r) {
			f.Document.References = append(f.Document.References, r)
		}
	}
	if len(doc.Vulnerabilities) == 0 || doc.Products == nil {
		return nil
	}
	f.Document.Category = "csaf_security_advisory"
	if f.Products == nil {
		f.Products = &csafProducts{}
	}
	for _, x := range doc.Products.Names {
		if !slices.Contains(f.Products.Names, x) {
			f.Products.Names = append(f.Products.Names, x)
		}
	}
	for _, v := range doc.Vulnerabilities {
		at := slices.IndexFunc(f.Vulnerabilities, func(o csafVulnerability) bool { return o.CVE == v.CVE })
		if at < 0 {
			f.Vulnerabilities = append(f.Vulnerabilities, v)
		} else {
			f.Vulnerabilities[at].Notes = append(f.Vulnerabilities[at].Notes, v.Notes...)
		}
	}
	return nil
}

// csafSums are the files with digests that lie beside a CSAF document (section 7.1.18), as sha256sum and sha512sum write them.
func csafSums(name string, doc []byte) map[string][]byte {
	short, long := sha256.Sum256(doc), sha512.Sum512(doc)
	return map[string][]byte{
		name + ".sha256": []byte(hex.EncodeToString(short[:]) + "  " + name + "\n"),
		name + ".sha512": []byte(hex.EncodeToString(long[:]) + "  " + name + "\n"),
	}
}
