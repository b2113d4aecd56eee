package taxii

import (
	"errors"
	"net/http"
	"strconv"

	"entente/internal/gate"
)

// problem is an answer that is no success.
type problem struct {
	status int
	title  string
	detail string
	header http.Header // to be added, nil without
}

func (p *problem) Error() string {
	if p.detail == "" {
		return p.title
	}
	return p.title + ": " + p.detail
}

func newProblem(status int, detail string) *problem {
	return &problem{status: status, title: titles[status], detail: detail}
}

// titles say what each status means to a client; the tables of sections 4 and 5 name the statuses.
var titles = map[int]string{
	http.StatusBadRequest:            "The request is malformed",
	http.StatusUnauthorized:          "Credentials are needed",
	http.StatusForbidden:             "Not allowed",
	http.StatusNotFound:              "Not found",
	http.StatusMethodNotAllowed:      "No such method here",
	http.StatusNotAcceptable:         "The Accept header admits no TAXII 2.1",
	http.StatusRequestTimeout:        "The body came too slowly",
	http.StatusRequestEntityTooLarge: "The body is too large",
	http.StatusUnsupportedMediaType:  "The Content-Type is not TAXII 2.1",
	http.StatusUnprocessableEntity:   "The body cannot be processed",
	http.StatusTooManyRequests:       "Too many requests",
	http.StatusInternalServerError:   "The server failed",
	http.StatusServiceUnavailable:    "The server cannot answer now",
	http.StatusInsufficientStorage:   "The server has no room",
}

// problemOf is what an error means in HTTP.
func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	f := gate.FailureOf(err)
	if f.Status == http.StatusConflict { // TAXII has no such status, and no request of a client that leads there
		f = gate.Failure{Status: http.StatusInternalServerError}
	}
	if big, ok := errors.AsType[*http.MaxBytesError](err); ok {
		f.Detail = "max_content_length is " + strconv.FormatInt(big.Limit, 10) + " bytes"
	}
	p := newProblem(f.Status, f.Detail)
	p.header = f.Header
	return p
}
