package coverage

import "strings"

// rank orders the levels of Sigma; what is none ranks lowest.
func rank(level string) int {
	switch strings.ToLower(level) {
	case "critical":
		return 5
	case "high":
		return 4
	case "medium":
		return 3
	case "low":
		return 2
	case "informational":
		return 1
	}
	return 0
}

// The ranks that verdicts ask for.
const (
	rankMedium = 3
	rankHigh   = 4

	rankCritical = 5
)
