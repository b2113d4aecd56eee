package taxiiclient

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxErrorBody is how much of what comes with an error is read.
const maxErrorBody = 64 << 10

// Error is an answer of the server that is no success. Title, Description and the rest are the server's own words
// (section 3.6.1), shortened and without control characters; they may be empty.
type Error struct {
	Method      string
	URL         string
	Status      int // of HTTP
	Title       string
	Description string
	Code        string // error_code
	ID          string // error_id
	// RetryAfter is how long the server asks to wait, 0 where it does not.
	RetryAfter time.Duration
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: the server answers %d", e.Method, e.URL, e.Status)
	if t := http.StatusText(e.Status); t != "" {
		b.WriteString(" " + t)
	}
	if e.Title != "" {
		b.WriteString(": " + e.Title)
	}
	if e.Description != "" && e.Description != e.Title {
		b.WriteString(" (" + e.Description + ")")
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, "; it asks to come again in %s", e.RetryAfter.Round(time.Second))
	}
	return b.String()
}

func newError(r request, resp *http.Response, body []byte) *Error {
	e := &Error{
		Method: r.method, URL: shownURL(r.url), Status: resp.StatusCode,
		RetryAfter: retryAfter(resp.Header.Get("Retry-After"), time.Now()),
	}
	var said struct {
		Title       string `json:"title"`
		Description string `json:"description"`
		Code        string `json:"error_code"`
		ID          string `json:"error_id"`
	}
	if json.Unmarshal(body, &said) == nil {
		e.Title, e.Description = plain(said.Title), plain(said.Description)
		e.Code, e.ID = plain(said.Code), plain(said.ID)
	}
	return e
}

// plain makes words of a server fit for a line of a terminal or a log.
func plain(s string) string {
	const most = 300
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), " ")
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return s
}

// shownURL is an address for people: the cursor of a page is long and says nothing to them.
func shownURL(u *url.URL) string {
	short := *u
	if q := u.Query(); len(q.Get("next")) > 20 {
		q.Set("next", q.Get("next")[:20]+"…")
		short.RawQuery = q.Encode()
	}
	s := short.String()
	if len(s) > 500 {
		s = s[:500] + "…"
	}
	return s
}

// transportError is a request that got no answer.
type transportError struct {
	Method, URL string
	Err         error
}

func (e *transportError) Error() string { return e.Method + " " + e.URL + ": " + e.Err.Error() }
func (e *transportError) Unwrap() error { return e.Err }
