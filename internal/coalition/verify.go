package coalition

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"entente/internal/sign"
	"entente/internal/translog"
)

// Outcome is what came of a check.
type Outcome string

// Outcomes.
const (
	OK      Outcome = "ok"
	Failed  Outcome = "failed"
	Unknown Outcome = "unknown" // it could not be made with what is at hand
	Remark  Outcome = "remark"  // something that a reader should know; the release holds all the same
)

// Check is one thing that was looked at, in plain words.
type Check struct {
	Outcome Outcome `json:"outcome"`
	Text    string  `json:"text"`
}

// Said is what a member says of a statement.
type Said struct {
	Member     string      `json:"member"`
	Name       string      `json:"name"`
	Stance     Stance      `json:"stance"`
	Covers     []string    `json:"covers,omitempty"`
	Wording    []Wording   `json:"wording,omitempty"`
	Likelihood *Likelihood `json:"likelihood,omitempty"`
	Confidence *Confidence `json:"confidence,omitempty"`
	At         Time        `json:"at"`             // as the member dates it
	Seen       *Time       `json:"seen,omitempty"` // as witnesses saw it
	Key        sign.KeyID  `json:"key"`
}

// Verification is what came of checking a release.
type Verification struct {
	Coalition string `json:"coalition"`
	Name      string `json:"name"`
	Statement string `json:"statement"`
	Title     string `json:"title"`
	Manifest  Digest `json:"manifest"`
	FirstRoot Digest `json:"first_root"` // to be compared with what the coalition says elsewhere
	Phase     Phase  `json:"phase"`
	Hour      *Time  `json:"hour,omitempty"`
	// Released is when enough members had given away their shares: as witnesses saw it, or where they did not, as members date it.
	Released *Time  `json:"released,omitempty"`
	Said     []Said `json:"said"`
	// Checks in the order in which they were made. After one that makes the others pointless there are no more.
	Checks []Check `json:"checks"`
}

// Outcome is the worst of all checks.
func (v *Verification) Outcome() Outcome {
	out := OK
	for _, c := range v.Checks {
		switch c.Outcome {
		case Failed:
			return Failed
		case Unknown:
			out = Unknown
		case OK, Remark:
		}
	}
	return out
}

func (v *Verification) note(o Outcome, format string, args ...any) {
	v.Checks = append(v.Checks, Check{o, fmt.Sprintf(format, args...)})
}

// VerifyOptions are what a verifier knows besides the files.
type VerifyOptions struct {
	// Pin is the digest of the first root, as the coalition publishes it; "" where it is not known.
	Pin Digest
	// Roots are envelopes of roots that the verifier has from elsewhere: newer ones show that a release hides some.
	Roots [][]byte
	Now   Time
	// Files are those of the release; nil where there is the proof alone.
	Files fs.FS
	// Logs is what other releases have shown of logs; this one adds to it. nil for a release by itself.
	Logs *LogHistory
}

// LogHistory is what releases that are verified together show of the logs that they name. It is not for concurrent use.
type LogHistory struct {
	shown map[witnessed]*translog.History
}

// witnessed is a log as enough witnesses of a coalition, told by its first root, saw it; or, without a root, as it showed itself to anybody.
type witnessed struct {
	log  logID
	root Digest
}

// NewLogHistory is one in which there is nothing yet.
func NewLogHistory() *LogHistory { return &LogHistory{map[witnessed]*translog.History{}} }

// add takes in evidence that holds, and that enough witnesses of a coalition saw if root is its first. It returns how large the tree was that it
// contradicts, 0 where it contradicts none, and whether enough of them saw both.
func (h *LogHistory) add(log logID, root Digest, p *evidence) (other int64, both bool) {
	into := func(w witnessed) int64 {
		if h.shown[w] == nil {
			h.shown[w] = &translog.History{}
		}
		n, _ := h.shown[w].Add(p.raw, p.proof)
		return n
	}
	other = into(witnessed{log, ""})
	if root != "" {
		if n := into(witnessed{log, root}); n != 0 {
			return n, true
		}
	}
	return other, false
}

// Verify checks a release by its proof. It needs no network and takes nobody's word. The error says that there is nothing
// that could be checked.
func Verify(proof []byte, o VerifyOptions) (*Verification, error) {
	p, err := ReadProof(proof)
	if err != nil {
		return nil, err
	}
	v := &Verification{Coalition: p.Coalition, Statement: p.Statement, Manifest: p.Manifest}
	book := v.roots(p, &o)
	if book == nil {
		return v, nil
	}
	m, err := ReadManifest(p.Content)
	switch {
	case err != nil:
		v.note(Failed, "the content of the statement cannot be read: %v", err)
		return v, nil
	case DigestOf(p.Content) != p.Manifest || m.Statement != p.Statement || m.Coalition != p.Coalition:
		v.note(Failed, "the content is not the one that the members signed: its digest is %s, and they signed %s", DigestOf(p.Content), p.Manifest)
		return v, nil
	}
	v.Title = In(m.Title, "en")
	book.reading = true
	book.names = func(d Digest) (Names, bool) { return m.Names(), d == p.Manifest }
	r := v.events(p, book, cmp.Or(o.Logs, NewLogHistory()))
	if r == nil {
		return v, nil
	}
	v.thresholds(r, book)
	v.said(r, book)
	v.log(r, book)
	v.hour(r, book)
	v.files(p, m, r, o.Files)
	return v, nil
}

// roots verifies who the members are.
func (v *Verification) roots(p *Proof, o *VerifyOptions) *Book {
	if len(p.Roots) == 0 {
		v.note(Failed, "the proof has no root: nothing says who the members are")
		return nil
	}
	book, err := NewBook(p.Roots[0], o.Pin)
	if err != nil {
		v.note(Failed, "the first root does not hold: %v", err)
		return nil
	}
	for _, b := range p.Roots[1:] {
		if isNew, err := book.TakeRoot(b); err != nil || !isNew {
			v.note(Failed, "the roots do not follow on one another: version %d is the last that holds: %v", book.chain.Latest().Version, err)
			return nil
		}
	}
	root := book.chain.Latest()
	if root.Coalition != p.Coalition {
		v.note(Failed, "the roots are of another coalition, %s", root.Coalition)
		return nil
	}
	v.Name, v.FirstRoot = root.Name, book.chain.digests[0]
	if o.Pin != "" {
		v.note(OK, "the first root is the one that you named")
	} else {
		v.note(Unknown, "whether the first root is the coalition's: compare its digest %s with what the coalition publishes, or name it with --root", v.FirstRoot)
	}
	v.note(OK, "%d version(s) of the root follow on one another, each signed by enough members of the one before", root.Version)
	shown := root.Version
	newer := slices.SortedStableFunc(slices.Values(o.Roots), func(a, b []byte) int { return cmp.Compare(versionOf(a), versionOf(b)) })
	for _, b := range newer {
		if _, err := book.TakeRoot(b); err != nil && !errors.Is(err, ErrWaits) {
			v.note(Failed, "a root that you have from elsewhere contradicts those of the release: %v", err)
			return nil
		}
	}
	root = book.chain.Latest()
	switch {
	case root.Version > shown:
		v.note(OK, "you have newer roots than the release, up to version %d: keys that they revoke do not count", root.Version)
	case o.Now > root.Expires:
		v.note(Unknown, "whether keys have been revoked since: the latest root here expired on %s; get a newer one from a member", root.Expires)
	default:
		v.note(OK, "the latest root here is good until %s", root.Expires)
	}
	return book
}

// versionOf is that of a root, or 0.
func versionOf(file []byte) int {
	_, r, err := parseRoot(file)
	if err != nil {
		return 0
	}
	return r.Version
}

// events takes in what the members signed.
func (v *Verification) events(p *Proof, book *Book, logs *LogHistory) *Revision {
	last := Digest("")
	forks := map[logID]Check{}
	for _, e := range p.Events {
		id := DigestOf(e.Event)
		if id <= last {
			v.note(Failed, "the events are not in order, or one stands there twice: %s", id)
			return nil
		}
		last = id
		if _, err := book.TakeEvent(e.Event); err != nil {
			v.note(Failed, "event %s does not hold: %v", id, err)
			return nil
		}
		if got := book.Event(id); got.Manifest != p.Manifest || got.Statement != p.Statement {
			v.note(Failed, "event %s is about other content than that of the release", id)
			return nil
		}
		if e.Log == "" {
			continue
		}
		shown, err := parseProof([]byte(e.Log))
		switch {
		case err != nil:
			v.note(Failed, "the proof that the log shows event %s cannot be read: %v", id, err)
			return nil
		case shown.entry != id:
			v.note(Failed, "the proof beside event %s is of another event", id)
			return nil
		}
		// One that too few witnesses cosigned, as far as the roots say now, says nothing, as if it were not here.
		_, err = book.takeEvidence(shown, []byte(e.Log))
		if err != nil && !errors.Is(err, ErrUnwitnessed) {
			v.note(Failed, "the proof that the log shows event %s does not hold: %v", id, err)
			return nil
		}
		by := Digest("")
		if err == nil {
			by = v.FirstRoot
		}
		for _, log := range shown.logs {
			if other, both := logs.add(log, by, shown); other != 0 && forks[log].Outcome != Failed {
				forks[log] = forked(log, shown.proof.Checkpoint.Size, other, both)
			}
		}
	}
	v.note(OK, "%d events are signed with keys of the members that they name", len(p.Events))
	for _, log := range slices.SortedFunc(maps.Keys(forks), logID.compare) {
		v.Checks = append(v.Checks, forks[log])
	}
	r := book.State()[p.Manifest]
	if r == nil {
		v.note(Failed, "nobody who may propose has proposed this content")
		return nil
	}
	v.Phase = r.Phase
	if r.Hour != 0 {
		v.Hour = &r.Hour
	}
	if _, seen := book.Seen(r.Proposal.ID); !seen && r.Root.Threshold.Witness > 0 && r.Root != book.chain.Latest() {
		v.note(Unknown, "whether it goes by version %d of the root: nothing here shows that it was proposed before version %d was issued", r.Root.Version, r.Root.Version+1)
	}
	for _, x := range r.Problems {
		outcome := Remark
		if x.Grave {
			outcome = Failed
		}
		v.note(outcome, "%s: %s", x.Member, x.What)
	}
	return r
}

// forked is the check of a log that has shown two histories. Where witnesses saw one of them alone, what they saw holds.
func forked(log logID, size, other int64, both bool) Check {
	text := fmt.Sprintf("the log %s has been forked: it has signed a tree of %d entries and one of %d that do not begin alike", log.origin, size, other)
	if both {
		return Check{Failed, text + ", and witnesses have cosigned both: their times prove nothing"}
	}
	return Check{Remark, text + "; not enough witnesses have cosigned both"}
}

// thresholds says whether enough members agreed.
func (v *Verification) thresholds(r *Revision, book *Book) {
	if !r.Adopted() {
		v.note(Failed, "it is not adopted: it takes %d members", r.Root.Threshold.Adopt)
		return
	}
	at, how := book.when(r.Decision)
	v.note(OK, "it was adopted on %s, %s, on the positions of %d members; it takes %d of %d", at, how, r.Voices, r.Root.Threshold.Adopt, r.Root.With(RoleAdopt))
	switch {
	case r.Seal == nil:
		v.note(Failed, "it was never sealed for release")
		return
	case r.Yes(AskRelease) < r.Root.Threshold.Release:
		v.note(Failed, "%d members voted for its release; it takes %d", r.Yes(AskRelease), r.Root.Threshold.Release)
	default:
		v.note(OK, "%d members voted for its release; it takes %d of %d", r.Yes(AskRelease), r.Root.Threshold.Release, r.Root.With(RoleRelease))
	}
	if n := len(r.Shares); n < r.Root.Threshold.Release {
		v.note(Failed, "%d members gave away their share of the key; it takes %d", n, r.Root.Threshold.Release)
	} else {
		at, how := book.when(r.Opened)
		v.Released = &at
		v.note(OK, "%d members gave away their share of the key: %s; it was released at %s, %s", n, strings.Join(slices.Sorted(maps.Keys(r.Shares)), ", "), at, how)
	}
	switch {
	case r.Phase == Withdrawn:
		v.note(Failed, "the members have withdrawn it")
	case r.Phase == Revised:
		v.note(Remark, "the members have released a later revision of it")
	case r.Held():
		v.note(Failed, "a member held it, and it was released all the same")
	}
}

// said lists who says what.
func (v *Verification) said(r *Revision, book *Book) {
	v.Said = SaidOf(r, book)
}

// SaidOf lists who says what of a revision, in order of member.
func SaidOf(r *Revision, book *Book) []Said {
	out := []Said{}
	for _, id := range slices.Sorted(maps.Keys(r.Positions)) {
		e := r.Positions[id]
		s := Said{
			Member: id, Name: r.Root.Member(id).Name, Stance: e.Position.Stance, Covers: e.Position.Covers, Wording: e.Position.Wording,
			Likelihood: e.Position.Likelihood, Confidence: e.Position.Confidence, At: e.At, Key: e.Key,
		}
		if t, ok := book.Seen(e.ID); ok {
			s.Seen = &t
		}
		out = append(out, s)
	}
	return out
}

// log says what witnesses saw.
func (v *Verification) log(r *Revision, book *Book) {
	if r.Root.Log == nil {
		v.note(Unknown, "when it was signed: the coalition keeps no log, and the dates are what the members say")
		return
	}
	seen, lag := 0, 0
	for _, e := range r.Events {
		t, ok := book.Seen(e.ID)
		switch {
		case !ok:
			continue
		case t+maxLead < e.At:
			v.note(Remark, "event %s of %s is dated %s, after witnesses had seen it at %s: their time counts", e.ID, e.Member, e.At, t)
		case t > e.At+maxLag:
			lag++
		}
		seen++
	}
	switch {
	case r.Root.Threshold.Witness == 0:
		v.note(Unknown, "when it was signed: no witnesses watch the log %s", r.Root.Log.Origin)
	case seen < len(r.Events):
		v.note(Unknown, "when %d of %d events were signed: the log is not proven to show them to %d witnesses", len(r.Events)-seen, len(r.Events), r.Root.Threshold.Witness)
	default:
		v.note(OK, "all %d events are in the log %s, as at least %d witnesses saw", seen, r.Root.Log.Origin, r.Root.Threshold.Witness)
	}
	if lag > 0 {
		v.note(Remark, "%d events were seen by witnesses more than a day after the date that they bear", lag)
	}
}

// Clocks of members and witnesses may differ, in seconds.
const (
	maxLead = 300
	maxLag  = 86400
)

// hour says whether the embargo was kept.
func (v *Verification) hour(r *Revision, book *Book) {
	switch {
	case r.Hour == 0:
		return
	case r.Ended():
		v.note(OK, "the members ended the embargo before its hour, %s", r.Hour)
		return
	}
	unseen, early := 0, 0
	for _, e := range r.Shares {
		switch t, ok := book.Seen(e.ID); {
		case !ok:
			unseen++
		case t < r.Hour:
			early++
		}
	}
	switch {
	case unseen > 0:
		v.note(Unknown, "whether the embargo was kept until %s: it is not proven when %d shares of the key were given away", r.Hour, unseen)
	case early == 0: // else the state's problems have said so
		v.note(OK, "no share of the key was seen before the hour, %s", r.Hour)
	}
}

// files compares the files of the release with what was sealed.
func (v *Verification) files(p *Proof, m *Manifest, r *Revision, files fs.FS) {
	if r.Seal == nil {
		return
	}
	if DigestOf(p.Index) != r.Seal.Seal.Contents {
		v.note(Failed, "the list of files is not the one that was sealed")
		return
	}
	x, err := ReadIndex(p.Index)
	if err != nil || x.Manifest != p.Manifest || x.Statement != p.Statement || x.Coalition != p.Coalition {
		v.note(Failed, "the list of files is of another statement: %v", err)
		return
	}
	listed := map[string]Entry{}
	for _, e := range x.Files {
		listed[e.Path] = e
	}
	for _, f := range m.Files {
		if e, ok := listed[f.Path]; !ok || e.Digest != f.Digest {
			v.note(Failed, "file %s, which the members agreed on, is not what was sealed", f.Path)
			return
		}
	}
	v.note(OK, "the %d files that the members agreed on are among the %d that were sealed", len(m.Files), len(x.Files))
	if files == nil {
		v.note(Unknown, "whether the files at hand are those of the release: only the proof is given")
		return
	}
	good := 0
	for _, e := range x.Files {
		b, err := readFile(files, e.Path, e.Size)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			v.note(Unknown, "file %s of the release is not here", e.Path)
		case err != nil:
			v.note(Failed, "file %s: %v", e.Path, err)
		case DigestOf(b) != e.Digest:
			v.note(Failed, "file %s has been changed: it is not the one that was released", e.Path)
		default:
			good++
		}
	}
	if good > 0 {
		v.note(OK, "%d of %d files are what was released, byte for byte", good, len(x.Files))
	}
	var strange []string
	_ = fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == ProofFile {
			return nil //nolint:nilerr // what cannot be read was missed above, if it is of the release
		}
		if _, ok := listed[path]; !ok {
			strange = append(strange, path)
		}
		if len(strange) > 20 {
			return fs.SkipAll
		}
		return nil
	})
	for _, path := range strange {
		v.note(Remark, "file %q lies beside the release and is not of it", path)
	}
}

// readFile reads a file that should have a size.
func readFile(files fs.FS, path string, size int64) ([]byte, error) {
	info, err := fs.Stat(files, path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no file")
	}
	if info.Size() != size {
		return nil, fmt.Errorf("it has been changed: it has %d bytes, and the one that was released has %d", info.Size(), size)
	}
	return fs.ReadFile(files, path)
}
