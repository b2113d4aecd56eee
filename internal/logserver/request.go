package logserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"entente/internal/coalition"
	"entente/internal/jcs"
	"entente/internal/sign"
)

// EntriesType is the payload type of a request.
const EntriesType = "application/vnd.entente.coalition.entries.v1+json"

// MaxEntries is how many digests one request may have.
const MaxEntries = 1000

// entries are what a member wants to have in the log. A request that is sent again changes nothing: the log has each digest
// once.
type entries struct {
	Coalition string             `json:"coalition"`
	Entries   []coalition.Digest `json:"entries"`
	Type      string             `json:"type"` // "entries"
}

const entriesType = "entries"

// answer is what the log says of them.
type answer struct {
	// Proofs are in the order of the entries (C2SP tlog-proof, with the digest as extra data).
	Proofs []string `json:"proofs"`
	// Witnesses is how many have cosigned the checkpoint of the proofs.
	Witnesses int `json:"witnesses"`
}

var errRequest = errors.New("it is no request for entries")

// request makes the envelope of a request.
func request(coalitionID string, list []coalition.Digest, s sign.Signer) ([]byte, error) {
	b, err := json.Marshal(entries{coalitionID, list, entriesType}) // members in order of name, nothing to escape
	if err != nil {
		return nil, err
	}
	env, err := sign.Sign(EntriesType, b, s)
	if err != nil {
		return nil, err
	}
	return env.Bytes(), nil
}

// parseRequest reads a request; who has signed it is for the caller to see.
func parseRequest(b []byte) (*sign.Envelope, *entries, error) {
	env, err := sign.ParseEnvelope(b)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errRequest, err)
	}
	canonical, err := jcs.Canonical(env.Payload)
	if err != nil || env.PayloadType != EntriesType || !bytes.Equal(canonical, env.Payload) {
		return nil, nil, fmt.Errorf("%w: its payload is not canonical JSON of type %s", errRequest, EntriesType)
	}
	e := new(entries)
	d := json.NewDecoder(bytes.NewReader(env.Payload))
	d.DisallowUnknownFields()
	if err := d.Decode(e); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errRequest, err)
	}
	if e.Type != entriesType || len(e.Entries) == 0 || len(e.Entries) > MaxEntries {
		return nil, nil, fmt.Errorf("%w: it is of type %.20q with %d entries; there are 1 to %d", errRequest, e.Type, len(e.Entries), MaxEntries)
	}
	for _, x := range e.Entries {
		if !x.Valid() {
			return nil, nil, fmt.Errorf("%w: %.80q is no digest", errRequest, x)
		}
	}
	return env, e, nil
}
