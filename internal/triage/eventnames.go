package triage

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

//go:embed eventnames.txt
var eventNamesText string

// eventNames holds the meanings of common Windows events by "PROVIDER\x00ID" and "CHANNEL\x00ID", in lower case.
var eventNames = sync.OnceValue(func() map[string]string { return parseEventNames(eventNamesText) })

func parseEventNames(text string) map[string]string {
	out := map[string]string{}
	var owners []string
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '@':
			owners = nil
			for name := range strings.SplitSeq(line[1:], "|") {
				owners = append(owners, strings.ToLower(strings.TrimSpace(name)))
			}
		default:
			id, meaning, ok := strings.Cut(line, " ")
			if !ok {
				continue
			}
			for _, o := range owners {
				out[o+"\x00"+id] = meaning
			}
		}
	}
	return out
}

// EventName says in a few words what a Windows event means, "" where that is not known. The provider decides; where the
// record names none, channels with a single provider do.
func EventName(provider, channel string, id uint32) string {
	names, n := eventNames(), "\x00"+strconv.FormatUint(uint64(id), 10)
	if s := names[strings.ToLower(provider)+n]; s != "" {
		return s
	}
	if provider != "" && !strings.HasPrefix(strings.ToLower(channel), "microsoft-windows-") && !strings.EqualFold(channel, "security") {
		return ""
	}
	return names[strings.ToLower(channel)+n]
}
