package exchange

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"entente/internal/store"
)

// A cursor is base64url of: a format byte; a random nonce of 12 bytes; and, sealed with AES-256-GCM, date added in
// microseconds, collection and seq, eight bytes each. The caller and the filters are what GCM calls additional data. It is
// sealed and not only signed, because the seq of an item tells how many there are that its reader does not see.
const (
	cursorFormat = 1
	cursorNonce  = 12
	cursorBody   = 3 * 8
	cursorTag    = 16
)

// cursorKeyName is where the store keeps the key, so that all nodes of one store take each other's cursors.
const cursorKeyName = "exchange.cursor.key"

// cursorKey is the key of cursors, made when the first one is signed.
func (s *Service) cursorKey(ctx context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key != nil {
		return s.key, nil
	}
	fresh := make([]byte, 32)
	rand.Read(fresh) // never fails
	key, err := s.st.MetaOr(ctx, cursorKeyName, fresh)
	if err != nil {
		return nil, fmt.Errorf("key of cursors: %w", meaning(err))
	}
	s.key = key
	return key, nil
}

// cursorSeal is the cipher of cursors.
func (s *Service) cursorSeal(ctx context.Context) (cipher.AEAD, error) {
	key, err := s.cursorKey(ctx)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("key of cursors: %w", err)
	}
	return cipher.NewGCM(block)
}

// cursorScope is whom and what a cursor is good for.
func cursorScope(p Principal, filters string) []byte {
	b := []byte{cursorFormat}
	b = binary.BigEndian.AppendUint64(b, uint64(p.User))
	b = binary.BigEndian.AppendUint64(b, uint64(p.Org))
	return append(b, filters...)
}

// SignCursor writes a place as the value of TAXII's next, good for this caller and these filters alone, and readable to
// nobody. filters is whatever tells queries apart: collection, endpoint and parameters, written in one way.
func (s *Service) SignCursor(ctx context.Context, p Principal, filters string, c store.Cursor) (string, error) {
	seal, err := s.cursorSeal(ctx)
	if err != nil {
		return "", err
	}
	body := make([]byte, 0, cursorBody)
	body = binary.BigEndian.AppendUint64(body, uint64(c.Added.UnixMicro()))
	body = binary.BigEndian.AppendUint64(body, uint64(c.Collection))
	body = binary.BigEndian.AppendUint64(body, uint64(c.Seq))
	out := make([]byte, 1+cursorNonce, 1+cursorNonce+cursorBody+cursorTag)
	out[0] = cursorFormat
	rand.Read(out[1:]) // never fails
	out = seal.Seal(out, out[1:1+cursorNonce], body, cursorScope(p, filters))
	return base64.RawURLEncoding.EncodeToString(out), nil
}

// OpenCursor reads what [Service.SignCursor] wrote. The error is [ErrBadRequest] for anything else.
func (s *Service) OpenCursor(ctx context.Context, p Principal, filters, text string) (store.Cursor, error) {
	seal, err := s.cursorSeal(ctx)
	if err != nil {
		return store.Cursor{}, err
	}
	refused := fmt.Errorf("next is of no page of this query: begin again without it: %w", ErrBadRequest)
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") || len(b) != 1+cursorNonce+cursorBody+cursorTag || b[0] != cursorFormat {
		return store.Cursor{}, refused
	}
	body, err := seal.Open(nil, b[1:1+cursorNonce], b[1+cursorNonce:], cursorScope(p, filters))
	if err != nil {
		return store.Cursor{}, refused
	}
	return store.Cursor{
		Added:      time.UnixMicro(int64(binary.BigEndian.Uint64(body))).UTC(),
		Collection: int64(binary.BigEndian.Uint64(body[8:])),
		Seq:        int64(binary.BigEndian.Uint64(body[16:])),
	}, nil
}
