package coalition

import (
	"errors"
	"testing"
)

func TestLife(t *testing.T) {
	w := newWorld(t, Quorums{Root: 2, Adopt: 2, Release: 2}, "ca", "eu", "uk", "us")
	hour := w.now + 3600
	w.propose(hour)
	w.want(Proposed, EmbargoProposed)
	a, b := w.position("us", Assess), w.position("uk", Endorse)
	w.position("eu", Object)
	w.want(Proposed, EmbargoProposed)
	w.decide("us", true, a, b)
	w.want(Adopted, EmbargoActive)
	seal, ciphertext := w.seal("us")
	r := w.want(Sealed, EmbargoActive)
	if got := r.Due(hour); got != "0 of 2 votes for its release" {
		t.Errorf("due at the hour: %q", got)
	}
	w.vote("us", AskRelease, true, seal)
	w.vote("ca", AskRelease, true, seal)
	r = w.want(Sealed, EmbargoActive)
	if r.Due(hour-1) == "" || r.Due(hour) != "" {
		t.Errorf("due a second before %q, at the hour %q", r.Due(hour-1), r.Due(hour))
	}
	w.vote("eu", AskHold, true, nil)
	if r = w.state(); r.Due(hour) != "a member holds it" {
		t.Errorf("held: %q", r.Due(hour))
	}
	w.vote("eu", AskHold, false, nil)
	w.share("uk", seal)
	w.want(Sealed, EmbargoActive)
	w.share("ca", seal)
	r = w.want(Released, EmbargoExited)
	shares := map[string]*Share{}
	for m, e := range r.Shares {
		shares[m] = e.Share
	}
	release, err := Unseal(seal.Seal, ciphertext, shares)
	if err != nil {
		t.Fatal(err)
	}
	x, files, err := ReadRelease(release, seal.Seal.Contents)
	if err != nil || x.Manifest != w.content || string(files["statement.md"]) != "We say so.\n" {
		t.Errorf("the release is %+v, %q, %v", x, files, err)
	}
	w.vote("us", AskWithdraw, true, nil)
	w.vote("uk", AskWithdraw, true, nil)
	w.want(Withdrawn, EmbargoExited)
}

func TestRejected(t *testing.T) {
	w := newWorld(t, Quorums{Root: 2, Adopt: 2, Release: 2}, "eu", "uk", "us")
	w.propose(0)
	a := w.position("us", Endorse)
	b := w.position("uk", Object)
	w.decide("uk", false, b)
	w.want(Proposed, EmbargoNone) // two others could adopt it yet
	c := w.position("eu", Object)
	w.decide("us", true, a)
	w.want(Proposed, EmbargoNone)
	w.decide("eu", false, b, c)
	w.want(Rejected, EmbargoNone)
}

func TestOldPositionDoesNotAdopt(t *testing.T) {
	w := newWorld(t, Quorums{Root: 2, Adopt: 2, Release: 2}, "eu", "uk", "us")
	w.propose(0)
	a, b := w.position("us", Endorse), w.position("uk", Endorse)
	w.position("uk", Object)
	w.decide("us", true, a, b)
	w.want(Proposed, EmbargoNone)
	w.decide("us", true, a, w.position("eu", Assess))
	w.want(Adopted, EmbargoNone)
	w.position("eu", Reserve) // afterwards it changes nothing but what the member is said to say
	if r := w.want(Adopted, EmbargoNone); r.Positions["eu"].Position.Stance != Reserve {
		t.Errorf("eu is said to %s", r.Positions["eu"].Position.Stance)
	}
}

func TestEmbargoMoves(t *testing.T) {
	w := newWorld(t, Quorums{Root: 2, Adopt: 2, Release: 2}, "eu", "uk", "us")
	hour := w.now + 3600
	proposal := w.propose(hour)
	a, b := w.position("us", Endorse), w.position("uk", Endorse)
	w.decide("us", true, a, b)
	seal, _ := w.seal("us")
	w.vote("us", AskRelease, true, seal)
	w.vote("uk", AskRelease, true, seal)
	later := w.take(w.event("eu", KindEmbargo, func(e *Event) {
		e.Embargo = &Embargo{Action: EmbargoPropose, Until: hour + 60, Instead: proposal.ID}
	}))
	if r := w.want(Sealed, EmbargoRevise); r.Hour != hour || r.Due(hour) != "" {
		t.Error("a proposal interrupts an active embargo")
	}
	for _, m := range []string{"eu", "uk"} {
		w.take(w.event(m, KindEmbargo, func(e *Event) { e.Embargo = &Embargo{Action: EmbargoAccept, Of: later.ID} }))
	}
	if r := w.want(Sealed, EmbargoActive); r.Hour != hour+60 || r.Due(hour) == "" || r.Due(hour+60) != "" {
		t.Errorf("the hour is %s", r.Hour)
	}
	w.vote("us", AskEnd, true, nil)
	w.vote("uk", AskEnd, true, nil)
	if r := w.want(Sealed, EmbargoExited); r.Due(w.now) != "" {
		t.Errorf("ended early: %q", r.Due(w.now))
	}
}

func TestTwoTongues(t *testing.T) {
	w := newWorld(t, Quorums{Root: 2, Adopt: 2, Release: 2}, "eu", "uk", "us")
	w.propose(0)
	a := w.event("uk", KindPosition, func(e *Event) { e.Position = &Position{Stance: Endorse} })
	b := w.event("uk", KindPosition, func(e *Event) { e.Position = &Position{Stance: Object} })
	w.take(a)
	w.want(Proposed, EmbargoNone)
	w.take(b)
	if r := w.want(Proposed, EmbargoNone, "uk says two things as its event 1"); r.Positions["uk"] != nil {
		t.Error("one of two contradicting positions counts, which no witness saw first")
	}
}

func TestMissingEvent(t *testing.T) {
	w := newWorld(t, Quorums{Root: 2, Adopt: 2, Release: 2}, "eu", "uk", "us")
	other := newWorld(t, Quorums{Root: 2, Adopt: 2, Release: 2}, "eu", "uk", "us")
	other.book, other.boxes = mustBook(t, w.file), w.boxes
	p := w.propose(0)
	hidden := w.position("eu", Object)
	shown := w.position("eu", Abstain)
	other.take(p)
	other.take(shown)
	other.want(Proposed, EmbargoNone, "eu its event 1 is missing, and later ones do not count")
	other.take(hidden)
	other.want(Proposed, EmbargoNone)
}

func mustBook(tb testing.TB, root []byte) *Book {
	tb.Helper()
	b, err := NewBook(root, "")
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestEarlyOpening(t *testing.T) {
	w := newWorld(t, Quorums{Root: 2, Adopt: 2, Release: 3}, "ca", "eu", "uk", "us")
	w.propose(0)
	w.decide("us", true, w.position("us", Endorse), w.position("uk", Endorse))
	seal, ciphertext := w.seal("us")
	shares := map[string]*Share{}
	for _, m := range []string{"ca", "eu"} {
		s, err := OpenShare(seal, m, w.boxes[m])
		if err != nil {
			t.Fatal(err)
		}
		shares[m] = s
	}
	if _, err := Unseal(seal.Seal, ciphertext, shares); err == nil {
		t.Fatal("two shares open what takes three")
	}
	// Whoever has fewer shares and takes a smaller threshold for the seal's gets another key.
	weak := *seal.Seal
	weak.Commitments = weak.Commitments[:2]
	if _, err := Unseal(&weak, ciphertext, shares); err == nil {
		t.Fatal("two shares open what takes three")
	}
	if _, err := OpenShare(seal, "uk", w.boxes["us"]); err == nil {
		t.Fatal("a member reads another's share")
	}
	bad := *shares["ca"]
	shares["us"] = &bad
	if _, err := Unseal(seal.Seal, ciphertext, shares); !errors.Is(err, ErrShare) {
		t.Fatalf("a share under another's name: %v", err)
	}
}

func TestSealAnew(t *testing.T) {
	w := newWorld(t, Quorums{Root: 2, Adopt: 2, Release: 2}, "eu", "uk", "us")
	w.propose(0)
	w.decide("us", true, w.position("us", Endorse), w.position("uk", Endorse))
	bad, _ := w.seal("us")
	w.vote("us", AskRelease, true, bad)
	good, ciphertext := w.seal("uk")
	if r := w.state(); r.Seal.ID != bad.ID {
		t.Fatal("a later seal takes the place of the first before anybody has voted for it")
	}
	w.vote("eu", AskRelease, true, good)
	w.vote("uk", AskRelease, true, good)
	r := w.want(Sealed, EmbargoNone)
	if r.Seal.ID != good.ID || r.Yes(AskRelease) != 2 {
		t.Fatalf("the seal for which enough have voted does not count: %d votes", r.Yes(AskRelease))
	}
	w.share("eu", good)
	w.share("uk", good)
	r = w.want(Released, EmbargoNone)
	if _, err := Unseal(r.Seal.Seal, ciphertext, map[string]*Share{"eu": r.Shares["eu"].Share, "uk": r.Shares["uk"].Share}); err != nil {
		t.Error(err)
	}
}

func TestEarlyShares(t *testing.T) {
	w := newWorld(t, Quorums{Root: 2, Adopt: 2, Release: 2}, "eu", "uk", "us")
	hour := w.now + 3600
	w.propose(hour)
	w.decide("us", true, w.position("us", Endorse), w.position("uk", Endorse))
	seal, _ := w.seal("us")
	w.vote("us", AskRelease, true, seal)
	w.vote("uk", AskRelease, true, seal)
	w.book.seen[w.share("uk", seal).ID] = hour - 1
	w.book.seen[w.share("us", seal).ID] = hour
	w.want(Released, EmbargoExited, "uk gave its share away before the hour")
}

func TestExpiredRoot(t *testing.T) {
	w := newWorld(t, Quorums{Root: 2, Adopt: 2, Release: 2}, "eu", "uk", "us")
	w.propose(0)
	late := w.event("us", KindPosition, func(e *Event) { e.Position, e.At = &Position{Stance: Endorse}, w.root.Expires+1 })
	w.take(late)
	w.want(Proposed, EmbargoNone, "us it rests on a root that had expired")
	w.now = w.root.Expires + 1
	if _, err := w.book.Next("uk", testStatement, w.content, KindPosition, w.now, w.salt()); err == nil {
		t.Error("a member signs something that rests on an expired root")
	}
}

// A revision that is withdrawn does not bring back the one that it took the place of.
func TestRevisedStaysRevised(t *testing.T) {
	first := DigestOf([]byte("1"))
	for _, later := range []Phase{Sealed, Released, Withdrawn} {
		all := map[Digest]*Revision{
			first: {Manifest: first, Number: 1, Phase: Released, Proposal: &Signed{Event: Event{Propose: &Propose{Revision: 1}}}},
			"2":   {Number: 2, Phase: later, Proposal: &Signed{Event: Event{Propose: &Propose{Revision: 2, Supersedes: first}}}},
		}
		supersede(all)
		if got := all[first].Phase; (got == Revised) != (later != Sealed) {
			t.Errorf("the second revision is %s, and the first %s", later, got)
		}
	}
}
