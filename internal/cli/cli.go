// Package cli is the command line: one file per verb, each with its options, their validation and its run. It
// holds no logic of its own; what a verb does lives in the room that it calls.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"entente/internal/report"
)

// The exit codes, the same for every verb; --help states them.
const (
	ExitOK       = 0 // done, nothing found
	ExitFailure  = 1 // the work failed, or a check did not pass
	ExitUsage    = 2 // the command line is wrong
	ExitFindings = 3 // hunt, watch: there are findings
	ExitCanceled = 130
)

// Env is what a verb knows of the world outside.
type Env struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Getenv func(string) string
	// Started is when the process began, for the figures about it; zero where nobody asks.
	Started time.Time
	// Now is the clock by which members, nodes and witnesses go; nil for that of the machine.
	Now func() time.Time
}

// now is the time by that clock.
func (e Env) now() time.Time {
	if e.Now != nil {
		return e.Now()
	}
	return time.Now()
}

// OSEnv is the process's own.
func OSEnv() Env {
	return Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Started: time.Now()}
}

// terminalWidth is w's width in columns, and whether w is a terminal at all.
func (Env) terminalWidth(w io.Writer) (int, bool) {
	f, ok := fileOf(w)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		width = 100
	}
	return width, true
}

// color says whether output to w should be coloured.
func (e Env) color(w io.Writer) bool {
	_, tty := e.terminalWidth(w)
	return report.WantColor(e.Getenv, tty)
}

// exitError ends the program with a code. Its error, if any, is printed first.
type exitError struct {
	code int
	err  error
	// endless is of a verb that runs until it is interrupted, or that was done before it was, so that its code holds all the same.
	endless bool
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// exit makes an error that ends the program with code and prints err, which may be nil.
func exit(code int, err error) error { return &exitError{code: code, err: err} }

// stopped marks the end of a verb that no signal has cut short: one that runs until it is interrupted, or that is done.
func stopped(err error) error {
	if err == nil {
		return nil
	}
	if ee, ok := errors.AsType[*exitError](err); ok {
		return &exitError{code: ee.code, err: ee.err, endless: true}
	}
	return &exitError{code: ExitFailure, err: err, endless: true}
}

// usagef is an error of the command line.
func usagef(format string, args ...any) error {
	return &exitError{code: ExitUsage, err: fmt.Errorf(format, args...)}
}

// Run runs the program and returns its exit code.
func Run(ctx context.Context, args []string, env Env) int {
	out := &standardOutput{w: env.Stdout}
	env.Stdout = out
	root := newRoot(env) //nolint:contextcheck // cobra hands each verb the context of ExecuteContext
	root.SetArgs(args)
	begun := false // a verb: until then, every error is one of the command line
	stop := func() {}
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) (err error) {
		if err := checkLists(c.Flags()); err != nil {
			return err
		}
		begun = true
		stop, err = profile(env.Getenv("ENTENTE_CPUPROFILE"))
		return err
	}
	err := root.ExecuteContext(ctx)
	stop()
	err = out.end(err)
	if err == nil {
		return ExitOK
	}
	ee, ok := errors.AsType[*exitError](err)
	if ctx.Err() != nil && (!ok || !ee.endless) {
		fmt.Fprintln(env.Stderr, "entente: interrupted")
		return ExitCanceled
	}
	if ok {
		if ee.err != nil {
			fmt.Fprintln(env.Stderr, "entente:", ee.err)
		}
		return ee.code
	}
	fmt.Fprintln(env.Stderr, "entente:", err)
	if !begun {
		return ExitUsage
	}
	return ExitFailure
}

func newRoot(env Env) *cobra.Command {
	root := &cobra.Command{
		Use:   "entente",
		Short: "Answer a hostile cyber campaign together",
		Long: `Entente lets allied defenders answer a hostile cyber campaign together.
This release hunts in logs of any kind with rules and advisories, and runs the nodes by which allies share what they find.

  entente demo                          write a small intrusion, hunt it, open the report
  entente hunt LOGS…                    were we hit? With the advisories that come with the program
  entente hunt --rules RULES LOGS…      with Sigma rules
  entente serve DIR                     run a node of your own

Exit codes: 0 done and nothing found, 1 failed, 2 wrong usage, 3 findings, 130 interrupted
(but for watch, which runs until then).`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		Version:           Version(),
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
		Args:              onlyCommands,
		RunE:              func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	root.SetVersionTemplate("entente {{.Version}}\n")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		if c.HasSubCommands() { // its verbs have flags, and what stands before this one is no verb
			if wrong := onlyCommands(c, c.Flags().Args()); wrong != nil {
				return wrong
			}
		}
		return usagef("%w\nhint: see `%s --help`", err, c.CommandPath())
	})
	for _, g := range verbs(env) {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title + ":"})
		for _, c := range g.verbs {
			c.GroupID = g.title
			root.AddCommand(c)
		}
	}
	addHelpAndCompletion(root)
	root.AddCommand(newManCmd(env))
	addCompletions(env, root)
	return root
}

// choosing are the flags that choose records or rules.
var choosing = []string{"host", "channel", "rule", "tag", "status"}

// checkLists refuses such a flag with an empty value: whoever writes --host "$HOST" does not mean every host.
func checkLists(f *pflag.FlagSet) (err error) {
	f.Visit(func(f *pflag.Flag) {
		list, ok := f.Value.(pflag.SliceValue)
		if ok && slices.Contains(choosing, f.Name) && (len(list.GetSlice()) == 0 || slices.ContainsFunc(list.GetSlice(), func(s string) bool { return strings.TrimSpace(s) == "" })) {
			err = usagef("--%s is empty\nhint: leave it out to choose all", f.Name)
		}
	})
	return err
}

// profile writes a CPU profile to a file until stop is called; "" does nothing.
func profile(file string) (stop func(), err error) {
	if file == "" {
		return func() {}, nil
	}
	f, err := os.Create(file)
	if err != nil {
		return func() {}, fmt.Errorf("ENTENTE_CPUPROFILE: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return func() {}, fmt.Errorf("ENTENTE_CPUPROFILE: %w", err)
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close()
	}, nil
}

// Version is the version the binary was built from.
func Version() string {
	if version != "" {
		return version
	}
	if bi, ok := debug.ReadBuildInfo(); ok && bi.Main.Version != "" && bi.Main.Version != "(devel)" {
		return bi.Main.Version
	}
	return "dev"
}

// version is set by the linker: -X entente/internal/cli.version=v1.2.3.
var version string
