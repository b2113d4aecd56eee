package cli

import (
	"errors"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"entente/internal/source"
)

func TestReadLimits(t *testing.T) {
	tests := []struct {
		args            string
		unpacked, ratio int64
		fails           string // part of the message
	}{
		{"", source.DefaultMaxUnpacked, 0, ""},
		{"--max-unpacked 0 --max-ratio 0", 0, 0, ""},
		{"--max-unpacked 2TB", 2e12, 0, ""},
		{"--max-unpacked 512MiB --max-ratio 1000", 512 << 20, 1000, ""},
		{"--max-unpacked none --max-ratio -1", -1, -1, ""},
		{"--max-unpacked None", -1, 0, ""},
		{"--max-unpacked -1", 0, 0, "--max-unpacked: "},
		{"--max-unpacked much", 0, 0, "--max-unpacked: "},
		{"--max-unpacked 0.1", 0, 0, "none for no limit"},
		{"--max-ratio -2", 0, 0, "--max-ratio: "},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			var o readOptions
			f := pflag.NewFlagSet("", pflag.ContinueOnError)
			o.register(f)
			if err := f.Parse(strings.Fields(tt.args)); err != nil {
				t.Fatal(err)
			}
			got, err := o.options()
			if tt.fails != "" {
				var ee *exitError
				if !errors.As(err, &ee) || ee.code != ExitUsage || !strings.Contains(err.Error(), tt.fails) {
					t.Errorf("err = %v, want a usage error with %q", err, tt.fails)
				}
				return
			}
			if err != nil || got.MaxUnpacked != tt.unpacked || got.MaxRatio != tt.ratio {
				t.Errorf("max %d, ratio %d, err = %v", got.MaxUnpacked, got.MaxRatio, err)
			}
		})
	}
}
