package misp

import (
	"fmt"
	"strings"
)

// Loss is something that did not come across as it was: where it stood, what it is, and why.
type Loss struct {
	Where string // event 5f…, attribute 60…
	What  string
	Why   string
}

// String is the loss on one line, its parts with tabs between.
func (l Loss) String() string {
	return oneLine(l.Where) + "\t" + oneLine(l.What) + "\t" + oneLine(l.Why)
}

// maxLosses is how many losses one event keeps in words; the rest is counted.
const maxLosses = 20_000

// losses gathers what was lost.
type losses struct {
	list []Loss
	more int
}

func (l *losses) add(where, what, why string, args ...any) {
	if len(l.list) >= maxLosses {
		l.more++
		return
	}
	if len(args) > 0 {
		why = fmt.Sprintf(why, args...)
	}
	l.list = append(l.list, Loss{Where: clip(where, 200), What: clip(what, 300), Why: clip(why, 500)})
}

// take gives the losses so far and forgets them.
func (l *losses) take() []Loss {
	list := l.list
	if l.more > 0 {
		list = append(list, Loss{Where: "event", What: fmt.Sprintf("%d more losses", l.more), Why: fmt.Sprintf("the first %d are listed", maxLosses)})
	}
	l.list, l.more = nil, 0
	return list
}

// clip keeps what a message quotes short.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// oneLine is s without line breaks, tabs and control characters.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool { return r <= ' ' || r == 0x7F }), " ")
}
