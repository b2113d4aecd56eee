package logserver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"entente/internal/coalition"
	"entente/internal/sign"
)

// Client brings a member's events into the log of its coalition.
type Client struct {
	URL  string       // where the log is, without "/add"
	HTTP *http.Client // nil is one of its own, which follows no redirection
}

// maxAnswer bounds what a log may answer, in bytes: so many proofs with the cosignatures of a thousand witnesses.
const maxAnswer = 256 << 20

// Submit brings the events of a folder that are not yet proven into the log, and takes the proofs in. done is how many are
// proven now. What fewer witnesses have cosigned than it takes is in the log all the same, and asked for the next time.
func (c *Client) Submit(ctx context.Context, f *coalition.Folder, s sign.Signer) (done, waiting int, err error) {
	return c.SubmitEvents(ctx, f, f.Book().Unlogged(), s)
}

// SubmitEvents is Submit for some events.
func (c *Client) SubmitEvents(ctx context.Context, f *coalition.Folder, list []coalition.Digest, s sign.Signer) (done, waiting int, err error) {
	for part := range slices.Chunk(list, MaxEntries) {
		a, err := c.add(ctx, f.Book().Chain().Latest().Coalition, part, s)
		if err != nil {
			return done, waiting, err
		}
		if len(a.Proofs) != len(part) {
			return done, waiting, fmt.Errorf("log: it answers with %d proofs of %d entries", len(a.Proofs), len(part))
		}
		for _, text := range a.Proofs {
			switch _, err := f.Take(coalition.Item{Kind: coalition.ItemProof, Data: []byte(text)}); {
			case errors.Is(err, coalition.ErrUnwitnessed):
				waiting++
			case err != nil:
				return done, waiting, fmt.Errorf("log: %w", err)
			default:
				done++
			}
		}
	}
	return done, waiting, nil
}

func (c *Client) add(ctx context.Context, coalitionID string, list []coalition.Digest, s sign.Signer) (*answer, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("log: %.100q is not an address that begins with https:// or http://", c.URL)
	}
	body, err := request(coalitionID, list, s)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.URL, "/")+"/add", bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	h := c.HTTP
	if h == nil {
		h = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	got, err := h.Do(r)
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	defer got.Body.Close() //nolint:errcheck // only read
	b, err := io.ReadAll(io.LimitReader(got.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	if got.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("log: it answers %s: %.200q", got.Status, bytes.TrimSpace(b[:min(len(b), 200)]))
	}
	a := new(answer)
	if len(b) > maxAnswer || json.Unmarshal(b, a) != nil {
		return nil, errors.New("log: its answer is none, or too large")
	}
	return a, nil
}
