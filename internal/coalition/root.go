package coalition

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"entente/internal/parallel"
	"entente/internal/sign"
	"entente/internal/translog"
)

// RootType is the payload type of a root.
const RootType = "application/vnd.entente.coalition.root.v1+json"

// Root lists who is in a coalition and what it takes to decide. Each version is signed by a threshold of its own members
// and, but for the first, by a threshold of those of the version before; after The Update Framework, section 5.3.
type Root struct {
	Type      string    `json:"type"`      // "root"
	Coalition string    `json:"coalition"` // UUID
	Name      string    `json:"name"`
	Version   int       `json:"version"`            // from 1
	Previous  Digest    `json:"previous,omitempty"` // of the payload of the version before
	Issued    Time      `json:"issued"`
	Expires   Time      `json:"expires"`
	Threshold Quorums   `json:"thresholds"`
	Members   []Member  `json:"members"`           // in order of id
	Revoked   []Revoked `json:"revoked,omitempty"` // in order of key; never shorter than before
	Log       *Log      `json:"log,omitempty"`
}

// Quorums say how many members it takes.
type Quorums struct {
	Root    int `json:"root"`              // to sign the next root
	Adopt   int `json:"adopt"`             // to adopt a statement
	Release int `json:"release"`           // to release one, and to open its seal
	Witness int `json:"witness,omitempty"` // cosignatures that a checkpoint of the log needs
}

// Member is an organisation in a coalition.
type Member struct {
	ID         string   `json:"id"`                // see memberID
	Name       string   `json:"name"`              // as people write it
	Keys       []string `json:"keys"`              // public keys in base64, in order
	Recipients []string `json:"recipients"`        // age recipients (X25519), in order: what members send each other is encrypted to them
	Roles      []Role   `json:"roles,omitempty"`   // in order of name
	Witness    string   `json:"witness,omitempty"` // public key of the member's witness, in base64
}

// Role is what a member may do besides taking positions.
type Role string

// Roles.
const (
	RoleAdopt   Role = "adopt"   // its positions count for adoption
	RolePropose Role = "propose" // may propose statements, and seal them
	RoleRelease Role = "release" // holds a share of seals, and votes for their release
	RoleRoot    Role = "root"    // its signature counts for the next root
)

// Revoked is a key that is no longer its member's: it was lost or stolen.
type Revoked struct {
	Key    sign.KeyID `json:"key"`
	Since  Time       `json:"since"` // what it signed counts only where a witness saw it before
	Reason string     `json:"reason"`
}

// Log is the coalition's transparency log. Where it is reached is for members to know: it may move.
type Log struct {
	Origin string `json:"origin"` // as its checkpoints name it (C2SP tlog-checkpoint)
	Key    string `json:"key"`    // public key in base64
}

// WitnessName is what a member's witness is called in cosignatures.
func (r *Root) WitnessName(member string) string { return r.Coalition + "/" + member }

var (
	originForm   = regexp.MustCompile(`^[!-*,-~]{1,200}$`)
	languageForm = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,6}$`)
	uuidForm     = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	keyForm      = regexp.MustCompile(`^[0-9a-f]{64}$`)
	saltForm     = regexp.MustCompile(`^[0-9a-f]{32}$`)
	claimForm    = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$`)
	memberForm   = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
)

// Bounds on a root.
const (
	maxMembers = 1024
	maxText    = 512
	maxKeys    = 16
)

// check says what is wrong with a root by itself.
func (r *Root) check() error {
	switch {
	case r.Type != "root":
		return fmt.Errorf("it is of type %q, not root", r.Type)
	case !uuidForm.MatchString(r.Coalition):
		return fmt.Errorf("%.50q is no UUID of a coalition", r.Coalition)
	case r.Name == "" || len(r.Name) > maxText:
		return errors.New("the coalition has no name, or one that is too long")
	case r.Version < 1 || (r.Version == 1) != (r.Previous == "") || r.Previous != "" && !r.Previous.Valid():
		return fmt.Errorf("version %d and the digest of the version before do not go together", r.Version)
	case r.Expires <= r.Issued:
		return errors.New("it expires before it is issued")
	case len(r.Members) == 0 || len(r.Members) > maxMembers:
		return fmt.Errorf("it has %d members; a coalition has 1 to %d", len(r.Members), maxMembers)
	}
	if err := r.checkMembers(); err != nil {
		return err
	}
	for i, x := range r.Revoked {
		if i > 0 && r.Revoked[i-1].Key >= x.Key {
			return errors.New("the revoked keys are not in order")
		}
		if !keyForm.MatchString(string(x.Key)) {
			return fmt.Errorf("%.70q is no id of a key", x.Key)
		}
		if x.Reason == "" || len(x.Reason) > maxText {
			return fmt.Errorf("revoked key %.12s: there is no reason, or it is too long", x.Key)
		}
	}
	if r.Log != nil {
		if _, err := sign.ParsePublicKey(r.Log.Key); err != nil {
			return fmt.Errorf("the key of the log: %w", err)
		}
		if !originForm.MatchString(r.Log.Origin) {
			return fmt.Errorf("%.100q is no name of a log: visible ASCII without blanks and plus signs", r.Log.Origin)
		}
	}
	return r.checkThresholds()
}

func (r *Root) checkMembers() error {
	owner := map[string]string{}
	keys := r.parseKeys()
	for i := range r.Members {
		m := &r.Members[i]
		switch {
		case !memberForm.MatchString(m.ID):
			return fmt.Errorf("%.70q is no id of a member: lower-case letters, digits and hyphens", m.ID)
		case i > 0 && r.Members[i-1].ID >= m.ID:
			return fmt.Errorf("member %s is not in order of id, or stands twice", m.ID)
		case m.Name == "" || len(m.Name) > maxText:
			return fmt.Errorf("member %s has no name, or one that is too long", m.ID)
		case len(m.Keys) == 0 || len(m.Keys) > maxKeys || !ascending(m.Keys):
			return fmt.Errorf("member %s has %d keys, or they are not in order; a member has 1 to %d", m.ID, len(m.Keys), maxKeys)
		case len(m.Recipients) > maxKeys || !ascending(m.Recipients) || !ascending(m.Roles):
			return fmt.Errorf("the recipients or roles of member %s are not in order, or too many", m.ID)
		case len(m.Recipients) == 0:
			return fmt.Errorf("member %s has no recipient to whom anything can be sealed", m.ID)
		}
		for _, role := range m.Roles {
			if role != RoleAdopt && role != RolePropose && role != RoleRelease && role != RoleRoot {
				return fmt.Errorf("member %s: there is no role %.50q", m.ID, role)
			}
		}
		for _, r := range m.Recipients {
			if _, err := sign.ParseRecipient(r); err != nil {
				return fmt.Errorf("member %s: %w", m.ID, err)
			}
		}
		for _, k := range m.allKeys() {
			p, err := keys[k].key, keys[k].err
			if err != nil {
				return fmt.Errorf("member %s: %w", m.ID, err)
			}
			if other, taken := owner[k]; taken {
				return fmt.Errorf("one key stands with %s and with %s", other, m.ID)
			}
			owner[k] = m.ID
			if r.revoked(p.ID()) != nil {
				return fmt.Errorf("member %s has key %.12s, which is revoked", m.ID, p.ID())
			}
		}
	}
	return nil
}

// allKeys are the keys of a member, that of its witness as well.
func (m *Member) allKeys() []string {
	if m.Witness == "" {
		return m.Keys
	}
	return append(slices.Clone(m.Keys), m.Witness)
}

// parsedKey is a key, or what is wrong with it.
type parsedKey struct {
	key sign.PublicKey
	err error
}

// parseKeys reads all keys of a root at once: to see that one is a point of the curve takes some tens of microseconds.
func (r *Root) parseKeys() map[string]parsedKey {
	var all []string
	for i := range r.Members {
		if len(r.Members[i].Keys) <= maxKeys { // one with more is refused for that
			all = append(all, r.Members[i].allKeys()...)
		}
	}
	parsed := make([]parsedKey, len(all))
	parallel.Each(len(all), func(i int) { parsed[i].key, parsed[i].err = sign.ParsePublicKey(all[i]) })
	out := make(map[string]parsedKey, len(all))
	for i, k := range all {
		out[k] = parsed[i]
	}
	return out
}

func (r *Root) checkThresholds() error {
	for _, t := range []struct {
		name  string
		n     int
		least int
		role  Role
	}{{"root", r.Threshold.Root, 1, RoleRoot}, {"adopt", r.Threshold.Adopt, 1, RoleAdopt}, {"release", r.Threshold.Release, 1, RoleRelease}} {
		if all := r.With(t.role); t.n < t.least || t.n > all {
			return fmt.Errorf("it takes %d members for %q, and %d have that role", t.n, t.name, all)
		}
	}
	witnesses := 0
	for _, m := range r.Members {
		if m.Witness != "" {
			witnesses++
		}
	}
	if r.Log == nil && r.Threshold.Witness > 0 {
		return errors.New("it takes witnesses, and there is no log that they could watch")
	}
	if r.Threshold.Witness < 0 || r.Threshold.Witness > witnesses {
		return fmt.Errorf("it takes %d witnesses, and there are %d", r.Threshold.Witness, witnesses)
	}
	return nil
}

func ascending[T cmp.Ordered](list []T) bool {
	for i := 1; i < len(list); i++ {
		if list[i-1] >= list[i] {
			return false
		}
	}
	return true
}

// With is how many members have a role.
func (r *Root) With(role Role) (n int) {
	for i := range r.Members {
		if slices.Contains(r.Members[i].Roles, role) {
			n++
		}
	}
	return n
}

// Member is the member of an id, or nil.
func (r *Root) Member(id string) *Member {
	i, ok := slices.BinarySearchFunc(r.Members, id, func(m Member, id string) int { return cmp.Compare(m.ID, id) })
	if !ok {
		return nil
	}
	return &r.Members[i]
}

// Has says whether a member has a role.
func (m *Member) Has(role Role) bool { return m != nil && slices.Contains(m.Roles, role) }

func (r *Root) revoked(k sign.KeyID) *Revoked {
	i, ok := slices.BinarySearchFunc(r.Revoked, k, func(x Revoked, k sign.KeyID) int { return cmp.Compare(x.Key, k) })
	if !ok {
		return nil
	}
	return &r.Revoked[i]
}

// key is the key of an id and whose it is.
func (r *Root) key(id sign.KeyID) (sign.PublicKey, string, bool) {
	for i := range r.Members {
		for _, k := range r.Members[i].Keys {
			if p, ok := checkedKey(k); ok && p.ID() == id {
				return p, r.Members[i].ID, true
			}
		}
	}
	return sign.PublicKey{}, "", false
}

// checkedKey reads a key of a root that was checked: that it is a point of the curve is known.
func checkedKey(k string) (p sign.PublicKey, ok bool) {
	var raw [48]byte
	if len(k) != base64.StdEncoding.EncodedLen(len(p)) {
		return p, false
	}
	n, err := base64.StdEncoding.Decode(raw[:], []byte(k))
	if err != nil || n != len(p) {
		return p, false
	}
	return sign.PublicKey(raw[:n]), true
}

// KeyOf is a signing key of a member by its id, and whose it is.
func (r *Root) KeyOf(id sign.KeyID) (k sign.PublicKey, member string, ok bool) { return r.key(id) }

// Witnesses are the keys of the members' witnesses as a log has them, by member. What a root says of them it has checked.
func (r *Root) Witnesses() map[string]translog.Key {
	out := map[string]translog.Key{}
	for i := range r.Members {
		m := &r.Members[i]
		if k, ok := checkedKey(m.Witness); ok {
			out[m.ID] = translog.Key{Name: r.WitnessName(m.ID), Public: k}
		}
	}
	return out
}

// LogKeys is the coalition's log as its witnesses know it; false where there is none.
func (r *Root) LogKeys() (translog.LogKeys, bool) {
	if r.Log == nil {
		return translog.LogKeys{}, false
	}
	k, err := sign.ParsePublicKey(r.Log.Key)
	return translog.LogKeys{Origin: r.Log.Origin, Keys: [][32]byte{k}}, err == nil
}
