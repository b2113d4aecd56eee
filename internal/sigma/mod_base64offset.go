package sigma

import "encoding/base64"

// base64Offset replaces the value by the three forms that it can have inside a longer text in Base64: after 0, 1
// or 2 bytes of a group of three. Of each form only the characters stand that the neighbours do not change.
func base64Offset(it *item, v *value) error {
	return encodeText(it, v, func(b string) []string {
		out := make([]string, 0, 3)
		for skip := range 3 {
			e := base64.StdEncoding.EncodeToString(append(make([]byte, skip, skip+len(b)), b...))
			start := [...]int{0, 2, 3}[skip]
			end := len(e) - [...]int{0, 3, 2}[(skip+len(b))%3]
			out = append(out, e[min(start, end):end])
		}
		return out
	})
}
