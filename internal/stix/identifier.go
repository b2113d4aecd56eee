package stix

import (
	"errors"
	"strings"
)

// SplitID splits an identifier (section 2.9) into the type of its object and the UUID. The error says what is wrong with it.
func SplitID(id string) (kind, uuid string, err error) {
	kind, uuid, ok := strings.Cut(id, "--")
	switch {
	case !ok || kind == "":
		return "", "", errors.New("an identifier is a type, two hyphens and a UUID: indicator--d81f86b9-975b-4c0b-875e-810c5ad45a4f")
	case !typeName(kind):
		return "", "", errors.New("the type in front of -- is made of a-z, 0-9 and single hyphens")
	case len(uuid) != 36:
		return "", "", errors.New("a UUID of 36 characters has to stand after --")
	}
	for i, c := range []byte(uuid) {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return "", "", errors.New("the UUID has no hyphen where it needs one: 8-4-4-4-12 digits")
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
				return "", "", errors.New("the UUID is made of hexadecimal digits in lower case")
			}
		}
	}
	if v := uuid[14]; v < '1' || v > '8' {
		return "", "", errors.New("the UUID is of no version: its 15th character is 1 to 5 (RFC 4122)")
	}
	if v := uuid[19]; v != '8' && v != '9' && v != 'a' && v != 'b' {
		return "", "", errors.New("the UUID is not of the variant of RFC 4122: its 20th character is 8, 9, a or b")
	}
	return kind, uuid, nil
}

// typeName says whether s may name a type of object: a-z, 0-9 and single hyphens, at most 250 (section 3.1).
func typeName(s string) bool {
	if s == "" || len(s) > 250 || strings.Contains(s, "--") || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for _, c := range []byte(s) {
		if c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// refType is the type that a reference names, "" when it is no identifier.
func refType(id string) string {
	kind, _, err := SplitID(id)
	if err != nil {
		return ""
	}
	return kind
}
