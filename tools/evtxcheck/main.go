// Command evtxcheck prints every field of every record of EVTX files as JSON lines, for check.py to compare with
// what another parser reads. It is no part of the product.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"entente/internal/event"
	"entente/internal/evtx"
)

// line is one record, or one warning, or (with Done) the end of a file.
type line struct {
	File   string   `json:"file"`
	Warn   string   `json:"warn,omitempty"`
	Done   bool     `json:"done,omitempty"`
	Offset int64    `json:"offset,omitempty"`
	ID     uint64   `json:"id,omitempty"`
	Time   string   `json:"time,omitempty"`
	Head   []string `json:"head,omitempty"` // channel, provider, host, event id
	// Fields are name, text and "s" for the envelope, "n" for a null.
	Fields [][3]string `json:"fields,omitempty"`
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "evtxcheck:", err)
		os.Exit(1)
	}
}

func run(files []string, out io.Writer) error {
	w := bufio.NewWriter(out)
	enc := json.NewEncoder(w)
	d := evtx.NewDecoder()
	for _, name := range files {
		if err := file(name, d, enc); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return w.Flush()
}

func file(name string, d *evtx.Decoder, enc *json.Encoder) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	var failed error
	put := func(l line) {
		if err := enc.Encode(l); err != nil && failed == nil {
			failed = err
		}
	}
	warn := func(offset int64, msg string) { put(line{File: name, Offset: offset, Warn: msg}) }
	buf := make([]byte, 0, evtx.ChunkSize)
	spare := make([]byte, 0, evtx.ChunkSize)
	alloc := func() []byte {
		buf, spare = spare, buf
		return buf[:0]
	}
	err = evtx.Split(context.Background(), bufio.NewReader(f), warn, func(offset int64, chunk []byte) error {
		d.Decode(offset, chunk, evtx.Options{Warn: warn}, func(e *event.Event) bool {
			put(record(name, e))
			return failed == nil
		})
		return failed
	}, alloc)
	put(line{File: name, Done: true})
	return err
}

func record(name string, e *event.Event) line {
	l := line{
		File: name, Offset: e.Offset, ID: e.RecordID, Time: e.When().Format("2006-01-02T15:04:05.0000000Z"),
		Head: []string{e.Channel, e.Provider, e.Host, fmt.Sprint(e.EventID)},
	}
	for i := range e.Values {
		v := &e.Values[i]
		n := e.Names.At(v.Slot)
		mark := ""
		if n.System {
			mark = "s"
		} else if v.IsNull() {
			mark = "n"
		}
		l.Fields = append(l.Fields, [3]string{n.Text, string(v.AppendText(nil)), mark})
	}
	return l
}
