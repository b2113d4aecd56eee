package coalition

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"entente/internal/sign"
)

// Payload types of events: DSSE envelopes carry in-toto statements (in-toto Attestation Framework, v1).
const (
	EventType     = "application/vnd.in-toto+json"
	statementType = "https://in-toto.io/Statement/v1"
	predicateType = "https://entente.invalid/coalition/event/v1"
)

// inToto is an event as it is signed.
type inToto struct {
	Type          string    `json:"_type"`
	Subject       []subject `json:"subject"`
	PredicateType string    `json:"predicateType"`
	Predicate     Event     `json:"predicate"`
}

type subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

// Event is something that a member does about a statement: one of the pointers is set, as Kind says.
type Event struct {
	Kind      Kind   `json:"kind"`
	Coalition string `json:"coalition"`
	Root      Digest `json:"root"` // the latest root that the member knew
	Member    string `json:"member"`
	Statement string `json:"-"`                // UUID: the name of the subject
	Manifest  Digest `json:"-"`                // of the content that it is about: the digest of the subject
	Number    int64  `json:"number,omitempty"` // of the member's events about this content, from 1; 0 for shares, which have no order
	After     Digest `json:"after,omitempty"`  // the member's event before, from number 2 on
	At        Time   `json:"at"`
	Salt      string `json:"salt"` // 16 random bytes in hexadecimal, so that the digest of an event says nothing of it

	Propose  *Propose  `json:"propose,omitempty"`
	Position *Position `json:"position,omitempty"`
	Decide   *Decide   `json:"decide,omitempty"`
	Embargo  *Embargo  `json:"embargo,omitempty"`
	Seal     *Seal     `json:"seal,omitempty"`
	Vote     *Vote     `json:"vote,omitempty"`
	Share    *Share    `json:"share,omitempty"`
}

// Kind is what an event does.
type Kind string

// Kinds of events.
const (
	KindPropose  Kind = "propose"  // freezes content and opens a revision of a statement
	KindPosition Kind = "position" // says where the member stands
	KindDecide   Kind = "decide"   // adopts or rejects, on positions that it names
	KindEmbargo  Kind = "embargo"  // proposes, accepts or rejects an hour
	KindSeal     Kind = "seal"     // deals the shares of the key that opens the content
	KindVote     Kind = "vote"     // for release, against it for now (a hold), for the end of the embargo, or for withdrawal
	KindShare    Kind = "share"    // gives the member's share away, at the hour
)

// Propose opens a revision.
type Propose struct {
	Revision   int64  `json:"revision"`             // from 1
	Supersedes Digest `json:"supersedes,omitempty"` // manifest of the revision before, from 2 on
	Until      Time   `json:"until,omitempty"`      // hour until which the proposer asks to keep it sealed; 0 for none
}

// Position is where a member stands, in its own words.
type Position struct {
	Stance     Stance      `json:"stance"`
	Covers     []string    `json:"covers,omitempty"`     // ids of claims, in order; none for all
	Wording    []Wording   `json:"wording,omitempty"`    // in order of language
	Likelihood *Likelihood `json:"likelihood,omitempty"` // of what it covers
	Confidence *Confidence `json:"confidence,omitempty"`
}

// Stance is the kind of a position.
type Stance string

// Stances.
const (
	Endorse     Stance = "endorse"     // says it, too
	Assess      Stance = "assess"      // has come to a judgement of its own, which its wording gives
	Acknowledge Stance = "acknowledge" // takes note that others say it
	Relay       Stance = "relay"       // passes on what others say, without its own judgement
	Reserve     Stance = "reserve"     // keeps its judgement back
	Abstain     Stance = "abstain"
	Object      Stance = "object"
)

// Adopts says that a stance counts for adoption.
func (s Stance) Adopts() bool { return s == Endorse || s == Assess }

func (s Stance) valid() bool {
	return slices.Contains(Stances, s)
}

// Stances are all of them.
var Stances = []Stance{Endorse, Assess, Acknowledge, Relay, Reserve, Abstain, Object}

// Wording is a text in a language (BCP 47).
type Wording struct {
	Language string `json:"language"`
	Text     string `json:"text"`
}

// Likelihood is how likely a member holds something to be, in the words of a scale that it names.
type Likelihood struct {
	Scale string `json:"scale"`
	Term  string `json:"term"`
}

// Confidence is how good the ground of a judgement is. It is never a likelihood.
type Confidence struct {
	Scale string `json:"scale"`
	Level string `json:"level"`
}

// Decide adopts or rejects a revision: the positions that it names are what it rests on.
type Decide struct {
	Adopt     bool     `json:"adopt"`
	Positions []Digest `json:"positions"` // position events, in order
}

// Embargo moves the hour.
type Embargo struct {
	Action  EmbargoAction `json:"action"`
	Until   Time          `json:"until,omitempty"`   // propose
	Instead Digest        `json:"instead,omitempty"` // propose: the accepted proposal that it would replace, where there is one
	Of      Digest        `json:"of,omitempty"`      // accept, reject: the event that proposed
}

// EmbargoAction is what an embargo event does.
type EmbargoAction string

// Actions about an embargo, after Vultron's process.
const (
	EmbargoPropose EmbargoAction = "propose"
	EmbargoAccept  EmbargoAction = "accept"
	EmbargoReject  EmbargoAction = "reject"
)

// Seal deals the shares of a release key.
type Seal struct {
	Ciphertext  Digest        `json:"ciphertext"`  // of the sealed release
	Contents    Digest        `json:"contents"`    // of the index of what is in it, so that members can see that it is what they adopted
	Commitments []string      `json:"commitments"` // Feldman's, in base64: one for each share that it takes to open
	Shares      []SealedShare `json:"shares"`      // in order of member
}

// SealedShare is a member's share, encrypted to its recipients (age, in base64).
type SealedShare struct {
	Member string `json:"member"`
	Age    string `json:"age"`
}

// Vote is a member's will about a question of the seal; its last vote on a question is the one that counts.
type Vote struct {
	Question Question `json:"question"`
	Yes      bool     `json:"yes"`
	Reason   string   `json:"reason,omitempty"`
	Seal     Digest   `json:"seal,omitempty"`  // release: the event that dealt the shares
	Knows    []Digest `json:"knows,omitempty"` // release: the positions that the member knows of, in order, so that none can be left out
}

// Question is what is voted on.
type Question string

// Questions.
const (
	AskRelease  Question = "release"  // may it be opened at the hour?
	AskHold     Question = "hold"     // is it to wait, whatever the hour? One member is enough
	AskOverride Question = "override" // are holds to be passed over?
	AskEnd      Question = "end"      // is the embargo to end before its hour?
	AskWithdraw Question = "withdraw" // is what was released to be withdrawn?
)

// Share gives a share away.
type Share struct {
	Seal  Digest `json:"seal"`  // the event that dealt it
	Share string `json:"share"` // in base64
}

// Bounds on an event.
const (
	maxWording = 64 << 10
	maxList    = 4096
)

var errEvent = errors.New("event")

// Signed is an event that is read, its envelope, and its name.
type Signed struct {
	Event
	ID   Digest // of the envelope, which is what a log shows: a signature is seen with what it signs
	File []byte // the envelope
	Key  sign.KeyID
}

// Bytes are the payload of an event.
func (e *Event) Bytes() ([]byte, error) {
	hash, ok := strings.CutPrefix(string(e.Manifest), "sha256:")
	if !ok {
		return nil, fmt.Errorf("%w: it names no content", errEvent)
	}
	return write(inToto{
		Type: statementType, PredicateType: predicateType, Predicate: *e,
		Subject: []subject{{Name: e.Statement, Digest: map[string]string{"sha256": hash}}},
	})
}

// Sign makes the envelope of an event.
func (e *Event) Sign(s sign.Signer) (*Signed, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	payload, err := e.Bytes()
	if err != nil {
		return nil, err
	}
	env, err := sign.Sign(EventType, payload, s)
	if err != nil {
		return nil, err
	}
	file := env.Bytes()
	return &Signed{Event: *e, ID: DigestOf(file), File: file, Key: s.Public().ID()}, nil
}

// ReadEvent reads an envelope with an event and verifies that a key of the member that it names has signed it, as far as
// the chain knows. Whether the key counted at the time is for [Fold] to say.
func ReadEvent(c *Chain, file []byte) (*Signed, error) {
	env, err := sign.ParseEnvelope(file)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errEvent, err)
	}
	if env.PayloadType != EventType || len(env.Signatures) != 1 {
		return nil, fmt.Errorf("%w: the payload is of type %s, with %d signatures; an event is an in-toto statement with one", errEvent, env.PayloadType, len(env.Signatures))
	}
	var p inToto
	if err := read(env.Payload, &p); err != nil {
		return nil, fmt.Errorf("%w: %w", errEvent, err)
	}
	if p.Type != statementType || p.PredicateType != predicateType || len(p.Subject) != 1 || len(p.Subject[0].Digest) != 1 {
		return nil, fmt.Errorf("%w: it is not of type %s with one subject", errEvent, predicateType)
	}
	e := p.Predicate
	e.Statement, e.Manifest = p.Subject[0].Name, Digest("sha256:"+p.Subject[0].Digest["sha256"])
	if err := e.check(); err != nil {
		return nil, err
	}
	if e.Coalition != c.Latest().Coalition {
		return nil, fmt.Errorf("%w: it is of coalition %s", errEvent, e.Coalition)
	}
	use := c.Key(env.Signatures[0].KeyID)
	if use == nil {
		return nil, fmt.Errorf("%w: key %.12s: %w", errEvent, env.Signatures[0].KeyID, errStranger)
	}
	if use.Member != e.Member {
		return nil, fmt.Errorf("%w: it speaks for %s and is signed by %s", errEvent, e.Member, use.Member)
	}
	if _, err := env.Signers(func(sign.KeyID) (sign.PublicKey, bool) { return use.Key, true }); err != nil {
		return nil, fmt.Errorf("%w: %w", errEvent, err)
	}
	return &Signed{Event: e, ID: DigestOf(file), File: file, Key: use.Key.ID()}, nil
}

// check says what is wrong with an event by itself.
func (e *Event) check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w of %.70q about %.40q: %s", errEvent, e.Member, e.Statement, fmt.Sprintf(format, args...))
	}
	hash, _ := strings.CutPrefix(string(e.Manifest), "sha256:")
	if b, err := hex.DecodeString(hash); err != nil || len(b) != 32 || !e.Manifest.Valid() {
		return bad("%.80q is no digest of its content", e.Manifest)
	}
	switch {
	case !uuidForm.MatchString(e.Statement):
		return bad("that is no UUID of a statement")
	case !uuidForm.MatchString(e.Coalition):
		return bad("%.50q is no UUID of a coalition", e.Coalition)
	case !memberForm.MatchString(e.Member):
		return bad("that is no id of a member")
	case !e.Root.Valid():
		return bad("it does not name the root that it rests on")
	case e.Kind == KindShare && (e.Number != 0 || e.After != ""):
		return bad("a share has no place among the member's events")
	case e.Kind != KindShare && (e.Number < 1 || (e.Number == 1) != (e.After == "") || e.After != "" && !e.After.Valid()):
		return bad("number %d and the digest of the event before do not go together", e.Number)
	case !saltForm.MatchString(e.Salt):
		return bad("its salt is not 16 bytes in hexadecimal")
	}
	set := 0
	for _, part := range []struct {
		kind  Kind
		there bool
		check func() string
	}{
		{KindPropose, e.Propose != nil, func() string { return e.Propose.wrong() }},
		{KindPosition, e.Position != nil, func() string { return e.Position.wrong() }},
		{KindDecide, e.Decide != nil, func() string { return e.Decide.wrong() }},
		{KindEmbargo, e.Embargo != nil, func() string { return e.Embargo.wrong() }},
		{KindSeal, e.Seal != nil, func() string { return e.Seal.wrong() }},
		{KindVote, e.Vote != nil, func() string { return e.Vote.wrong() }},
		{KindShare, e.Share != nil, func() string { return e.Share.wrong() }},
	} {
		if !part.there {
			continue
		}
		set++
		reason := part.check()
		if part.kind != e.Kind {
			reason = fmt.Sprintf("it is of kind %.20q and has %q", e.Kind, part.kind)
		}
		if reason != "" {
			return bad("%s", reason)
		}
	}
	if set != 1 {
		return bad("it is of kind %.20q and has %d bodies", e.Kind, set)
	}
	return nil
}

func (p *Propose) wrong() string {
	if p.Revision < 1 || (p.Revision == 1) != (p.Supersedes == "") || p.Supersedes != "" && !p.Supersedes.Valid() {
		return "the revision and the one that it supersedes do not go together"
	}
	return ""
}

func (p *Position) wrong() string {
	switch {
	case !p.Stance.valid():
		return fmt.Sprintf("there is no stance %.30q", p.Stance)
	case len(p.Covers) > maxList || !ascending(p.Covers) || slices.ContainsFunc(p.Covers, func(id string) bool { return !claimForm.MatchString(id) }):
		return "the claims that it covers are not in order, or too many"
	}
	if reason := wordings(p.Wording); reason != "" {
		return reason
	}
	if l := p.Likelihood; l != nil {
		if reason := ScaleError(l.Scale, l.Term); reason != "" {
			return reason
		}
	}
	if c := p.Confidence; c != nil {
		if reason := ConfidenceError(c.Scale, c.Level); reason != "" {
			return reason
		}
	}
	return ""
}

func (d *Decide) wrong() string {
	if len(d.Positions) == 0 || len(d.Positions) > maxMembers || !digests(d.Positions) {
		return "the positions that it rests on are none, too many, or not in order"
	}
	return ""
}

func (e *Embargo) wrong() string {
	switch e.Action {
	case EmbargoPropose:
		if e.Until == 0 || e.Of != "" || e.Instead != "" && !e.Instead.Valid() {
			return "a proposal has an hour, and may name the proposal that it would replace"
		}
	case EmbargoAccept, EmbargoReject:
		if !e.Of.Valid() || e.Until != 0 || e.Instead != "" {
			return "it names the proposal that it answers, and nothing else"
		}
	default:
		return fmt.Sprintf("there is no action %.30q", e.Action)
	}
	return ""
}

func (s *Seal) wrong() string {
	if !s.Ciphertext.Valid() || !s.Contents.Valid() || len(s.Commitments) == 0 || len(s.Commitments) > maxMembers || len(s.Shares) < len(s.Commitments) || len(s.Shares) > maxMembers {
		return "it has no ciphertext, or fewer shares than it takes"
	}
	for _, c := range s.Commitments {
		if b, err := decode64(c); err != nil || len(b) != 32 {
			return "a commitment is not 32 bytes in base64"
		}
	}
	for i, x := range s.Shares {
		if !memberForm.MatchString(x.Member) || i > 0 && s.Shares[i-1].Member >= x.Member {
			return "its shares are not in order of member"
		}
		if b, err := decode64(x.Age); err != nil || len(b) == 0 {
			return "a share is no age file in base64"
		}
	}
	return ""
}

// digests says that a list has nothing but digests, in order.
func digests(list []Digest) bool {
	return ascending(list) && !slices.ContainsFunc(list, func(d Digest) bool { return !d.Valid() })
}

func (v *Vote) wrong() string {
	switch v.Question {
	case AskRelease, AskHold, AskOverride, AskEnd, AskWithdraw:
	default:
		return fmt.Sprintf("there is no question %.30q", v.Question)
	}
	switch {
	case len(v.Reason) > maxWording:
		return "the reason is too long"
	case v.Question != AskRelease && (v.Seal != "" || v.Knows != nil):
		return "only a vote for release names a seal, and positions that the member knows of"
	case v.Question == AskRelease && (!v.Seal.Valid() || len(v.Knows) > maxList || !digests(v.Knows)):
		return "it names no seal, or positions that are too many or not in order"
	}
	return ""
}

func (s *Share) wrong() string {
	if b, err := decode64(s.Share); !s.Seal.Valid() || err != nil || len(b) != 32 {
		return "it names no seal, or is not 32 bytes in base64"
	}
	return ""
}
