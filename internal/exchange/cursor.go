package exchange

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"

	"entente/internal/store"
)

// A cursor is written as base64url of: a format byte; date added in microseconds, collection and seq, eight bytes each; and
// the first 16 bytes of an HMAC-SHA-256 over these and over whom and what they are good for.
const (
	cursorFormat = 1
	cursorBody   = 1 + 3*8
	cursorMAC    = 16
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

// cursorSum binds a place to a caller and the filters of the query.
func cursorSum(key, body []byte, p Principal, filters string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(body)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(p.User)))
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(p.Org)))
	mac.Write([]byte(filters))
	return mac.Sum(nil)[:cursorMAC]
}

// SignCursor writes a place as the value of TAXII's next, good for this caller and these filters alone. filters is whatever
// tells queries apart: collection, endpoint and parameters, written in one way.
func (s *Service) SignCursor(ctx context.Context, p Principal, filters string, c store.Cursor) (string, error) {
	key, err := s.cursorKey(ctx)
	if err != nil {
		return "", err
	}
	b := make([]byte, 0, cursorBody+cursorMAC)
	b = append(b, cursorFormat)
	b = binary.BigEndian.AppendUint64(b, uint64(c.Added.UnixMicro()))
	b = binary.BigEndian.AppendUint64(b, uint64(c.Collection))
	b = binary.BigEndian.AppendUint64(b, uint64(c.Seq))
	b = append(b, cursorSum(key, b, p, filters)...)
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// OpenCursor reads what [Service.SignCursor] wrote. The error is [ErrBadRequest] for anything else.
func (s *Service) OpenCursor(ctx context.Context, p Principal, filters, text string) (store.Cursor, error) {
	key, err := s.cursorKey(ctx)
	if err != nil {
		return store.Cursor{}, err
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != cursorBody+cursorMAC || b[0] != cursorFormat ||
		subtle.ConstantTimeCompare(b[cursorBody:], cursorSum(key, b[:cursorBody], p, filters)) != 1 {
		return store.Cursor{}, fmt.Errorf("next is of no page of this query: begin again without it: %w", ErrBadRequest)
	}
	return store.Cursor{
		Added:      time.UnixMicro(int64(binary.BigEndian.Uint64(b[1:]))).UTC(),
		Collection: int64(binary.BigEndian.Uint64(b[9:])),
		Seq:        int64(binary.BigEndian.Uint64(b[17:])),
	}, nil
}
