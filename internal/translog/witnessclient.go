package translog

import (
	"bytes"
	"context"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"
)

// maxAnswer bounds what a server may say, where no format does.
const maxAnswer = 1 << 16

// requestTimeout bounds one request, where the context does not bound it more.
const requestTimeout = 20 * time.Second

// WitnessClient asks a witness over HTTP.
type WitnessClient struct {
	Witness Key
	URL     string       // submission prefix, without "/add-checkpoint"
	HTTP    *http.Client // nil is one of its own, which follows no redirection
}

// Key implements [Cosigner].
func (c *WitnessClient) Key() Key { return c.Witness }

// AddCheckpoint implements [Cosigner]. Errors are [ErrUnknownLog], [ErrSignature], [ErrRequest], [ConflictError], [ErrProof], or of the
// network.
func (c *WitnessClient) AddCheckpoint(ctx context.Context, request *AddCheckpoint) ([]Signature, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.URL, "/")+"/add-checkpoint", bytes.NewReader(request.Body()))
	if err != nil {
		return nil, fmt.Errorf("witness %s: %w", c.Witness.Name, err)
	}
	r.Header.Set("Content-Type", "text/plain; charset=utf-8")
	answer, err := httpClient(c.HTTP).Do(r)
	if err != nil {
		return nil, fmt.Errorf("witness %s: %w", c.Witness.Name, err)
	}
	defer answer.Body.Close() //nolint:errcheck // only read
	body, err := readBounded(answer.Body, maxAnswer)
	if err != nil {
		return nil, fmt.Errorf("witness %s: its answer: %w", c.Witness.Name, err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("witness %s: %w", c.Witness.Name, answerError(answer, body))
	}
	sigs, err := ParseSignatures(body)
	if err != nil {
		return nil, fmt.Errorf("witness %s: its answer: %w", c.Witness.Name, err)
	}
	return sigs, nil
}

// answerError makes an error of what [refuse] has made of one.
func answerError(answer *http.Response, body []byte) error {
	said := clip(strings.ToValidUTF8(strings.TrimSpace(string(body)), "?"))
	switch answer.StatusCode {
	case http.StatusNotFound:
		return ErrUnknownLog
	case http.StatusForbidden:
		return ErrSignature
	case http.StatusBadRequest:
		return fmt.Errorf("%w: it says %q", ErrRequest, said)
	case http.StatusUnprocessableEntity:
		return ErrProof
	case http.StatusConflict:
		kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
		line, ended := strings.CutSuffix(string(body), "\n")
		if size, err := parseNumber(line); err == nil && ended && kind == sizeType {
			return &ConflictError{Size: size}
		}
	}
	return fmt.Errorf("it answers %s: %q", answer.Status, said)
}

// httpClient returns a client, its own where none is given.
func httpClient(c *http.Client) *http.Client {
	if c != nil {
		return c
	}
	return &http.Client{
		Timeout:       requestTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
