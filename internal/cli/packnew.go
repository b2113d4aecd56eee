package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"entente/internal/advisory"
)

func newPackNewCmd(env Env) *cobra.Command {
	return &cobra.Command{
		Use:   "new ID|DIR",
		Short: "Write a small pack to begin with",
		Long: `Write the folder of a new pack: a manifest, a TTP, a mitigation, a rule and its test. It passes ` + "`entente pack check`" + `
as it is; replace what is in it with your own, and check again.

The last part of DIR is the pack's id: 2 to 64 lower-case letters, digits and hyphens.

Exit codes: 0 written, 1 failed, 2 wrong usage.`,
		Example: `  entente pack new mail-2024
  entente pack new packs/mail-2024 && entente pack check packs/mail-2024`,
		Args:              exactly(1, "what to call the pack: lower-case letters, digits and hyphens"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(_ *cobra.Command, args []string) error { return runPackNew(env, args[0]) },
	}
}

func runPackNew(env Env, dir string) error {
	files, err := advisory.Scaffold(filepath.Base(filepath.Clean(dir)), time.Now().UTC())
	if err != nil {
		return usagef("%w", err)
	}
	if list, err := os.ReadDir(dir); !errors.Is(err, fs.ErrNotExist) && (err != nil || len(list) > 0) {
		return usagef("%s is there already, and is no empty folder", printable(dir))
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("write the pack: %w", err)
		}
		if err := os.WriteFile(path, []byte(files[name]), 0o644); err != nil {
			return fmt.Errorf("write the pack: %w", err)
		}
		fmt.Fprintln(env.Stdout, printable(path))
	}
	return nil
}
