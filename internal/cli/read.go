package cli

import (
	"errors"
	"syscall"

	"github.com/spf13/pflag"

	"entente/internal/source"
)

// readOptions say how logs are read.
type readOptions struct {
	as      string
	carve   bool
	workers int
}

func (o *readOptions) register(f *pflag.FlagSet) {
	f.StringVar(&o.as, "as", "", "read everything as this `FORMAT` instead of recognising it by content")
	f.BoolVar(&o.carve, "carve", false, "also recover records from the slack space of EVTX files")
	f.IntVarP(&o.workers, "workers", "j", 0, "number of `WORKERS`; 0 is one a core")
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
	return source.Options{As: o.as, Carve: o.carve, Workers: o.workers}, nil
}

// isBrokenPipe says that the reader of our output has gone.
func isBrokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }
