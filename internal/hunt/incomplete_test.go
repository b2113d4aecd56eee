package hunt

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// A hunt that is interrupted, or whose reader fails, says in its summary that it has not seen everything.
func TestIncomplete(t *testing.T) {
	rule := trapRule(0, "rule", "category: webserver", "  s:\n    cs-method: GET\n  condition: s")
	log := writeText(t, "u_ex.log", "#Fields: date time cs-method cs-uri-stem sc-status\n"+strings.Repeat("2021-03-02 10:00:00 GET /a 200\n", 1000))
	full := errors.New("the disk is full")
	for _, c := range []struct {
		name, want string
		err        error // of who takes the findings
	}{
		{"whole", "", nil},
		{"interrupted", "the hunt was interrupted", nil},
		{"failed", "the hunt failed: the disk is full", full},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if c.name == "interrupted" {
				cancel()
			}
			sum, err := Run(ctx, planOf(t, PlanOptions{}, rule), Options{Inputs: []string{log}, Finding: func(*Finding) error { return c.err }})
			if sum == nil || (err == nil) != (c.want == "") || sum.Incomplete != c.want {
				t.Fatalf("%+v, %v", sum, err)
			}
			told := len(sum.Warnings) > 0 && strings.HasPrefix(sum.Warnings[0].Message, c.want+":")
			if c.want != "" && (!told || sum.WarningsTotal == 0) || c.want == "" && len(sum.Warnings) > 0 {
				t.Errorf("warnings: %v", sum.Warnings)
			}
		})
	}
}
