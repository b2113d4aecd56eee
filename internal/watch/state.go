package watch

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"entente/internal/follow"
	"entente/internal/hunt"
)

// stateVersion is the form of the state file that docs/formats/watch-state.md describes.
const stateVersion = 1

// stateLine is a line of the state file: the first one is everything, each of the others a commit or a note.
type stateLine struct {
	Version int    `json:"entente_watch,omitempty"` // of the first line
	Program string `json:"program,omitempty"`
	// Follow says how far the logs were read: of the first line everything, of a commit what has changed.
	Follow json.RawMessage `json:"follow,omitempty"`
	// Hunt is what the correlations hold; null where that has not changed.
	Hunt *huntState `json:"hunt,omitempty"`
	// Files are the lengths of the output files.
	Files []fileMark `json:"files,omitempty"`
	// Commit covers the findings that were told of since the commit before.
	Commit bool `json:"commit,omitempty"`
	// Told are findings that went to standard output and belong to no commit yet: between commits those of this process,
	// in the first line those of processes before.
	Told []string `json:"told,omitempty"`
	// Met are findings of processes before that have come again, and are covered by this commit. Settled says that no
	// other will.
	Met     []string `json:"met,omitempty"`
	Settled bool     `json:"settled,omitempty"`
}

type huntState struct {
	Held json.RawMessage `json:"held,omitempty"`
}

// stateIn gathers what a state file says.
type stateIn struct {
	lines  int
	follow []json.RawMessage
	hunt   json.RawMessage
	files  []fileMark
	before map[string]int // told by processes before the last one
	since  []string       // told by the last one since its last commit
}

func (s *stateIn) replay(v json.RawMessage) error {
	var l stateLine
	if err := json.Unmarshal(v, &l); err != nil {
		return err
	}
	if s.lines == 0 && l.Version != stateVersion {
		return fmt.Errorf("it is no state of a watch, or of another version of the program (form %d, not %d)", l.Version, stateVersion)
	}
	s.lines++
	if l.Commit {
		s.since = nil
		for _, k := range l.Met {
			s.before[k]--
		}
		if l.Settled {
			clear(s.before)
		}
		if l.Follow != nil {
			s.follow = append(s.follow, l.Follow)
		}
		if l.Hunt != nil {
			s.hunt = l.Hunt.Held
		}
		s.files = l.Files
	}
	if l.Version != 0 {
		for _, k := range l.Told {
			s.before[k]++
		}
	} else {
		s.since = append(s.since, l.Told...)
	}
	return nil
}

// told are the findings that may come again.
func (s *stateIn) told() map[string]int {
	for _, k := range s.since {
		s.before[k]++
	}
	s.since = nil
	for k, n := range s.before {
		if n <= 0 {
			delete(s.before, k)
		}
	}
	return s.before
}

// openState reads a state file and locks it.
func openState(path string) (*follow.Journal, *stateIn, error) {
	in := &stateIn{before: map[string]int{}}
	j, err := follow.OpenJournal(path, in.replay)
	return j, in, err
}

// findingKey tells findings apart, whatever the file is called in which a record stands.
func findingKey(f *hunt.Finding) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q %d ", f.Rule.ID, f.Rule.Name, f.Rule.Title, f.Host, f.Time.UnixNano())
	if c := f.Correlation; c != nil {
		for _, v := range c.Group {
			fmt.Fprintf(h, "%q %q %t ", v.Name, v.Value, v.Null)
		}
	} else {
		fmt.Fprintf(h, "%d %d ", f.Offset, f.RecordID)
		_, _ = h.Write(f.Event)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}
