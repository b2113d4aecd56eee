package misp

import (
	"encoding/json"
	"io"
)

// BundleWriter writes a bundle of STIX, one object to a line.
type BundleWriter struct {
	w     io.Writer
	id    string
	begun bool
}

// NewBundleWriter writes a bundle with an identifier to w.
func NewBundleWriter(w io.Writer, id string) *BundleWriter { return &BundleWriter{w: w, id: id} }

// Write adds objects.
func (b *BundleWriter) Write(objects ...json.RawMessage) error {
	for _, o := range objects {
		before := ",\n"
		if !b.begun {
			before = `{"type":"bundle","id":"` + b.id + `","objects":[` + "\n"
		}
		b.begun = true
		if _, err := io.WriteString(b.w, before); err != nil {
			return err
		}
		if _, err := b.w.Write(o); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the bundle.
func (b *BundleWriter) Close() error {
	end := "\n]}\n"
	if !b.begun {
		end = `{"type":"bundle","id":"` + b.id + `"}` + "\n"
	}
	_, err := io.WriteString(b.w, end)
	return err
}
