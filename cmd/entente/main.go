// Command entente hunts published TTPs in an organisation's own logs; see README.md.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"entente/internal/cli"
)

func main() {
	os.Exit(run())
}

func run() int {
	calmCollector()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return cli.Run(ctx, os.Args[1:], cli.OSEnv())
}

// calmCollector lets garbage grow to several times the live heap, which is small, as long as the whole stays well
// under 200 MiB: a hunt then spends its time on logs. GOGC and GOMEMLIMIT overrule it.
func calmCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(180 << 20)
	}
}
