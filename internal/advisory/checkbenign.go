package advisory

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"entente/internal/hunt"
	"entente/internal/logrange"
)

// benignDay is a day of a small organisation without an intrusion, but with the harmless acts that look like one. It is
// the same day for everybody.
func benignDay() logrange.Plan {
	plan := logrange.Plan{
		Seed: 20200917, Start: time.Date(2020, 9, 17, 0, 0, 0, 0, time.UTC), Duration: 24 * time.Hour,
		Hosts: []logrange.Host{
			{Name: "dc01", Role: logrange.DomainController},
			{Name: "ex01", Role: logrange.ExchangeServer},
			{Name: "ws01", Role: logrange.Workstation},
			{Name: "fs01", Role: logrange.FileServer},
			{Name: "web01", Role: logrange.LinuxWeb},
			{Name: "cloud", Role: logrange.CloudTenant},
		},
		EventsPerHost: 6000,
		Formats: []logrange.Format{
			logrange.EVTX, logrange.IIS, logrange.HTTPProxy, logrange.ECP, logrange.Auditd, logrange.Syslog, logrange.WebAccess,
			logrange.CloudTrail, logrange.Entra,
		},
	}
	for _, p := range logrange.Plants() {
		if p.Label == logrange.Lookalike {
			plan.Plants = append(plan.Plants, logrange.Planting{ID: p.ID})
		}
	}
	return plan
}

// benign hunts the benign day: rules of level high and critical have to be silent, others are counted.
func (c *checker) benign(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "entente-benign-")
	if err != nil {
		return fmt.Errorf("write the benign day: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	if _, err := logrange.Write(ctx, dir, benignDay(), nil); err != nil {
		return fmt.Errorf("write the benign day: %w", err)
	}
	count := map[string]int{}
	first := map[string]string{}
	sum, err := hunt.Run(ctx, c.runner.plan(c.pack.Rules), hunt.Options{
		Inputs: []string{dir},
		Finding: func(f *hunt.Finding) error {
			if count[f.Rule.ID]++; count[f.Rule.ID] == 1 {
				first[f.Rule.ID] = describeFinding(f)
			}
			return nil
		},
	})
	if err != nil {
		return err
	}
	c.report.BenignEvents = sum.Events
	for _, id := range slices.Sorted(maps.Keys(count)) {
		m := c.metas[id]
		if m == nil || !c.selects(m) {
			continue
		}
		strict := m.Level == "high" || m.Level == "critical"
		if !strict {
			c.report.Benign = append(c.report.Benign, BenignCount{Rule: m.Title, Level: m.Level, Findings: count[id]})
			continue
		}
		c.ruleProblem(m, KindBenign, fmt.Sprintf("it is of level %s, and fires %s on a day without an intrusion: %s", m.Level, times(count[id]), first[id]))
	}
	return nil
}
