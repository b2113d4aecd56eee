package taxii

import (
	"mime"
	"strconv"
	"strings"
)

// MediaType is that of every answer (section 1.6.8).
const MediaType = "application/taxii+json;version=2.1"

const taxiiType = "application/taxii+json"

// The media types of objects that a collection holds.
var stixTypes = []string{stixType + "2.1", stixType + "2.0"}

const stixType = "application/stix+json;version="

// accepts says whether one of the media ranges of the Accept headers admits [MediaType] (RFC 9110 section 12.5.1). A request
// without any does not: section 3.1 demands one.
func accepts(headers []string) bool {
	best, quality := -1, 0.0 // of the most specific range that fits, which decides
	for _, h := range headers {
		for _, part := range splitList(h) {
			if fit, q := admits(part); fit > best || fit == best && q > quality {
				best, quality = fit, q
			}
		}
	}
	return best >= 0 && quality > 0
}

// admits says how closely a media range fits (-1: not at all) and its quality.
func admits(mediaRange string) (fit int, quality float64) {
	kind, params, err := mime.ParseMediaType(mediaRange)
	if err != nil {
		return -1, 0
	}
	quality = 1
	if q, ok := params["q"]; ok {
		quality, err = strconv.ParseFloat(q, 64)
		if err != nil || quality < 0 || quality > 1 {
			return -1, 0
		}
	}
	switch kind {
	case "*/*":
		return 0, quality
	case "application/*":
		return 1, quality
	case taxiiType:
		version, ok := params["version"]
		switch {
		case !ok:
			return 2, quality
		case version == "2.1":
			return 3, quality
		}
	}
	return -1, 0
}

// isTAXII says whether a Content-Type is one that a body may have: with version 2.1, or without a version.
func isTAXII(contentType string) bool {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != taxiiType {
		return false
	}
	version, ok := params["version"]
	if ok && version != "2.1" {
		return false
	}
	charset, ok := params["charset"]
	return !ok || strings.EqualFold(charset, "utf-8")
}

// splitList splits a header at the commas outside quotes.
func splitList(header string) []string {
	var out []string
	quoted, start := false, 0
	for i := 0; i < len(header); i++ {
		switch c := header[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			out = append(out, strings.TrimSpace(header[start:i]))
			start = i + 1
		}
	}
	return append(out, strings.TrimSpace(header[min(start, len(header)):]))
}
