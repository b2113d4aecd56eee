package logrange

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// Label says whether a planted record shows an attack.
type Label string

// The labels.
const (
	Malicious Label = "malicious"
	Lookalike Label = "benign-lookalike"
)

// Truth is one planted record: a line of truth.jsonl. An event that several logs show has a line for each.
type Truth struct {
	Plant      string   `json:"plant"`
	Label      Label    `json:"label"`
	Techniques []string `json:"techniques,omitempty"` // ATT&CK ids, of malicious records only
	// Time is when it happened, in UTC; a log with coarser times has it cut to its own resolution.
	Time   time.Time `json:"time"`
	Host   string    `json:"host"`
	Format Format    `json:"format"`
	// File is the log's path within the range, with slashes.
	File string `json:"file"`
	// Windows is set for records of EVTX. It stands apart so that nobody who hunts the whole folder takes the truth
	// itself for Windows events.
	Windows *WindowsRecord `json:"windows,omitempty"`
	// Line, from 1, is where the record begins in a log of text.
	Line int64 `json:"line,omitempty"`
	// Offset is that of the record's first byte in the file.
	Offset      int64  `json:"offset"`
	Description string `json:"description"`

	order int // among the records of one host
}

// WindowsRecord points out one event of a Windows event log.
type WindowsRecord struct {
	Channel string `json:"channel"`
	EventID int    `json:"event_id"`
	Record  uint64 `json:"record"` // EventRecordID
}

// sortTruth puts records in order of time, and where that is equal of host and of writing.
func sortTruth(list []Truth) {
	slices.SortFunc(list, func(a, b Truth) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Host, b.Host), cmp.Compare(a.order, b.order))
	})
}

// WriteTruth writes records as they stand in a truth.jsonl.
func WriteTruth(w io.Writer, list []Truth) error {
	buf := bufio.NewWriter(w)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	for i := range list {
		if err := enc.Encode(&list[i]); err != nil {
			return fmt.Errorf("write the truth: %w", err)
		}
	}
	if err := buf.Flush(); err != nil {
		return fmt.Errorf("write the truth: %w", err)
	}
	return nil
}

// ReadTruth reads a truth.jsonl, for whoever scores what a hunt has found in a range that was written before; see
// [NewScore]. The program scores only ranges that it has just written.
func ReadTruth(r io.Reader) ([]Truth, error) {
	var out []Truth
	dec := json.NewDecoder(r)
	for {
		var t Truth
		err := dec.Decode(&t)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, fmt.Errorf("truth, record %d: %w", len(out)+1, err)
		}
		out = append(out, t)
	}
}
