package sigma

import "strings"

// exists asks whether the field is there, with whatever value, null and empty included.
func exists(it *item, v *value) error {
	if err := it.unmodified(v); err != nil {
		return err
	}
	if it.field == "" {
		return faultf(v.line, "exists in %q has no field: write its name before the |", it.key)
	}
	switch strings.ToLower(v.raw) {
	case "true", "yes", "on":
		v.want = true
	case "false", "no", "off":
		v.want = false
	default:
		return faultf(v.line, "exists in %q wants true or false, not %q", it.key, v.raw)
	}
	v.kind = existsValue
	return nil
}
