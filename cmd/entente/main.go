// Command entente hunts published TTPs in an organisation's own logs; see README.md.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"entente/internal/cli"
)

func main() {
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return cli.Run(ctx, os.Args[1:], cli.OSEnv())
}
