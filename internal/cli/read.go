package cli

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/spf13/pflag"

	"entente/internal/source"
)

// readOptions say how logs are read.
type readOptions struct {
	as          string
	carve       bool
	workers     int
	maxUnpacked string
	maxRatio    int64
}

func (o *readOptions) register(f *pflag.FlagSet) {
	f.BoolVar(&o.carve, "carve", false, "also recover records from the slack space of EVTX files")
	o.registerPlain(f)
}

// registerPlain is register without carving: for a verb that waits for new records.
func (o *readOptions) registerPlain(f *pflag.FlagSet) {
	f.StringVar(&o.as, "as", "", "read everything as this `FORMAT` instead of recognising it by content")
	f.IntVarP(&o.workers, "workers", "j", 0, "number of `WORKERS`; 0 is one a core")
	f.StringVar(&o.maxUnpacked, "max-unpacked", "1TiB", "stop where an input unpacks to more than this `SIZE`, such as 2TB; none is no limit")
	f.Int64Var(&o.maxRatio, "max-ratio", 0, "stop where an input unpacks to more than `N` times its size; 0 is 250, -1 is no limit")
}

func (o *readOptions) options() (source.Options, error) {
	if o.as != "" {
		if _, err := source.ByName(o.as); err != nil {
			return source.Options{}, usagef("--as: %w", err)
		}
	}
	if o.workers < 0 {
		return source.Options{}, usagef("--workers must not be negative")
	}
	unpacked, err := parseLimit(o.maxUnpacked)
	if err != nil {
		return source.Options{}, usagef("--max-unpacked: %w", err)
	}
	if o.maxRatio < -1 {
		return source.Options{}, usagef("--max-ratio: use how many times its size an input may unpack to, 0 for the default or -1 for no limit")
	}
	return source.Options{As: o.as, Carve: o.carve, Workers: o.workers, MaxUnpacked: unpacked, MaxRatio: o.maxRatio}, nil
}

// parseLimit reads a size as [source.Options] has limits: 0 is the default, -1 ("none") no limit.
func parseLimit(s string) (int64, error) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "", "0": // "" is the zero value of readOptions
		return 0, nil
	case "none":
		return -1, nil
	}
	n, err := parseSize(s)
	if err != nil {
		return 0, fmt.Errorf("%w, 0 for the default or none for no limit", err)
	}
	return n, nil
}

// isBrokenPipe says that the reader of our output has gone.
func isBrokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }
