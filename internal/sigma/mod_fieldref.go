package sigma

// fieldref reads the value as the name of a field, whose value is what the field has to be equal to, or with
// startswith, endswith and contains after it, begin with, end with or contain.
func fieldref(it *item, v *value) error {
	if v.kind != textValue {
		return it.cannot(v, "write the name of a field")
	}
	if it.field == "" {
		return faultf(v.line, "fieldref in %q has no field to compare: write its name before the |", it.key)
	}
	if v.lead || v.trail {
		return faultf(v.line, "fieldref in %q comes after startswith, endswith or contains: write it before them", it.key)
	}
	name, ok := v.literal()
	if !ok || name == "" {
		return faultf(v.line, "fieldref in %q wants the name of one field, not %q", it.key, v.raw)
	}
	v.kind, v.raw = fieldValue, name
	return nil
}
