package stixpattern

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Observed is what a pattern is matched against: one observation, as an observed-data object describes it. An observed-data
// object that says it was seen several times (number_observed) stands for as many observations, each of them at some
// time from First to Last.
type Observed struct {
	ID          string
	First, Last time.Time
	Count       int64 // number_observed, at least 1
	// Objects are the objects of the observation under the names by which they refer to each other: identifiers, or the
	// keys of the deprecated property objects. Values are what encoding/json makes of JSON with UseNumber.
	Objects map[string]map[string]any
}

// Problem is something in a bundle that could not be used as it is. Nothing else is lost by it.
type Problem struct {
	ID   string // of the object; "" where it has none
	Text string
}

// MaxCount is the largest number_observed of section 4.14.
const MaxCount = 999_999_999

// ReadObserved finds the observed data in a bundle of STIX 2.0 or 2.1, in a list of objects, or in a single observed-data
// object. Of several versions of an object it takes the latest, and leaves out what is revoked. The error is that the text
// is no such thing at all.
func ReadObserved(data []byte) ([]Observed, []Problem, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var top any
	if err := dec.Decode(&top); err != nil {
		return nil, nil, fmt.Errorf("this is no JSON: %w", err)
	}
	if dec.More() {
		return nil, nil, errors.New("there is more behind the first JSON value: give one bundle or one list of objects")
	}
	var list []any
	switch v := top.(type) {
	case []any:
		list = v
	case map[string]any:
		if v["type"] == "bundle" {
			list, _ = v["objects"].([]any)
		} else {
			list = []any{v}
		}
	default:
		return nil, nil, errors.New("this is neither a bundle, nor a list of objects, nor an object")
	}
	return observedOf(list)
}

func observedOf(list []any) ([]Observed, []Problem, error) {
	r := observedReader{objects: map[string]map[string]any{}}
	var seen []map[string]any
	at := map[string]int{} // observed-data: id → place in seen
	for i, v := range list {
		o, ok := v.(map[string]any)
		if !ok {
			r.problem("", "object %d of the bundle is no JSON object", i)
			continue
		}
		id, _ := o["id"].(string)
		if o["type"] == "observed-data" {
			k, again := at[id]
			switch {
			case !again || id == "":
				at[id] = len(seen)
				seen = append(seen, o)
			case newer(o, seen[k]):
				seen[k] = o
			}
			continue
		}
		if id == "" {
			continue
		}
		if old, again := r.objects[id]; !again || newer(o, old) {
			r.objects[id] = o
		}
	}
	var out []Observed
	for _, o := range seen {
		if got, ok := r.observed(o); ok {
			out = append(out, got)
		}
	}
	return out, r.problems, nil
}

// newer compares versions by their modified.
func newer(a, b map[string]any) bool {
	ta, _ := a["modified"].(string)
	tb, _ := b["modified"].(string)
	x, badX := parseTimestamp(ta)
	y, badY := parseTimestamp(tb)
	return badX == "" && (badY != "" || x.After(y))
}

type observedReader struct {
	objects  map[string]map[string]any
	problems []Problem
}

func (r *observedReader) problem(id, format string, args ...any) {
	const most = 1000
	if len(r.problems) < most {
		r.problems = append(r.problems, Problem{ID: id, Text: fmt.Sprintf(format, args...)})
	}
}

func (r *observedReader) observed(o map[string]any) (Observed, bool) {
	id, _ := o["id"].(string)
	out := Observed{ID: id, Count: 1, Objects: map[string]map[string]any{}}
	if o["revoked"] == true {
		return out, false
	}
	for name, dst := range map[string]*time.Time{"first_observed": &out.First, "last_observed": &out.Last} {
		s, _ := o[name].(string)
		at, reason := parseTimestamp(s)
		if reason != "" {
			r.problem(id, "%s: the timestamp %q %s; the observation is left out", name, clip(s), reason)
			return out, false
		}
		*dst = at
	}
	if out.Last.Before(out.First) {
		r.problem(id, "last_observed is before first_observed; the observation is left out")
		return out, false
	}
	if n, has := o["number_observed"]; has {
		num, _ := n.(json.Number)
		v, err := strconv.ParseInt(string(num), 10, 64)
		if err != nil || v < 1 || v > MaxCount {
			r.problem(id, "number_observed is not a number from 1 to 999999999; 1 is taken")
			v = 1
		}
		out.Count = v
	}
	r.collect(&out, o)
	return out, true
}

// collect finds the objects of an observation. Only what object_refs names belongs to it (section 9.7.4).
func (r *observedReader) collect(out *Observed, o map[string]any) {
	refs, _ := o["object_refs"].([]any)
	embedded, _ := o["objects"].(map[string]any)
	if len(refs) > 0 && len(embedded) > 0 {
		r.problem(out.ID, "it has both object_refs and objects, which exclude each other; object_refs is taken")
	}
	if len(refs) == 0 {
		for key, v := range embedded {
			if obj, ok := v.(map[string]any); ok {
				out.Objects[key] = obj
			} else {
				r.problem(out.ID, "objects: what stands under %q is no object", clip(key))
			}
		}
	}
	var missing []string
	for _, v := range refs {
		ref, _ := v.(string)
		if obj, ok := r.objects[ref]; ok {
			out.Objects[ref] = obj
		} else if !slices.Contains(missing, ref) && len(missing) < 5 {
			missing = append(missing, ref)
		}
	}
	if len(missing) > 0 {
		for i := range missing {
			missing[i] = clip(missing[i])
		}
		r.problem(out.ID, "the bundle does not hold what object_refs names: %s", strings.Join(missing, ", "))
	}
	if len(out.Objects) == 0 {
		r.problem(out.ID, "the observation has no objects")
	}
}
