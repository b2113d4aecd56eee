package coalition

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"entente/internal/sign"
)

// NewRoot begins the first root of a coalition: a name, and a UUID that is drawn.
func NewRoot(name string, random io.Reader) (*Root, error) {
	id, err := newUUID(random)
	if err != nil {
		return nil, err
	}
	return &Root{Type: "root", Coalition: id, Name: name, Version: 1}, nil
}

// newUUID is a random one (RFC 9562, version 4).
func newUUID(random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("uuid: %w", err)
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}

// NewStatement is a UUID for a statement.
func NewStatement(random io.Reader) (string, error) { return newUUID(random) }

// Next is a copy of the latest root as the next version, for its maker to change.
func (c *Chain) Next() (*Root, error) {
	b, err := write(c.Latest())
	if err != nil {
		return nil, err
	}
	r := new(Root)
	if err := json.Unmarshal(b, r); err != nil {
		return nil, err
	}
	r.Version, r.Previous = r.Version+1, c.Digest()
	return r, nil
}

// Put adds a member, or puts it in place of the one of its id. What lists have to be in order is put in order.
func (r *Root) Put(m Member) {
	slices.Sort(m.Keys)
	slices.Sort(m.Recipients)
	slices.Sort(m.Roles)
	r.Remove(m.ID)
	at, _ := slices.BinarySearchFunc(r.Members, m.ID, func(m Member, id string) int {
		if m.ID < id {
			return -1
		}
		return 1
	})
	r.Members = slices.Insert(r.Members, at, m)
}

// Remove takes a member out, and says whether it was there.
func (r *Root) Remove(id string) bool {
	n := len(r.Members)
	r.Members = slices.DeleteFunc(r.Members, func(m Member) bool { return m.ID == id })
	return len(r.Members) < n
}

// Revoke takes a key away from whoever has it: what it signed counts only where witnesses saw it before a time.
func (r *Root) Revoke(x Revoked) error {
	if r.revoked(x.Key) != nil {
		return fmt.Errorf("key %.12s… is revoked already", x.Key)
	}
	for i := range r.Members {
		m := &r.Members[i]
		m.Keys = slices.DeleteFunc(m.Keys, func(text string) bool { return keyIDOf(text) == x.Key })
		if m.Witness != "" && keyIDOf(m.Witness) == x.Key {
			m.Witness = ""
		}
	}
	r.Revoked = append(r.Revoked, x)
	slices.SortFunc(r.Revoked, func(a, b Revoked) int {
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	return nil
}

func keyIDOf(text string) sign.KeyID {
	k, err := sign.ParsePublicKey(text)
	if err != nil {
		return ""
	}
	return k.ID()
}

// SignRoot makes the envelope of a root with the first signature. It refuses a root that nobody would take in.
func SignRoot(r *Root, s sign.Signer) ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("root: %w", err)
	}
	payload, err := write(r)
	if err != nil {
		return nil, err
	}
	env, err := sign.Sign(RootType, payload, s)
	if err != nil {
		return nil, err
	}
	return env.Bytes(), nil
}

// CosignRoot adds a signature to the envelope of a root.
func CosignRoot(file []byte, s sign.Signer) ([]byte, error) {
	env, _, err := parseRoot(file)
	if err != nil {
		return nil, err
	}
	if err := env.Add(s); err != nil {
		return nil, err
	}
	return env.Bytes(), nil
}

// RootFile is a root that waits for signatures, or has them.
type RootFile struct {
	Root   *Root
	Digest Digest // of the payload, by which members tell each other which root they mean
	// Signed are the members whose signatures count, of the version before and of this one, and how many it takes of each;
	// of a first root both are its own.
	Before, Own         []string
	NeedBefore, NeedOwn int
}

// Complete says that enough have signed.
func (f *RootFile) Complete() bool { return len(f.Before) >= f.NeedBefore && len(f.Own) >= f.NeedOwn }

// ReadRootFile reads an envelope of a root and says who has signed it. latest is the root that it follows on, nil for a
// first one.
func ReadRootFile(file []byte, latest *Root) (*RootFile, error) {
	env, r, err := parseRoot(file)
	if err != nil {
		return nil, err
	}
	if latest == nil {
		latest = r
	}
	if latest.Coalition != r.Coalition {
		return nil, errors.New("root: it is of another coalition")
	}
	f := &RootFile{Root: r, Digest: DigestOf(env.Payload), NeedBefore: latest.Threshold.Root, NeedOwn: r.Threshold.Root}
	if f.Before, err = signersOf(env, latest); err != nil {
		return nil, err
	}
	f.Own, err = signersOf(env, r)
	return f, err
}

// signersOf are the members of a root that have signed and whose signatures count for the next one, in order.
func signersOf(env *sign.Envelope, r *Root) ([]string, error) {
	owner, known := map[sign.PublicKey]string{}, map[sign.KeyID]sign.PublicKey{}
	for i := range r.Members { // once: hundreds may have signed
		for _, text := range r.Members[i].Keys {
			if k, ok := checkedKey(text); ok {
				owner[k], known[k.ID()] = r.Members[i].ID, k
			}
		}
	}
	keys, err := env.Signers(func(id sign.KeyID) (sign.PublicKey, bool) {
		k, ok := known[id]
		return k, ok
	})
	if err != nil {
		return nil, err
	}
	var out []string
	for _, k := range keys {
		if m := owner[k]; r.Member(m).Has(RoleRoot) && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	slices.Sort(out)
	return out, nil
}
