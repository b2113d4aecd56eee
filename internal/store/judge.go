package store

// judge says what is to become of an item, given what the collection has of its object, and of which of these it says so. It goes
// by nothing that the submitter does not know.
func judge(t *tx, r *row, of []sibling, among makers) (Result, *sibling, error) {
	version := micro(r.Version)
	result, at := Stored, (*sibling)(nil)
	for i := range of {
		b := &of[i]
		if b.version != version || b.spec != r.spec {
			continue
		}
		if !b.knows(r, b.class.Label) {
			continue // whether it is there must not be told
		}
		partly := b.partly(r)
		switch {
		case !partly && b.digest == r.digest:
			if b.class.Label == r.Class.Label && b.class.Group == r.Class.Group {
				return Duplicate, b, nil
			}
			// The same bytes for other readers: an item of its own.
		case r.Redacted && !b.redacted:
			return Duplicate, b, nil // whatever it says, it is no full copy, and one is there
		case partly && (r.Redacted || !b.redacted):
			// Nor what its other parts are, which comparing the bytes would.
			r.prevail(b, among)
		case b.redacted:
			more, err := r.completes(t, b)
			if err != nil {
				return 0, nil, err
			}
			switch {
			case more:
				// Less is withheld than before. The copy of another organisation stays: others may see that one alone.
				if result == Stored && !partly && b.own(r, b.class.Label) {
					result, at = Completed, b
				}
				continue
			case r.Redacted:
				if less, err := r.completed(t, b); less || err != nil {
					return Duplicate, b, err // a copy that says no more than the one that is there
				}
			}
			if !r.prevail(b, among) && result != Conflict {
				result, at = Conflict, b
			}
		case !r.prevail(b, among) && result != Conflict:
			result, at = Conflict, b
		}
	}
	if result == Stored {
		result = origin(r, of, among)
	}
	return result, at, nil
}

// completes says whether r says what b says, as far as its submitter knows that, and more.
func (r *row) completes(t *tx, b *sibling) (bool, error) {
	data, err := dataOf(t, b)
	return err == nil && r.Completes != nil && r.Completes(r.Raw, data, b.class.Label, b.known(r)), err
}

// completed says whether b, all of which the submitter of r knows, says what r says and more.
func (r *row) completed(t *tx, b *sibling) (bool, error) {
	data, err := dataOf(t, b)
	return err == nil && r.Completes != nil && r.Completes(data, r.Raw, r.Class.Label, 1<<(Red+1)-1), err
}

func dataOf(t *tx, b *sibling) (data []byte, err error) {
	err = t.one(`SELECT data FROM raws WHERE id = $1`, []any{b.raw}, &data)
	return data, err
}
