// Package publish makes the files that a statement is released as: what its members agreed on, byte for byte, and what people
// and tools read of it: a page, Markdown, a table, STIX 2.1, CSAF 2.0, a layer of the ATT&CK Navigator, and pages of its packs.
//
// The same statement gives the same bytes, wherever and whenever they are made: every time in them is one that members signed, and none
// is the hour of the release, which can change after they are sealed.
// Likelihood and confidence are never merged, nor are scales: each judgement stands as its member gave it, with the name of its
// scale, and objections stand beside endorsements. All text is hostile and escaped for its place.
//
// It signs and seals nothing, and checks no signature: what it says of positions is what it is given. The proof beside a
// release says whether that is so.
package publish

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"entente/internal/attack"
	"entente/internal/coalition"
)

// Statement is what is published: the content as it was adopted, and what members say of it.
type Statement struct {
	Manifest *coalition.Manifest
	Digest   coalition.Digest // of the manifest
	Root     *coalition.Root  // whose members they are
	Said     []coalition.Said // in order of member
	Files    map[string][]byte

	// First is the digest of the coalition's first root, which a stranger pins; "" leaves it out of what is made.
	First coalition.Digest
	// Founded is when the first root was issued; 0 for when Root was.
	Founded coalition.Time
	// Proposed is when the content was frozen; 0 for the earliest position.
	Proposed coalition.Time
	// Publisher is the id of the member in whose name CSAF is written, which has one publisher; "" for the first one that stands
	// behind the statement.
	Publisher string
	// CSAFSignature is a detached OpenPGP signature of csaf.json, armored; nil for none.
	CSAFSignature []byte
}

var errPublish = errors.New("publish")

// Of is a revision as the folder of a member has it, with its positions as they are now.
func Of(f *coalition.Folder, r *coalition.Revision) (*Statement, error) {
	m, err := f.Manifest(r.Manifest)
	if err != nil {
		return nil, err
	}
	first := f.Book().Chain().Files()[0]
	founded, err := coalition.ReadRootFile(first, nil)
	if err != nil {
		return nil, err
	}
	s := &Statement{
		Manifest: m, Digest: r.Manifest, Root: r.Root, Said: coalition.SaidOf(r, f.Book()), Files: map[string][]byte{},
		First: founded.Digest, Founded: founded.Root.Issued, Proposed: r.Proposal.At,
	}
	if p := r.Positions[r.Proposal.Member]; p != nil && p.Position.Stance.Adopts() {
		s.Publisher = r.Proposal.Member
	}
	for _, x := range m.Files {
		if s.Files[x.Path], err = f.Blob(x.Digest); err != nil {
			return nil, fmt.Errorf("%s: %w", x.Path, err)
		}
	}
	return s, nil
}

// Check says what would keep content from being published: before it is proposed, so that nobody adopts what cannot be
// released. files are those that the manifest names, by digest.
func Check(m *coalition.Manifest, files map[coalition.Digest][]byte) error {
	s := &Statement{Manifest: m, Root: &coalition.Root{}, Files: map[string][]byte{}}
	for _, x := range m.Files {
		s.Files[x.Path] = files[x.Digest]
	}
	_, err := Files(s)
	return err
}

// Files are those of the release, by path. Names that are made here and are the name of an agreed file are an error: an
// agreed file is never written over.
func Files(s *Statement) (map[string][]byte, error) {
	b, err := newBook(s)
	if err != nil {
		return nil, err
	}
	made, err := packPages(b.packs)
	if err != nil {
		return nil, err
	}
	for _, part := range []struct {
		name string
		make func(*book) ([]byte, error)
	}{{"stix.json", stixBundle}, {"csaf.json", csafDocument}} {
		if made[part.name], err = part.make(b); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", errPublish, part.name, err)
		}
	}
	maps.Copy(made, csafSums("csaf.json", made["csaf.json"]))
	if s.CSAFSignature != nil {
		if _, err := ReadSignature(s.CSAFSignature, made["csaf.json"]); err != nil {
			return nil, err
		}
		made[csafSignature] = s.CSAFSignature
	}
	layers, err := navigatorLayers(b.packs)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errPublish, err)
	}
	maps.Copy(made, layers)
	made["matrix.csv"] = Matrix(s)
	b.list(made)
	made["index.md"] = markdown(b)
	if made["index.html"], err = page(b); err != nil {
		return nil, fmt.Errorf("%w: index.html: %w", errPublish, err)
	}
	return together(s.Files, made)
}

// together are agreed files and those that are made of them.
func together(agreed, made map[string][]byte) (map[string][]byte, error) {
	out := maps.Clone(made)
	// Paths, and folders of paths, as a system takes them that knows no case. Whether there is a signature is known when it is sealed.
	taken := map[string]string{csafSignature: csafSignature}
	for _, name := range slices.Sorted(maps.Keys(made)) {
		for p := name; p != "."; p = path.Dir(p) {
			taken[strings.ToLower(p)] = name
		}
	}
	folders := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(agreed)) {
		low := strings.ToLower(name)
		for p := path.Dir(low); p != "."; p = path.Dir(p) {
			folders[p] = name
		}
	}
	for _, name := range slices.Sorted(maps.Keys(agreed)) {
		low := strings.ToLower(name)
		if other, ok := taken[low]; ok {
			return nil, fmt.Errorf("%w: the statement has a file %s of its own, where %s is made: name it otherwise", errPublish, name, other)
		}
		if other, ok := folders[low]; ok {
			return nil, fmt.Errorf("%w: the statement has a file %s, and %s in a folder of that name", errPublish, name, other)
		}
		for p := path.Dir(low); p != "."; p = path.Dir(p) {
			if file, ok := taken[p]; ok && strings.EqualFold(file, p) {
				return nil, fmt.Errorf("%w: the statement has %s in a folder %s, which is a file that is made: name it otherwise", errPublish, name, file)
			}
		}
		out[name] = agreed[name]
	}
	return out, nil
}

// book is a statement arranged for writing.
type book struct {
	*Statement
	packs  []*pack
	groups []group
	texts  []text
	files  []file
	own    map[string]bool // ids of claims
}

// group are the members of one stance.
type group struct {
	Stance coalition.Stance
	Said   []*coalition.Said
}

// text is one of the statement's own, to be shown.
type text struct {
	Path, Language, Text string
	Markdown             bool
}

// file is one of the release, to be listed.
type file struct {
	Path, What string
	Digest     coalition.Digest // of agreed files alone
	Size       int64
}

// maxShown bounds a text that is shown, in bytes; a longer one is a file beside.
const maxShown = 256 << 10

func newBook(s *Statement) (*book, error) {
	b := &book{Statement: s, own: map[string]bool{}}
	for _, c := range s.Manifest.Claims {
		b.own[c.ID] = true
	}
	for _, x := range s.Manifest.Files {
		content, ok := s.Files[x.Path]
		if !ok || int64(len(content)) != x.Size || coalition.DigestOf(content) != x.Digest {
			return nil, fmt.Errorf("%w: file %s is not the one that was agreed on", errPublish, x.Path)
		}
	}
	if len(s.Files) != len(s.Manifest.Files) {
		return nil, fmt.Errorf("%w: there are %d files, and %d were agreed on", errPublish, len(s.Files), len(s.Manifest.Files))
	}
	facts, err := attack.Default()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errPublish, err)
	}
	if b.packs, err = readPacks(s.Manifest.Files, s.Files, s.Manifest.TLP, facts); err != nil {
		return nil, err
	}
	b.texts = texts(s.Manifest.Files, s.Files)
	for _, stance := range stances {
		g := group{Stance: stance}
		for i := range s.Said {
			if s.Said[i].Stance == stance {
				g.Said = append(g.Said, &s.Said[i])
			}
		}
		if len(g.Said) > 0 {
			b.groups = append(b.groups, g)
		}
	}
	return b, nil
}

// texts are the files that are texts and short enough to be shown.
func texts(files []coalition.File, content map[string][]byte) []text {
	var out []text
	for _, x := range files {
		ext := path.Ext(x.Path)
		if x.Role != coalition.FileText || ext != ".md" && ext != ".txt" || x.Size > maxShown || strings.TrimSpace(string(content[x.Path])) == "" {
			continue
		}
		t := text{Path: x.Path, Text: string(content[x.Path]), Markdown: ext == ".md"}
		if tag := strings.TrimPrefix(path.Ext(strings.TrimSuffix(x.Path, ext)), "."); languageNames[tag] != "" { // statement.fr.md
			t.Language = tag
		}
		out = append(out, t)
	}
	slices.SortStableFunc(out, func(a, b text) int { return cmp.Compare(later(a.Language), later(b.Language)) })
	return out
}

// later puts texts in other languages behind those in English, and those that do not say.
func later(language string) int {
	if language == "" || language == "en" {
		return 0
	}
	return 1
}

// silent are the members that have taken no position.
func (b *book) silent() (out []party) {
	for _, m := range b.Root.Members {
		if !slices.ContainsFunc(b.Said, func(s coalition.Said) bool { return s.Member == m.ID }) {
			out = append(out, party{m.ID, cmp.Or(strings.TrimSpace(m.Name), m.ID)})
		}
	}
	return out
}

// party is a member as it is shown: by its name, and by its id beside it. Names can be made to look like those of others; ids are plain
// letters, and no two members have one.
type party struct{ id, name string }

func partyOf(s *coalition.Said) party { return party{s.Member, name(s)} }

// tag is the id to show beside a name, "" where the name says no more.
func (p party) tag() string {
	if p.name == p.id {
		return ""
	}
	return p.id
}

// String is for texts.
func (p party) String() string {
	if p.tag() == "" {
		return p.id
	}
	return p.name + " (" + p.id + ")"
}

// markdown is for a line of Markdown. No name can hold code: it is escaped.
func (p party) markdown() string {
	if p.tag() == "" {
		return md(p.id)
	}
	return md(p.name) + " `" + p.id + "`"
}

// name is what a member is called.
func name(s *coalition.Said) string {
	if strings.TrimSpace(s.Name) == "" {
		return s.Member
	}
	return s.Name
}

// publisher is the member in whose name a format is written that has one publisher; without an id it is the coalition.
func (s *Statement) publisher() (id, as string) {
	id = s.Publisher
	for i := range s.Said {
		if id == "" && s.Said[i].Stance.Adopts() {
			id = s.Said[i].Member
		}
	}
	for i := range s.Said {
		if s.Said[i].Member == id {
			return id, name(&s.Said[i])
		}
	}
	if m := s.Root.Member(id); m != nil {
		return id, m.Name
	}
	return "", s.Root.Name // nobody stands behind it
}

// proposed is when the content was frozen.
func (s *Statement) proposed() coalition.Time {
	t := s.Proposed
	for i := range s.Said {
		if at := s.Said[i].At; t == 0 || s.Proposed == 0 && at < t {
			t = at
		}
	}
	return t
}

// changed is when the last of them spoke. It stands for the time of release where a format demands one: what is made is sealed, and the
// members may move the hour afterwards, or end the embargo.
func (s *Statement) changed() coalition.Time {
	t := s.proposed()
	for i := range s.Said {
		t = max(t, s.Said[i].At)
	}
	return t
}

func (s *Statement) founded() coalition.Time {
	if s.Founded != 0 {
		return s.Founded
	}
	return s.Root.Issued
}

// list lists the files of the release.
func (b *book) list(made map[string][]byte) {
	for _, x := range b.Manifest.Files {
		what := map[string]string{coalition.FilePack: "advisory pack, to hunt with", coalition.FileText: "text of the statement"}[x.Role]
		if what == "" {
			what = "annex to the statement"
		}
		b.files = append(b.files, file{x.Path, what, x.Digest, x.Size})
	}
	whats := map[string]string{
		"matrix.csv": "who says what, as a table", "stix.json": "STIX 2.1, for threat intelligence platforms",
		"csaf.json": "CSAF 2.0, for tools that read advisories", "csaf.json.sha256": "its digest", "csaf.json.sha512": "its digest",
		csafSignature:    "its OpenPGP signature, by who publishes it",
		"navigator.json": "techniques as a layer of the ATT&CK Navigator",
	}
	for _, p := range slices.Sorted(maps.Keys(made)) {
		what := whats[p]
		switch {
		case what != "":
		case strings.HasPrefix(p, "navigator-"):
			what = "techniques of another matrix as a layer of the ATT&CK Navigator"
		case strings.HasSuffix(p, ".html"):
			what = "page of an advisory pack"
		case strings.HasSuffix(p, ".csv"):
			what = "techniques of an advisory pack, as a table"
		default:
			what = "advisory pack as Markdown"
		}
		b.files = append(b.files, file{Path: p, What: what})
	}
	b.files = append(b.files, file{Path: "index.md", What: "this page as Markdown"})
}
