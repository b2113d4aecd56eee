package coalition

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"
	"strings"

	"filippo.io/age"
	"github.com/cloudflare/circl/group"
	"github.com/cloudflare/circl/secretsharing"
)

// The key that opens a release is made of a random scalar of ristretto255, which is shared among the members that may
// release (Shamir, with Feldman's commitments so that each can check its share). Fewer than the threshold know nothing of
// it. The release itself is an age file with a passphrase, which anybody's age opens once the shares are published.

// curve is the group of the shares. It takes no state.
var curve = group.Ristretto255

// workFactor is that of age's passphrases, log2: the passphrase has 256 random bits and needs no stretching.
const workFactor = 10

// NewSeal seals a release (see [Release]) of a content to as many members as root says, of whom it takes as many as root says.
func NewSeal(root *Root, manifest Digest, release []byte, contents Digest, random io.Reader) (ciphertext []byte, s *Seal, err error) {
	secret := curve.RandomNonZeroScalar(random)
	passphrase, err := passphraseOf(secret)
	if err != nil {
		return nil, nil, err
	}
	if ciphertext, err = lock(passphrase, release); err != nil {
		return nil, nil, err
	}
	dealer := secretsharing.New(random, uint(root.Threshold.Release-1), secret)
	s = &Seal{Ciphertext: DigestOf(ciphertext), Contents: contents}
	for _, c := range dealer.CommitSecret() {
		b, err := c.MarshalBinaryCompress()
		if err != nil {
			return nil, nil, fmt.Errorf("seal: %w", err)
		}
		s.Commitments = append(s.Commitments, base64.StdEncoding.EncodeToString(b))
	}
	for i := range root.Members {
		m := &root.Members[i]
		if !m.Has(RoleRelease) {
			continue
		}
		share := dealer.ShareWithID(shareID(len(s.Shares)))
		value, err := share.Value.MarshalBinary()
		if err != nil {
			return nil, nil, fmt.Errorf("seal: %w", err)
		}
		box, err := encryptTo(m.Recipients, append(value, shareOf(root.Coalition, manifest)...))
		if err != nil {
			return nil, nil, fmt.Errorf("seal: the share of %s: %w", m.ID, err)
		}
		s.Shares = append(s.Shares, SealedShare{m.ID, base64.StdEncoding.EncodeToString(box)})
	}
	return ciphertext, s, nil
}

// shareID is the place at which the polynomial is taken for the i-th share of a seal.
func shareID(i int) group.Scalar { return curve.NewScalar().SetUint64(uint64(i + 1)) }

// shareOf stands behind a share, so that its member knows what it is of. Whoever put sealed shares of one statement into a seal of another
// would have the members open the one at the hour of the other.
func shareOf(coalition string, manifest Digest) []byte {
	sum := sha256.Sum256([]byte("entente share v1\n" + coalition + "\n" + string(manifest) + "\n"))
	return sum[:]
}

// passphraseOf is the passphrase of a release: it does not tell the secret, so that a passphrase that is known early
// says nothing of who gave it away, and everything of what it opens.
func passphraseOf(secret group.Scalar) (string, error) {
	b, err := secret.MarshalBinary()
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	sum := sha256.Sum256(append([]byte("entente release key v1\n"), b...))
	return hex.EncodeToString(sum[:]), nil
}

func lock(passphrase string, plain []byte) ([]byte, error) {
	r, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	r.SetWorkFactor(workFactor)
	return encrypt(plain, r)
}

func encrypt(plain []byte, to ...age.Recipient) ([]byte, error) {
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to...)
	if err == nil {
		if _, err = w.Write(plain); err == nil {
			err = w.Close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	return b.Bytes(), nil
}

func encryptTo(recipients []string, plain []byte) ([]byte, error) {
	var to []age.Recipient
	for _, text := range recipients {
		r, err := age.ParseX25519Recipient(text)
		if err != nil {
			return nil, fmt.Errorf("recipient %.80q: %w", text, err)
		}
		to = append(to, r)
	}
	return encrypt(plain, to...)
}

// decrypt opens an age file of at most limit bytes.
func decrypt(box []byte, limit int64, identities ...age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(box), identities...)
	if err != nil {
		return nil, fmt.Errorf("decrypt: %w", err)
	}
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("decrypt: %w", err)
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("decrypt: it is larger than %d bytes", limit)
	}
	return b, nil
}

// ErrNoShare says that a seal has no share for a member.
var ErrNoShare = errors.New("the seal has no share for this member")

// ErrShare says that a share is not one of the seal's.
var ErrShare = errors.New("the share is not the one that was dealt")

// OpenShare takes a member's share out of a seal, and checks it.
func OpenShare(seal *Signed, member string, identities ...age.Identity) (*Share, error) {
	s := seal.Seal
	i := slices.IndexFunc(s.Shares, func(x SealedShare) bool { return x.Member == member })
	if i < 0 {
		return nil, ErrNoShare
	}
	box, err := decode64(s.Shares[i].Age)
	if err != nil {
		return nil, fmt.Errorf("the share of %s: %w", member, err)
	}
	value, err := decrypt(box, 64, identities...) // the share, and what it is of
	if _, foreign := errors.AsType[*age.NoIdentityMatchError](err); foreign {
		return nil, fmt.Errorf("the share of %s is encrypted to other keys than these: if it has changed them, to those that it had before", member)
	}
	if err != nil {
		return nil, fmt.Errorf("the share of %s: %w", member, err)
	}
	value, of := value[:min(len(value), 32)], value[min(len(value), 32):]
	if !bytes.Equal(of, shareOf(seal.Coalition, seal.Manifest)) {
		return nil, fmt.Errorf("%w: it is of another statement: do not vote for the release of this seal", ErrShare)
	}
	out := &Share{Seal: seal.ID, Share: base64.StdEncoding.EncodeToString(value)}
	if !ShareFits(s, member, out) {
		return nil, fmt.Errorf("%w: do not vote for the release of this seal", ErrShare)
	}
	return out, nil
}

// ShareFits says that a share is the one that a seal dealt to a member, by the commitments of the seal.
func ShareFits(s *Seal, member string, share *Share) bool {
	x, err := s.share(member, share)
	if err != nil || len(s.Commitments) == 0 {
		return false
	}
	// The polynomial at the member's place, which is small: what is doubled and added is a tenth of what a scalar takes.
	place := slices.IndexFunc(s.Shares, func(x SealedShare) bool { return x.Member == member }) + 1
	sum := curve.Identity()
	for _, text := range slices.Backward(s.Commitments) {
		b, err := decode64(text)
		c := curve.NewElement()
		if err != nil || c.UnmarshalBinary(b) != nil {
			return false
		}
		sum = sum.Add(times(place, sum), c)
	}
	return curve.NewElement().MulGen(x.Value).IsEqual(sum)
}

// times is n times an element. It takes longer for a larger n.
func times(n int, e group.Element) group.Element {
	out := curve.Identity()
	for i := bits.Len(uint(n)) - 1; i >= 0; i-- {
		out.Dbl(out)
		if n>>i&1 == 1 {
			out.Add(out, e)
		}
	}
	return out
}

// share reads a member's share.
func (s *Seal) share(member string, share *Share) (*secretsharing.Share, error) {
	i := slices.IndexFunc(s.Shares, func(x SealedShare) bool { return x.Member == member })
	if i < 0 {
		return nil, ErrNoShare
	}
	b, err := decode64(share.Share)
	if err != nil || len(b) != int(curve.Params().ScalarLength) {
		return nil, ErrShare
	}
	value := curve.NewScalar()
	if err := value.UnmarshalBinary(b); err != nil {
		return nil, ErrShare
	}
	if again, err := value.MarshalBinary(); err != nil || !bytes.Equal(again, b) {
		return nil, ErrShare // not in its one form
	}
	return &secretsharing.Share{ID: shareID(i), Value: value}, nil
}

// Unseal opens a sealed release with shares that fit the seal, by member.
func Unseal(s *Seal, ciphertext []byte, shares map[string]*Share) ([]byte, error) {
	if DigestOf(ciphertext) != s.Ciphertext {
		return nil, errors.New("unseal: the ciphertext is not the one that was sealed")
	}
	var list []secretsharing.Share
	for _, x := range s.Shares { // in order of member, so that everybody opens with the same ones
		if share := shares[x.Member]; share != nil && len(list) < len(s.Commitments) {
			if !ShareFits(s, x.Member, share) {
				return nil, fmt.Errorf("unseal: %s: %w", x.Member, ErrShare)
			}
			p, err := s.share(x.Member, share)
			if err != nil {
				return nil, fmt.Errorf("unseal: %s: %w", x.Member, err)
			}
			list = append(list, *p)
		}
	}
	if len(list) < len(s.Commitments) {
		return nil, fmt.Errorf("unseal: there are %d shares, and it takes %d", len(list), len(s.Commitments))
	}
	secret, err := secretsharing.Recover(uint(len(s.Commitments)-1), list)
	if err != nil {
		return nil, fmt.Errorf("unseal: %w", err)
	}
	passphrase, err := passphraseOf(secret)
	if err != nil {
		return nil, err
	}
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, fmt.Errorf("unseal: %w", err)
	}
	identity.SetMaxWorkFactor(workFactor)
	out, err := decrypt(ciphertext, maxRelease, identity)
	if err != nil {
		return nil, fmt.Errorf("unseal: %w", err)
	}
	return out, nil
}

// newSalt is one of 16 bytes, in hexadecimal.
func newSalt(random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("salt: %w", err)
	}
	return strings.ToLower(hex.EncodeToString(b[:])), nil
}
