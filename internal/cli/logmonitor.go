package cli

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"

	"entente/internal/durable"
	"entente/internal/sign"
	"entente/internal/translog"
)

func runLogMonitor(ctx context.Context, env Env, o *coalitionOptions, arg, state string) error {
	client, _, err := logClient(env, o, arg)
	if err != nil {
		return err
	}
	var seen *translog.SignedCheckpoint
	if state != "" {
		b, err := os.ReadFile(state)
		if err == nil {
			seen, err = client.Log.Open(b)
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("%s: %w", printable(state), err)
		}
	}
	out := bufio.NewWriter(env.Stdout)
	now, err := client.Monitor(ctx, seen, func(_ int64, entries []translog.Digest) error {
		for _, d := range entries {
			if _, err := fmt.Fprintf(out, "sha256:%x\n", d); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		var evidence []*translog.SignedCheckpoint
		if fork, ok := errors.AsType[*translog.ForkError](err); ok {
			evidence = append(evidence, fork.Seen, fork.Got)
		}
		if back, ok := errors.AsType[*translog.RollbackError](err); ok {
			evidence = append(evidence, back.Seen, back.Got)
		}
		for _, s := range evidence {
			fmt.Fprintf(out, "\n%s", s.Note())
		}
		return errors.Join(err, out.Flush())
	}
	if err := out.Flush(); err != nil {
		return pipeEnd(err)
	}
	if state == "" {
		return nil
	}
	return durable.WriteFile(state, now.Note(), 0o644)
}

// pairsOf reads ID=VALUE.
func pairsOf(flag string, list []string) (map[string]string, error) {
	out := map[string]string{}
	for _, arg := range list {
		id, value, ok := strings.Cut(arg, "=")
		if !ok || id == "" || value == "" {
			return nil, usagef("%s %q is not ID=VALUE", flag, printable(arg))
		}
		out[id] = value
	}
	return out, nil
}

// openOrMake opens the keys of a file, or makes them where there is none.
func openOrMake(env Env, o *coalitionOptions, name string) (*sign.Identity, error) {
	file := sign.IdentityFile{Path: name}
	pass, err := o.passphrase(env, "Passphrase of "+name+": ")
	if err != nil {
		return nil, err
	}
	id, err := file.Open(pass)
	if !errors.Is(err, os.ErrNotExist) {
		return id, err
	}
	if id, err = sign.NewIdentity(rand.Reader); err != nil {
		return nil, err
	}
	return id, file.Create(id, pass)
}
