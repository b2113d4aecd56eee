package coverage

import (
	"slices"
	"strings"

	"entente/internal/hunt"
)

// namesInPaths maps what a folder may be called, folded, to the host that it is called after; "" where several are.
func namesInPaths(all []string, names *Names) map[string]string {
	out := map[string]string{}
	add := func(part, host string) {
		if other, ok := out[part]; ok && other != host {
			host = ""
		}
		out[part] = host
	}
	for _, n := range all {
		if isAddress(n) {
			continue
		}
		add(fold(n), names.Of(n))
		if label, _, ok := fullName(n); ok {
			add(label, names.Of(n))
		}
	}
	return out
}

// pathHost is the host that the paths of all logs name, "" where they name none or several.
func pathHost(g []hunt.FileHosts, byName map[string]string) string {
	found := ""
	for _, s := range g {
		h := ""
		parts := strings.FieldsFunc(s.File, func(r rune) bool { return r == '/' || r == '\\' || r == '!' })
		for _, p := range slices.Backward(parts) { // the nearest counts
			if h = partHost(fold(p), byName); h != "" {
				break
			}
		}
		if h == "" || found != "" && h != found {
			return ""
		}
		found = h
	}
	return found
}

// Names in parts of paths.
const (
	// minInPart is how long a name has to be that is found beside other words: shorter ones are words themselves.
	minInPart = 3
	// maxWords bounds the words of a part that are looked at.
	maxWords = 24
	// maxExtension is how long the end of a file's name is, with its dot.
	maxExtension = len(".jsonl")
)

// partHost is the host that a folder or file is called after: the whole name is its, or words of it are that stand
// together (EX01_u_ex210303.log, iis-ex01.a.example). Of several the longest counts; "" where two are of one length.
func partHost(part string, byName map[string]string) string {
	if h := byName[part]; h != "" {
		return h
	}
	if i := strings.LastIndexByte(part, '.'); i > 0 && len(part)-i <= maxExtension && strings.IndexFunc(part[i+1:], notLetter) < 0 {
		part = part[:i]
	}
	var cuts []int // where words begin, and where the part ends
	start := true
	for i := range len(part) {
		word := !separates(part[i])
		if word && start {
			cuts = append(cuts, i)
		}
		start = !word
	}
	cuts = append(cuts[:min(len(cuts), maxWords)], len(part))
	best, host := minInPart-1, ""
	for i, from := range cuts[:len(cuts)-1] {
		for _, end := range cuts[i+1:] {
			name := part[from:end]
			for len(name) > 0 && separates(name[len(name)-1]) {
				name = name[:len(name)-1]
			}
			h, ok := byName[name]
			if !ok || strings.IndexFunc(name, letter) < 0 {
				continue
			}
			switch {
			case len(name) > best:
				best, host = len(name), h
			case len(name) == best && h != host:
				host = ""
			}
		}
	}
	return host
}

// separates says that a byte stands between words.
func separates(c byte) bool { return strings.IndexByte("_-. ()[]@+,~#", c) >= 0 }

func notLetter(r rune) bool { return !letter(r) }

func letter(r rune) bool { return r >= 'a' && r <= 'z' || r > 0x7f }
