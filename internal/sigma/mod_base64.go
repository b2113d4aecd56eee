package sigma

import "encoding/base64"

// base64Once replaces the value by its Base64 form. Case matters in what comes out.
func base64Once(it *item, v *value) error {
	return encodeText(it, v, func(b string) []string {
		return []string{base64.StdEncoding.EncodeToString([]byte(b))}
	})
}

// encodeText replaces a text by what encode makes of its bytes, one or several alternatives.
func encodeText(it *item, v *value, encode func(string) []string) error {
	if v.kind != textValue {
		return it.cannot(v, "it is for texts; put the value between quotes if it is one")
	}
	if v.has(placeholder) {
		return faultf(v.line, "%s in %q comes before expand: write expand first", it.modifier, it.key)
	}
	all := []value{*v}
	if countDashes(v.pieces) > 0 {
		if countDashes(v.pieces) > maxDashPatterns {
			return faultf(v.line, "%s in %q comes after windash, and the value has more than %d dashes: split it", it.modifier, it.key, maxDashPatterns)
		}
		all = v.undash()
		for i := range all {
			all[i].pieces = normalise(all[i].pieces)
		}
	}
	if err := it.spend(v.line, len(all)); err != nil {
		return err
	}
	var out []value
	for i := range all {
		s, ok := all[i].literal()
		if !ok {
			return faultf(v.line, "%s in %q cannot encode a wildcard: write contains, startswith and endswith after it, and \\* or \\? for the characters themselves", it.modifier, it.key)
		}
		for _, e := range encode(s) {
			n := value{line: v.line, cased: true}
			n.setLiteral(e)
			out = append(out, n)
		}
	}
	if len(out) == 1 {
		*v = out[0]
	} else {
		*v = value{kind: anyValue, line: v.line, any: out}
	}
	return nil
}
