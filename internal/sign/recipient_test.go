package sign

import (
	"testing"

	"filippo.io/age"
)

// TestSmallRecipients: nothing can be encrypted to any of the recipients that are refused, and to others something can.
func TestSmallRecipients(t *testing.T) {
	for _, s := range smallRecipients() {
		r, err := age.ParseX25519Recipient(s)
		if err != nil {
			t.Errorf("%s is no recipient: %v", s, err)
			continue
		}
		if _, err := r.Wrap(make([]byte, 16)); err == nil {
			t.Errorf("something can be encrypted to %s", s)
		}
		if _, err := ParseRecipient(s); err == nil {
			t.Errorf("%s is taken", s)
		}
	}
	if n := len(smallRecipients()); n != 14 {
		t.Errorf("%d recipients, want 7 points with two encodings each", n)
	}
	id, err := NewIdentity(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseRecipient(id.Card().Recipient); err != nil {
		t.Error(err)
	}
}
