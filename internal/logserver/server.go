package logserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"

	"entente/internal/coalition"
	"entente/internal/sign"
	"entente/internal/translog"
)

// Options are what a server is made of.
type Options struct {
	Log       *translog.Log
	Root      *os.Root                                  // the log's folder, whose tiles are served
	Latest    func() *coalition.Root                    // the root whose members may add; it is asked for each request
	Witnesses func(*coalition.Root) []translog.Cosigner // of a root; none where nobody watches
	Logger    *slog.Logger
	// Wait bounds how long an answer waits for witnesses; 0 is five seconds.
	Wait time.Duration
}

// Server is an [http.Handler]: POST /add, and the files of the log (C2SP tlog-tiles).
type Server struct {
	o   Options
	mux *http.ServeMux

	cosigning sync.Mutex // one round at a time: those who wait get what the next one brings
}

// New makes a server.
func New(o Options) *Server {
	if o.Wait == 0 {
		o.Wait = 5 * time.Second
	}
	s := &Server{o: o, mux: http.NewServeMux()}
	s.mux.Handle("/", translog.Handler(o.Root))
	s.mux.HandleFunc("POST /add", s.add)
	return s
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// maxBody bounds a request, in bytes: so many digests, their envelope in base64, and what surrounds them.
const maxBody = MaxEntries*110*4/3 + 4<<10

func (s *Server) add(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		status := http.StatusBadRequest
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			status = http.StatusRequestEntityTooLarge
		}
		http.Error(w, "the request could not be read, or is too large", status)
		return
	}
	env, e, err := parseRequest(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	root := s.o.Latest()
	member, err := memberOf(env, root)
	if err != nil || e.Coalition != root.Coalition {
		http.Error(w, "it is not signed by a member of this coalition", http.StatusForbidden)
		return
	}
	a, err := s.append(r.Context(), root, e.Entries)
	if err != nil {
		s.o.Logger.LogAttrs(r.Context(), slog.LevelError, "entries could not be added", slog.String("member", member), slog.Any("error", err))
		http.Error(w, "the entries could not be added: send them again", http.StatusInternalServerError)
		return
	}
	s.o.Logger.LogAttrs(r.Context(), slog.LevelInfo, "entries added", slog.String("member", member), slog.Int("entries", len(e.Entries)), slog.Int("witnesses", a.Witnesses))
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(a) // a client that has gone sends it again
}

// memberOf is whose signature a request has, by the latest root.
func memberOf(env *sign.Envelope, root *coalition.Root) (string, error) {
	member := ""
	_, err := env.Signers(func(id sign.KeyID) (sign.PublicKey, bool) {
		k, m, ok := root.KeyOf(id)
		if ok {
			member = m
		}
		return k, ok
	})
	if err != nil {
		return "", err
	}
	if member == "" {
		return "", errors.New("no member has signed it")
	}
	return member, nil
}

// append adds entries, has the checkpoint cosigned, and proves them.
func (s *Server) append(ctx context.Context, root *coalition.Root, list []coalition.Digest) (*answer, error) {
	digests := make([]translog.Digest, 0, len(list))
	for _, d := range list {
		entry, err := d.Entry()
		if err != nil {
			return nil, err
		}
		digests = append(digests, entry)
	}
	at, err := s.o.Log.Append(ctx, digests...)
	if err != nil {
		return nil, fmt.Errorf("append: %w", err)
	}
	head, witnesses := s.cosign(ctx, root)
	a := &answer{Proofs: []string{}, Witnesses: witnesses}
	for i, d := range digests {
		p, err := s.o.Log.Prove(at[i], head)
		if err != nil {
			return nil, fmt.Errorf("prove: %w", err)
		}
		p.Extra = d[:]
		a.Proofs = append(a.Proofs, string(p.Text()))
	}
	return a, nil
}

// cosign asks witnesses about the last checkpoint. A witness that does not answer is told of, and asked again the next time.
func (s *Server) cosign(ctx context.Context, root *coalition.Root) (head *translog.SignedCheckpoint, witnesses int) {
	list := s.o.Witnesses(root)
	s.cosigning.Lock()
	defer s.cosigning.Unlock()
	ctx, stop := context.WithTimeout(ctx, s.o.Wait)
	defer stop()
	head, err := s.o.Log.Cosign(ctx, list...)
	if err != nil {
		s.o.Logger.LogAttrs(ctx, slog.LevelWarn, "some witnesses have not cosigned", slog.Any("error", err))
	}
	var keys []translog.Key
	for _, c := range list {
		keys = append(keys, c.Key())
	}
	good, _ := head.Cosignatures(keys) // those that are wrong were left out
	return head, len(good)
}
