package translog

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Handler serves add-checkpoint of C2SP tlog-witness at /add-checkpoint. Refused is called with each request that had a valid
// form and got no cosignature, and why; nil is nobody. A request needs no authentication: the log's signature in it is one.
func (w *Witness) Handler(refused func(ctx context.Context, request *AddCheckpoint, err error)) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", func(rw http.ResponseWriter, r *http.Request) {
		body, err := readBounded(r.Body, maxRequest)
		if err != nil {
			http.Error(rw, "the request could not be read: "+err.Error(), http.StatusBadRequest)
			return
		}
		request, err := ParseAddCheckpoint(body)
		if err != nil {
			http.Error(rw, err.Error(), http.StatusBadRequest)
			return
		}
		sigs, err := w.AddCheckpoint(r.Context(), request)
		if err != nil {
			if refused != nil {
				refused(r.Context(), request, err)
			}
			refuse(rw, err)
			return
		}
		rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
		for _, sig := range sigs {
			fmt.Fprint(rw, sig)
		}
	})
	return mux
}

// refuse answers with the status that C2SP tlog-witness has for an error.
func refuse(rw http.ResponseWriter, err error) {
	if conflict, ok := errors.AsType[*ConflictError](err); ok {
		refuseSize(rw, conflict.Size)
		return
	}
	if fork, ok := errors.AsType[*ForkError](err); ok {
		refuseSize(rw, fork.Seen.Size)
		return
	}
	status, text := http.StatusInternalServerError, "the witness has failed" // what fails inside is nobody's business outside
	switch {
	case errors.Is(err, ErrUnknownLog):
		status, text = http.StatusNotFound, err.Error()
	case errors.Is(err, ErrSignature):
		status, text = http.StatusForbidden, err.Error()
	case errors.Is(err, ErrRequest):
		status, text = http.StatusBadRequest, err.Error()
	case errors.Is(err, ErrProof):
		status, text = http.StatusUnprocessableEntity, err.Error()
	}
	http.Error(rw, text, status)
}

func refuseSize(rw http.ResponseWriter, size int64) {
	rw.Header().Set("Content-Type", sizeType)
	rw.WriteHeader(http.StatusConflict)
	fmt.Fprintf(rw, "%d\n", size)
}

const sizeType = "text/x.tlog.size"
