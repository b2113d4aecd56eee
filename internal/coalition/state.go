package coalition

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// Phase is where a revision of a statement stands.
type Phase string

// Phases.
const (
	Proposed  Phase = "proposed"
	Adopted   Phase = "adopted"
	Rejected  Phase = "rejected"
	Sealed    Phase = "sealed"
	Released  Phase = "released"
	Revised   Phase = "revised"   // released, and a later revision is, too, or was
	Withdrawn Phase = "withdrawn" // released, and taken back
)

// EmbargoPhase is where its embargo stands, after Vultron's process.
type EmbargoPhase string

// Phases of an embargo.
const (
	EmbargoNone     EmbargoPhase = "none"
	EmbargoProposed EmbargoPhase = "proposed"
	EmbargoActive   EmbargoPhase = "active"
	EmbargoRevise   EmbargoPhase = "revise" // active, and another hour is proposed; the old one holds until that is accepted
	EmbargoExited   EmbargoPhase = "exited"
)

// Revision is the state of one content of a statement.
type Revision struct {
	Statement string
	Manifest  Digest
	Number    int64
	Root      *Root   // whose members and thresholds decide: that under which it was proposed
	Proposal  *Signed // of several, the one that came first
	Phase     Phase
	Positions map[string]*Signed // by member: the last one
	Decision  *Signed            // that adopts or rejects it
	Voices    int                // how many members' positions the decision rests on

	Embargo EmbargoPhase
	Hour    Time            // before which it must not be opened; 0 where there is none
	HourBy  Digest          // the event that set it, "" where there is none
	Asked   map[Digest]Time // proposals of other hours that are not answered

	Seal     *Signed
	Votes    map[Question]map[string]*Signed // by member: the last one
	Shares   map[string]*Signed              // by member, those that fit the seal
	Opened   *Signed                         // the share by which there were enough; nil where there are not
	Events   []*Signed                       // all that count, in order of digest
	Problems []Problem
}

// Problem is something that honest members do not do, or that is missing.
type Problem struct {
	Member string
	What   string
	Events []Digest
	// Grave says that what is shown is not all that there is, or not what it seems.
	Grave bool
}

// Known is what the state is computed from.
type Known struct {
	Chain  *Chain
	Events map[Digest]*Signed
	// Seen says when an event was seen by as many witnesses as it takes: the earliest such time. Events that no log shows
	// are missing.
	Seen map[Digest]Time
	// Names is what content says that it is, if it is at hand; nil where no content is.
	Names func(Digest) (Names, bool)
	// Reading says that it is for a reader, who cannot tell what no log shows from what is not at hand: a proposal goes by the root that it
	// names then, and the reader is told.
	Reading bool
	// ShareFits says that a share belongs to a seal, as [ShareFits] does; it may remember what it said.
	ShareFits func(*Seal, string, *Share) bool
}

// Names is of which statement a content is, and which revision. An event says so, too, and who signs it could say what it likes.
type Names struct {
	Statement  string
	Revision   int64
	Supersedes Digest
}

// Names are those of a manifest.
func (m *Manifest) Names() Names { return Names{m.Statement, m.Revision, m.Supersedes} }

// Fold computes the state of every revision that was proposed, by the digest of its manifest. It is a function of the set
// of events, and of what witnesses saw, alone: the order in which they came, and how often, change nothing.
func Fold(k Known) map[Digest]*Revision {
	by := map[Digest][]*Signed{} // content
	for _, e := range k.Events {
		by[e.Manifest] = append(by[e.Manifest], e)
	}
	out := make(map[Digest]*Revision, len(by))
	for m, events := range by {
		slices.SortFunc(events, func(a, b *Signed) int { return cmp.Compare(a.ID, b.ID) })
		f := folder{Known: k}
		if r := f.revision(m, events); r != nil {
			out[m] = r
		}
	}
	supersede(out)
	return out
}

// FoldOne is Fold for one content. Whether a later revision supersedes it is not looked at.
func FoldOne(k Known, manifest Digest) *Revision {
	var events []*Signed
	for _, e := range k.Events {
		if e.Manifest == manifest {
			events = append(events, e)
		}
	}
	return foldOf(k, manifest, events)
}

// foldOf is FoldOne of the events about the content.
func foldOf(k Known, manifest Digest, events []*Signed) *Revision {
	events = slices.SortedFunc(slices.Values(events), func(a, b *Signed) int { return cmp.Compare(a.ID, b.ID) })
	f := folder{Known: k}
	return f.revision(manifest, events)
}

// folder computes the state of one revision.
type folder struct {
	Known
	counted map[Digest]*Signed
	kinds   map[Kind][]*Signed // of these, in order of digest
}

func (f *folder) revision(m Digest, events []*Signed) *Revision {
	f.counted, f.kinds = make(map[Digest]*Signed, len(events)), map[Kind][]*Signed{}
	var problems []Problem
	members := map[string]map[int64][]*Signed{}
	for _, e := range events {
		switch reason := f.unsound(e); {
		case reason != "":
			problems = append(problems, Problem{e.Member, reason, []Digest{e.ID}, false})
		case e.Kind == KindShare:
			f.counted[e.ID] = e
		default:
			if members[e.Member] == nil {
				members[e.Member] = map[int64][]*Signed{}
			}
			members[e.Member][e.Number] = append(members[e.Member][e.Number], e)
		}
	}
	for member, numbers := range members {
		if p := f.follow(numbers); p != nil {
			p.Member = member
			problems = append(problems, *p)
		}
	}
	for _, e := range events {
		if f.counted[e.ID] != nil {
			f.kinds[e.Kind] = append(f.kinds[e.Kind], e)
		}
	}
	r := f.propose(m)
	if r == nil {
		return nil
	}
	for _, e := range events {
		if f.counted[e.ID] != nil && e.Statement == r.Statement {
			r.Events = append(r.Events, e)
		}
	}
	f.position(r)
	f.decide(r)
	f.embargo(r)
	f.seal(r)
	f.conclude(r)
	r.Problems = append(r.Problems, problems...)
	slices.SortFunc(r.Problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Member, b.Member), cmp.Compare(a.What, b.What), slices.Compare(a.Events, b.Events))
	})
	return r
}

// unsound says why an event does not count by itself, or "".
func (f *folder) unsound(e *Signed) string {
	use, root := f.Chain.Key(e.Key), f.Chain.Root(e.Root)
	switch {
	case use == nil || use.Member != e.Member:
		return "it is signed with a key that is not the member's"
	case root == nil:
		return "it rests on a root that is not known"
	case e.At > root.Expires:
		return "it rests on a root that had expired"
	}
	end, why := use.Until, "was given up"
	switch {
	case use.Revoked != nil:
		why = "is revoked"
		if end == 0 || use.Revoked.Since < end {
			end = use.Revoked.Since // 0 is a time here: nothing counts that the key has ever signed
		}
	case end == 0:
		return ""
	}
	seen, ok := f.Seen[e.ID]
	if !ok && use.Revoked == nil && root.Threshold.Witness == 0 {
		seen, ok = e.At, true // nobody watches; the member kept the key until it gave it up
	}
	if !ok || seen >= end {
		return "it is signed with a key that " + why + ", and not enough witnesses saw it before"
	}
	return ""
}

// follow takes in the events of one member about one content as far as they go on from one another. Of two with one
// number the one counts that witnesses saw first; where they saw neither, none.
func (f *folder) follow(numbers map[int64][]*Signed) (problem *Problem) {
	var last Digest
	for n := int64(1); len(numbers) > 0; n++ {
		all := slices.DeleteFunc(slices.Clone(numbers[n]), func(e *Signed) bool { return e.After != last })
		if len(all) > 1 || len(numbers[n]) > len(all) {
			p := &Problem{What: fmt.Sprintf("says two things as its event %d", n)}
			for _, e := range numbers[n] {
				p.Events = append(p.Events, e.ID)
			}
			problem = cmp.Or(problem, p)
		}
		delete(numbers, n)
		e := f.first(all)
		if e == nil {
			return cmp.Or(problem, &Problem{What: fmt.Sprintf("its event %d is missing, and later ones do not count", n)})
		}
		f.counted[e.ID] = e
		last = e.ID
	}
	return problem
}

// first is the one of several events that was seen before all others, or the only one; nil where that cannot be said.
func (f *folder) first(all []*Signed) *Signed {
	if len(all) == 1 {
		return all[0]
	}
	var first *Signed
	tie := false
	for _, e := range all {
		at, seen := f.Seen[e.ID]
		switch {
		case !seen:
		case first == nil || at < f.Seen[first.ID]:
			first, tie = e, false
		case at == f.Seen[first.ID]:
			tie = true
		}
	}
	if tie {
		return nil
	}
	return first
}

// before says that an event came before another: as witnesses saw them, and what they saw before what they did not, which
// anybody can date as it likes; else as they are dated; of two of one second the one with the lesser digest.
func (f *folder) before(a, b *Signed) bool { return f.order(a, b) < 0 }

func (f *folder) order(a, b *Signed) int {
	return cmp.Or(f.time(a, b), cmp.Compare(a.ID, b.ID))
}

func (f *folder) time(a, b *Signed) int {
	at, seen := f.Seen[a.ID]
	bt, other := f.Seen[b.ID]
	switch {
	case seen && !other:
		return -1
	case other && !seen:
		return 1
	case !seen:
		at, bt = a.At, b.At
	}
	return cmp.Compare(at, bt)
}

// propose finds the proposal. Content is salted, so that only who has seen its proposal can propose it again: a later one
// changes nothing. Where witnesses saw none, dates say nothing either, and the strictest one counts.
func (f *folder) propose(m Digest) *Revision {
	var first *Signed
	for _, e := range f.kinds[KindPropose] {
		if f.names(e) && f.under(e).Member(e.Member).Has(RolePropose) && (first == nil || f.proposedBefore(e, first)) {
			first = e
		}
	}
	if first == nil {
		return nil
	}
	r := &Revision{
		Statement: first.Statement, Manifest: m, Number: first.Propose.Revision, Root: f.under(first), Proposal: first, Phase: Proposed,
		Positions: map[string]*Signed{}, Asked: map[Digest]Time{}, Votes: map[Question]map[string]*Signed{}, Shares: map[string]*Signed{},
	}
	for _, e := range f.kinds[KindPropose] {
		if !f.names(e) {
			r.Problems = append(r.Problems, Problem{e.Member, "proposes it as another statement, or another revision, than it is", []Digest{e.ID}, false})
		}
	}
	return r
}

// names says that a proposal calls its content what it is, as far as that is at hand. One under another name would take the content away
// from those who speak of it by its own.
func (f *folder) names(e *Signed) bool {
	if f.Names == nil {
		return true
	}
	n, ok := f.Names(e.Manifest)
	return !ok || n == Names{e.Statement, e.Propose.Revision, e.Propose.Supersedes}
}

// under is the root under which a proposal is made: the one that was in force when witnesses saw it, so that nobody chooses older members or
// thresholds by naming an older root. What no log shows came last; where nobody watches, the date has to do.
func (f *folder) under(e *Signed) *Root {
	at, seen := f.Seen[e.ID]
	switch {
	case seen:
	case f.Chain.Root(e.Root).Threshold.Witness == 0:
		at = e.At
	case f.Reading:
		return f.Chain.Root(e.Root)
	default:
		return f.Chain.Latest()
	}
	return f.Chain.InForce(e.Root, at)
}

func (f *folder) proposedBefore(a, b *Signed) bool {
	_, seen := f.Seen[a.ID]
	if _, other := f.Seen[b.ID]; seen || other {
		return f.before(a, b)
	}
	return cmp.Or(cmp.Compare(f.under(b).Version, f.under(a).Version),
		cmp.Compare(b.Propose.Until, a.Propose.Until), cmp.Compare(a.ID, b.ID)) < 0
}

// of are the events of a kind about a revision by members that may do so, in order of digest.
func (f *folder) of(r *Revision, kind Kind, roles ...Role) (out []*Signed) {
	for _, e := range f.kinds[kind] {
		m := r.Root.Member(e.Member)
		if e.Statement == r.Statement && m != nil && (len(roles) == 0 || slices.ContainsFunc(roles, m.Has)) {
			out = append(out, e)
		}
	}
	return out
}

func (f *folder) position(r *Revision) {
	for _, e := range f.of(r, KindPosition) {
		if last := r.Positions[e.Member]; last == nil || last.Number < e.Number {
			r.Positions[e.Member] = e
		}
	}
}

// decide looks for the first decision that rests on what it says it rests on.
func (f *folder) decide(r *Revision) {
	for _, e := range f.of(r, KindDecide, RoleAdopt, RolePropose) {
		voices := map[string]bool{}
		for _, id := range e.Decide.Positions {
			p := f.counted[id]
			if p == nil || p.Kind != KindPosition || p.Statement != r.Statement || !r.Root.Member(p.Member).Has(RoleAdopt) || f.changed(r, p, e) {
				continue
			}
			if e.Decide.Adopt && p.Position.Stance.Adopts() || !e.Decide.Adopt && p.Position.Stance == Object {
				voices[p.Member] = true
			}
		}
		enough := len(voices) >= r.Root.Threshold.Adopt
		if !e.Decide.Adopt { // the others are not enough any more
			enough = r.Root.With(RoleAdopt)-len(voices) < r.Root.Threshold.Adopt
		}
		if enough && (r.Decision == nil || f.before(e, r.Decision)) {
			r.Decision, r.Voices = e, len(voices)
		}
	}
}

// changed says that a member had taken another position before a decision was made on this one.
func (f *folder) changed(r *Revision, p, decision *Signed) bool {
	return slices.ContainsFunc(f.of(r, KindPosition), func(e *Signed) bool {
		return e.Member == p.Member && e.Number > p.Number && f.before(e, decision)
	})
}

// Adopted says that the members have adopted it.
func (r *Revision) Adopted() bool { return r.Decision != nil && r.Decision.Decide.Adopt }

// embargo follows the hour from the proposal's through those that were accepted instead.
func (f *folder) embargo(r *Revision) {
	accepts, rejects := map[Digest]map[string]bool{}, map[Digest]map[string]bool{}
	proposals := map[Digest][]*Signed{} // by what they would replace
	for _, e := range f.of(r, KindEmbargo, RoleAdopt) {
		switch e.Embargo.Action {
		case EmbargoPropose:
			proposals[e.Embargo.Instead] = append(proposals[e.Embargo.Instead], e)
		case EmbargoAccept:
			note(accepts, e.Embargo.Of, e.Member)
		case EmbargoReject:
			note(rejects, e.Embargo.Of, e.Member)
		}
	}
	current := Digest("")
	r.Embargo = EmbargoNone
	if until := r.Proposal.Propose.Until; until != 0 {
		r.Hour, r.Embargo, current = until, EmbargoProposed, r.Proposal.ID
		if r.Adopted() {
			r.Embargo = EmbargoActive
		}
	}
	for {
		var next *Signed
		for _, p := range proposals[current] {
			if len(accepts[p.ID]) < r.Root.Threshold.Adopt {
				continue
			}
			if next == nil || p.Embargo.Until > next.Embargo.Until || p.Embargo.Until == next.Embargo.Until && p.ID < next.ID {
				next = p
			}
		}
		if next == nil { // a digest cannot stand in what it is of, so this ends
			break
		}
		r.Hour, r.Embargo, current = next.Embargo.Until, EmbargoActive, next.ID
	}
	r.HourBy = current
	for _, p := range proposals[current] {
		if r.Root.With(RoleAdopt)-len(rejects[p.ID]) < r.Root.Threshold.Adopt {
			continue // it cannot be accepted any more
		}
		r.Asked[p.ID] = p.Embargo.Until
		switch r.Embargo {
		case EmbargoActive:
			r.Embargo = EmbargoRevise
		case EmbargoNone:
			r.Embargo = EmbargoProposed
		default:
		}
	}
}

func note[K comparable](m map[K]map[string]bool, k K, member string) {
	if m[k] == nil {
		m[k] = map[string]bool{}
	}
	m[k][member] = true
}

// seal finds the seal, the votes and the shares.
func (f *folder) seal(r *Revision) {
	f.vote(r, nil)
	if r.Adopted() {
		f.choose(r)
	}
	if r.Seal == nil {
		return
	}
	for _, e := range f.of(r, KindShare, RoleRelease) {
		switch {
		case e.Share.Seal != r.Seal.ID:
		case !f.ShareFits(r.Seal.Seal, e.Member, e.Share):
			r.Problems = append(r.Problems, Problem{e.Member, "gives away a share that is not the one it was dealt", []Digest{e.ID}, false})
		case r.Shares[e.Member] == nil: // the one with the least digest
			r.Shares[e.Member] = e
		}
	}
	if k := r.Root.Threshold.Release; len(r.Shares) >= k {
		r.Opened = slices.SortedFunc(maps.Values(r.Shares), f.order)[k-1]
		f.vote(r, r.Opened)
	}
}

// vote finds the last votes. What is open stays open: one against it that came after the share that opened the seal, which is
// nil where none did, is passed over.
func (f *folder) vote(r *Revision, opened *Signed) {
	clear(r.Votes)
	for _, e := range f.of(r, KindVote, RoleRelease) {
		q := e.Vote.Question
		if opened != nil && e.Vote.against(r.Seal.ID) && f.time(opened, e) < 0 {
			continue
		}
		if r.Votes[q] == nil {
			r.Votes[q] = map[string]*Signed{}
		}
		if last := r.Votes[q][e.Member]; last == nil || last.Number < e.Number {
			r.Votes[q][e.Member] = e
		}
	}
}

// against says that a vote is against the release of a seal.
func (v *Vote) against(seal Digest) bool {
	switch v.Question {
	case AskRelease:
		return !v.Yes || v.Seal != seal
	case AskHold:
		return v.Yes
	case AskOverride, AskEnd:
		return !v.Yes
	case AskWithdraw: // it takes as many as to release it
	}
	return false
}

// choose finds the seal that counts: the first one for whose release enough members vote, or the first of all. So one that
// turns out to be bad can be made anew.
func (f *folder) choose(r *Revision) {
	voted := false
	for _, e := range f.of(r, KindSeal, RolePropose) {
		if !e.Seal.deals(r.Root) {
			r.Problems = append(r.Problems, Problem{e.Member, "seals it to others than the root says", []Digest{e.ID}, false})
			continue
		}
		enough := r.votes(e.ID) >= r.Root.Threshold.Release
		if r.Seal == nil || enough && !voted || enough == voted && f.before(e, r.Seal) {
			r.Seal, voted = e, enough
		}
	}
}

// votes is how many members last voted for the release of a seal.
func (r *Revision) votes(seal Digest) (n int) {
	for _, v := range r.Votes[AskRelease] {
		if v.Vote.Yes && v.Vote.Seal == seal {
			n++
		}
	}
	return n
}

// deals says that a seal has one share for every member that may release, and takes as many as the root says.
func (s *Seal) deals(root *Root) bool {
	if len(s.Commitments) != root.Threshold.Release || len(s.Shares) != root.With(RoleRelease) {
		return false
	}
	for _, x := range s.Shares {
		if !root.Member(x.Member).Has(RoleRelease) {
			return false
		}
	}
	return true
}

// Yes is how many members last said yes to a question; to release, of the seal that counts.
func (r *Revision) Yes(q Question) (n int) {
	if q == AskRelease {
		if r.Seal == nil {
			return 0
		}
		return r.votes(r.Seal.ID)
	}
	for _, v := range r.Votes[q] {
		if v.Vote.Yes {
			n++
		}
	}
	return n
}

// Held says that a member wants it to wait, and is not passed over.
func (r *Revision) Held() bool {
	return r.Yes(AskHold) > 0 && r.Yes(AskOverride) < r.Root.Threshold.Release
}

// Ended says that the members ended the embargo before its hour.
func (r *Revision) Ended() bool { return r.Yes(AskEnd) >= r.Root.Threshold.Release }

// Due says whether the members' shares may be given away at a time: "", or what is missing.
func (r *Revision) Due(now Time) (missing string) {
	switch {
	case !r.Adopted():
		return "it is not adopted"
	case r.Seal == nil:
		return "it is not sealed"
	case r.Yes(AskRelease) < r.Root.Threshold.Release:
		return fmt.Sprintf("%d of %d votes for its release", r.Yes(AskRelease), r.Root.Threshold.Release)
	case r.Held():
		return "a member holds it"
	case now < r.Hour && !r.Ended():
		return "its hour is " + r.Hour.String()
	}
	return ""
}

func (f *folder) conclude(r *Revision) {
	switch {
	case r.Decision == nil:
	case !r.Adopted():
		r.Phase = Rejected
	default:
		r.Phase = Adopted
		if r.Seal != nil {
			r.Phase = Sealed
		}
	}
	for _, m := range slices.Sorted(maps.Keys(r.Shares)) {
		if at, seen := f.Seen[r.Shares[m].ID]; seen && at < r.Hour && !r.Ended() {
			r.Problems = append(r.Problems, Problem{m, "gave its share away before the hour", []Digest{r.Shares[m].ID}, false})
		}
	}
	if r.Seal != nil && len(r.Shares) >= r.Root.Threshold.Release {
		r.Phase = Released
		if r.Yes(AskWithdraw) >= r.Root.Threshold.Release {
			r.Phase = Withdrawn
		}
	}
	if r.Embargo != EmbargoNone && (r.Phase == Released || r.Phase == Withdrawn || r.Phase == Rejected || r.Ended()) {
		r.Embargo = EmbargoExited
	}
	missing := map[Digest]Digest{} // by what is known of: votes know of the same
	for _, v := range r.Votes[AskRelease] {
		for _, id := range v.Vote.Knows {
			if _, met := missing[id]; !met {
				missing[id] = f.missing(id)
			}
			if missing := missing[id]; missing != "" {
				r.Problems = append(r.Problems, Problem{v.Member, "knows of a position that is missing here, or of which an event before it is", []Digest{missing}, true})
			}
		}
	}
}

// missing is the event that is not here of those that a member's events rest on, up to one that somebody knows of. Whoever
// takes one away would take away what all later ones say.
func (f *folder) missing(id Digest) Digest {
	for id != "" {
		e := f.Events[id]
		if e == nil {
			return id
		}
		id = e.After
	}
	return ""
}

// supersede marks released revisions of which a later one is released, too, or was: who withdraws the later one does not say
// the earlier one again.
func supersede(all map[Digest]*Revision) {
	for _, r := range all {
		if r.Phase != Released && r.Phase != Revised && r.Phase != Withdrawn {
			continue
		}
		if old := all[r.Proposal.Propose.Supersedes]; old != nil && old.Statement == r.Statement && old.Number+1 == r.Number && old.Phase == Released {
			old.Phase = Revised
		}
	}
}
