package report

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// tactic is one column of ATT&CK.
type tactic struct{ short, id, name string }

// killChain holds the tactics of ATT&CK in the order of its matrices: Enterprise with the names of v18
// (defense-evasion) and of v19 (stealth, defense-impairment), then those that only the ICS matrix has.
var killChain = [...]tactic{
	{"reconnaissance", "TA0043", "Reconnaissance"},
	{"resource-development", "TA0042", "Resource Development"},
	{"initial-access", "TA0001", "Initial Access"},
	{"execution", "TA0002", "Execution"},
	{"persistence", "TA0003", "Persistence"},
	{"privilege-escalation", "TA0004", "Privilege Escalation"},
	{"defense-evasion", "TA0005", "Defense Evasion"},
	{"stealth", "TA0005", "Stealth"},
	{"defense-impairment", "TA0112", "Defense Impairment"},
	{"evasion", "TA0103", "Evasion"},
	{"credential-access", "TA0006", "Credential Access"},
	{"discovery", "TA0007", "Discovery"},
	{"lateral-movement", "TA0008", "Lateral Movement"},
	{"collection", "TA0009", "Collection"},
	{"command-and-control", "TA0011", "Command and Control"},
	{"exfiltration", "TA0010", "Exfiltration"},
	{"inhibit-response-function", "TA0107", "Inhibit Response Function"},
	{"impair-process-control", "TA0106", "Impair Process Control"},
	{"impact", "TA0040", "Impact"},
}

// shownTactics are tactics as pictures count them. Version 19 of ATT&CK divided Defense Evasion into Stealth and Defense
// Impairment, and rules name one or the other: they are counted together, under the name that the facts of the program have,
// so that what was found does not stand beside a column that says that nothing was. What a rule names stays as it is
// everywhere else.
func shownTactics(named []string) []string {
	if !slices.ContainsFunc(named, func(s string) bool { return shownTactic(s) != s }) {
		return named
	}
	out := make([]string, 0, len(named))
	for _, s := range named {
		if s = shownTactic(s); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func shownTactic(short string) string {
	if short == "stealth" || short == "defense-impairment" {
		return "defense-evasion"
	}
	return short
}

// tacticRank is a tactic's place in the kill chain; unknown ones come last.
func tacticRank(short string) int {
	for i := range killChain {
		if killChain[i].short == short {
			return i
		}
	}
	return len(killChain)
}

// tacticName is how people write a tactic.
func tacticName(short string) string {
	if i := tacticRank(short); i < len(killChain) {
		return killChain[i].name
	}
	words := strings.FieldsFunc(short, func(r rune) bool { return r == '-' || r == '_' || r == ' ' })
	for i, w := range words {
		_, n := utf8.DecodeRuneInString(w)
		words[i] = strings.ToUpper(w[:n]) + w[n:]
	}
	return strings.Join(words, " ")
}

// tacticID is the number that ATT&CK gives a tactic, "" where this package does not know it.
func tacticID(short string) string {
	if i := tacticRank(short); i < len(killChain) {
		return killChain[i].id
	}
	return ""
}

// sortTactics puts short names in kill-chain order.
func sortTactics(short []string) {
	slices.SortFunc(short, func(a, b string) int {
		return cmp.Or(tacticRank(a)-tacticRank(b), strings.Compare(a, b))
	})
}
