package report

import "entente/internal/coverage"

// stateWords is how people call a state.
func stateWords(s coverage.State) string {
	switch s {
	case coverage.Found:
		return "found"
	case coverage.NotFound:
		return "looked for, not found"
	case coverage.Blind:
		return "could not look"
	case coverage.NoLog:
		return "no log can show it"
	}
	return string(s)
}

// stateColour is a state's colour on white paper. The four differ in brightness (about 22, 85, 62 and 93 % in the order of
// coverage.States), so they are told apart without hues as well.
func stateColour(s coverage.State) string {
	switch s {
	case coverage.Found:
		return "#8d0a3f"
	case coverage.NotFound:
		return "#b5ddd4"
	case coverage.Blind:
		return "#df8a1f"
	case coverage.NoLog:
		return "#eceef2"
	}
	return "#ffffff"
}

// verdictWords is how people call a verdict.
func verdictWords(v coverage.Verdict) string {
	switch v {
	case coverage.Compromised:
		return "compromised"
	case coverage.Attempted:
		return "attempted"
	case coverage.CannotTell:
		return "cannot tell"
	case coverage.NotSeen:
		return "not seen"
	}
	return string(v)
}
