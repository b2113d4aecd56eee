package exchange

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"entente/internal/stix"
	"entente/internal/store"
)

// SubmitOptions say how objects are to be taken in. The zero value takes what the collection says.
type SubmitOptions struct {
	Group int64        // sharing group that the items get, 0: the collection's
	Label *store.Label // of objects that have none, nil: the collection's

	// What follows is for Import from a seed alone (docs/formats/seed.md).
	Added   func(n int64) time.Time // date_added of the nth object of the stream, from 0; nil or zero: now
	Lenient bool                    // keeps objects that break rules of STIX, too, as long as they can be read and have an id
}

const (
	maxSubmitted = 100_000 // objects of one envelope
	maxNameless  = 1000    // of them without an identifier
	addTogether  = 1000    // objects in one transaction
)

// timeFormat is that of timestamps in TAXII (section 2).
const timeFormat = "2006-01-02T15:04:05.000000Z"

// Submit takes in the objects of a TAXII envelope (section 3.7). What is wrong with single objects is in the status;
// [ErrUnprocessable] says that the body is no envelope with objects, and nothing of it is stored then. An error of body comes
// back as it is.
//
// What the status calls a success is safe on disk. Most submissions are complete when Submit returns; one that takes longer
// than Options.Wait goes on without its caller, and its status is pending until then. Where the process dies meanwhile, what
// was pending becomes a failure, to be sent again.
//
// The body is held in memory where it is small, else in a file in Options.SpoolDir; who calls bounds it. Of the large ones one is worked
// at at a time: objects of them may take many times their size of memory. [ErrBusy] is for who has waited too long for that.
func (s *Service) Submit(ctx context.Context, p Principal, c CollectionView, body io.Reader, opt SubmitOptions) (Status, error) {
	in, err := s.newIntake(ctx, p, c, opt)
	if err != nil {
		return Status{}, err
	}
	sub := &submission{in: in, text: spool{dir: s.opt.SpoolDir}}
	if err = sub.receive(ctx, body); err == nil {
		err = sub.survey()
	}
	if err != nil {
		sub.close()
		return Status{}, err
	}
	return s.attend(ctx, sub)
}

// submit stores a batch and writes into the status what became of it.
func (in *intake) submit(ctx context.Context, batch []prepared, st *Status) error {
	if err := in.ask(ctx, batch); err != nil {
		return err
	}
	var terms extraction
	for i := range batch {
		in.prepare(in.known, &terms, &batch[i])
	}
	outcomes, err := in.add(ctx, batch)
	if err != nil {
		return err
	}
	for i := range batch {
		x := &batch[i]
		d := detailOf(x.entry, st.RequestTimestamp)
		d.Message = x.failure
		if at := outcomes[i].Added; x.new.VersionText == "" && !at.IsZero() {
			d.Version = at.UTC().Format(timeFormat)
		}
		switch {
		case x.failure != "":
		case refusal(x, outcomes[i].Result) != "":
			d.Message = refusal(x, outcomes[i].Result)
		default:
			d.Message = x.note
			st.SuccessCount++
			st.Successes = append(st.Successes, d)
			continue
		}
		st.FailureCount++
		st.Failures = append(st.Failures, d)
	}
	return nil
}

// detailOf names an object of an envelope: by identifier and version, or by its place where it has none.
func detailOf(e stix.Entry, now string) StatusDetail {
	d := StatusDetail{ID: e.Pointer, Version: now}
	if o := e.Object; o != nil && o.ID != "" {
		d.ID = o.ID
		if v := o.Version(); !v.Time.IsZero() {
			d.Version = v.Text
		}
	}
	return d
}

// Status is what became of a submission of the caller's. [ErrNotFound] for all others.
func (s *Service) Status(ctx context.Context, p Principal, root store.Root, id string) (Status, error) {
	if p.IsAnonymous() {
		return Status{}, fmt.Errorf("status: %w", ErrNotFound)
	}
	b, err := s.st.Status(ctx, p.Caller, root.ID, id)
	if err != nil {
		return Status{}, meaning(err)
	}
	var kept keptStatus
	if err := json.Unmarshal(b, &kept); err != nil {
		return Status{}, fmt.Errorf("status: %w", err)
	}
	return kept.at(s.opt.Now()), nil
}
