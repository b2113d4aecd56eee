package report

// Width is how many columns of a terminal visible text takes; see [Visible].
func Width(s string) int { return width(s) }

// Clip shortens visible text to at most n columns, the last of which is then an ellipsis.
func Clip(s string, n int) string { return clip(s, n) }

// ClipMiddle shortens like Clip but keeps the end as well, which says most of a path.
func ClipMiddle(s string, n int) string { return clipMiddle(s, n) }
