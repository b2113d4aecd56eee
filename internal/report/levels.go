package report

import (
	"strings"

	"entente/internal/hunt"
)

// level is the severity of a rule as a small number: higher is worse.
type level uint8

const (
	unrated level = iota // the rule names no level, or one that Sigma does not know
	informational
	low
	medium
	high
	critical
	levelCount
)

// levels from worst to least, the order in which reports show them.
var levels = [...]level{critical, high, medium, low, informational, unrated}

func (l level) String() string {
	return [...]string{"unrated", "informational", "low", "medium", "high", "critical"}[l]
}

func parseLevel(s string) level {
	switch strings.ToLower(s) {
	case "critical":
		return critical
	case "high":
		return high
	case "medium":
		return medium
	case "low":
		return low
	case "informational", "info":
		return informational
	}
	return unrated
}

func levelOf(f *hunt.Finding) level { return parseLevel(meta(f).Level) }

// levelCounts counts findings by level.
type levelCounts [levelCount]int64

func (c *levelCounts) total() (n int64) {
	for _, v := range c {
		n += v
	}
	return n
}

func (c *levelCounts) add(o *levelCounts) {
	for l, n := range o {
		c[l] += n
	}
}

// worst is the highest level that was counted.
func (c *levelCounts) worst() level {
	for _, l := range levels {
		if c[l] > 0 {
			return l
		}
	}
	return unrated
}

// colour is a level's colour on white paper, told apart by brightness as well as by hue.
func (l level) colour() string {
	return [...]string{"#c3c8d1", "#9aa3b2", "#5b9bd5", "#f0b429", "#e8590c", "#b0124a"}[l]
}
