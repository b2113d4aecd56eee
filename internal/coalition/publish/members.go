package publish

import (
	"fmt"
	"strings"

	"entente/internal/advisory/packexport"
	"entente/internal/attack"
	"entente/internal/coalition"
	"entente/internal/stix"
)

// AnnexBundle is the name of the bundle that members get of an annex.
const AnnexBundle = "annex.stix.json"

// Members are the files that members get besides those of the release: the annex that the manifest names by its digest, pages
// of the packs in it, and a STIX bundle of it. All that is made is marked as strictly as the annex, or more. files are the
// contents of the annex's files, by path.
func Members(s *Statement, annex *coalition.Annex, files map[string][]byte) (map[string][]byte, error) {
	raw, err := annex.Bytes()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errPublish, err)
	}
	if coalition.DigestOf(raw) != s.Manifest.Annex {
		return nil, fmt.Errorf("%w: the annex is not the one that was agreed on", errPublish)
	}
	agreed := map[string][]byte{}
	for _, x := range annex.Files {
		b, ok := files[x.Path]
		if !ok || coalition.DigestOf(b) != x.Digest {
			return nil, fmt.Errorf("%w: file %s of the annex is not the one that was agreed on", errPublish, x.Path)
		}
		agreed[x.Path] = b
	}
	facts, err := attack.Default()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errPublish, err)
	}
	packs, err := readPacks(annex.Files, files, annex.TLP, facts)
	if err != nil {
		return nil, err
	}
	for i, p := range packs {
		packs[i] = p.marked(annex.TLP)
	}
	made, err := packPages(packs)
	if err != nil {
		return nil, err
	}
	frozen := *s
	frozen.Said = nil // members make it each for itself, and do not know the same positions then: it is dated by the proposal
	w := &bundler{book: &book{Statement: &frozen}, taken: map[string]bool{}}
	if made[AnnexBundle], err = w.annex(annex, packs, texts(annex.Files, files)); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", errPublish, AnnexBundle, err)
	}
	return together(agreed, made)
}

// annex writes a report of an annex: it points to the statement's report, names the annex's files with their digests, and has
// texts as notes and the objects of packs.
func (w *bundler) annex(a *coalition.Annex, list []*pack, texts []text) ([]byte, error) {
	w.begin(a.TLP)
	id := stix.ID("report", string(w.Manifest.Annex))
	w.refs = []string{w.report()}
	w.textNotes(texts, id)
	packs := w.packs(list)
	r := &object{
		ReportTypes: reportTypes(packs), Labels: []string{"joint-statement-annex"},
		Description: "Annex to a joint statement, TLP:" + strings.ToUpper(a.TLP) + ": for members alone.",
		References:  []reference{{Source: "entente-annex", ID: string(w.Manifest.Annex)}}, Extensions: extra(w.props()),
	}
	for _, x := range a.Files {
		r.References = append(r.References, reference{
			Source: "annex", ID: x.Path, Hashes: map[string]string{"SHA-256": strings.TrimPrefix(string(x.Digest), "sha256:")},
		})
	}
	r.Extensions[statementExtension]["annex"] = w.Manifest.Annex
	return w.end(id, r, packs)
}

// verifyText says how to check a release, in plain words.
func (b *book) verifyText() string {
	root := ""
	if b.First != "" {
		root = " --root " + string(b.First)
	}
	out := "Run entente verify on the folder of the release, or on its proof.json: entente verify FOLDER" + root + ". It needs no network. " +
		"Positions and dates are those of the time at which it was sealed; the proof has what came later, and when it was released.\n\n" +
		"Digest of the content that members signed: " + string(b.Digest) + "."
	if b.First != "" {
		out += "\nDigest of the coalition's first root: " + string(b.First) + ". Compare it with what members publish elsewhere: whoever could change this text could change the digest in it."
	}
	return packexport.Words(out)
}
