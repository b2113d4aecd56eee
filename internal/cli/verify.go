package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"entente/internal/coalition"
)

// exitUnsure is the exit code of verify where nothing is wrong and something could not be checked.
const exitUnsure = 4

type verifyOptions struct {
	root   string
	roots  []string
	format string
}

func newVerifyCmd(env Env) *cobra.Command {
	var o verifyOptions
	c := &cobra.Command{
		Use:   "verify FOLDER|PROOF…",
		Short: "Check who signed a released statement, and that nothing of it was changed",
		Long: `Check a statement that a coalition has released: FOLDER is the folder of the release with its proof.json, PROOF that file alone.
It needs no network and takes nobody's word: who the members are, that enough of them adopted and released it, that each
signed with a key that was good then, what witnesses saw when, and that every file is the one that was released.

One thing no file can show by itself: that these are the members you mean. Name the digest of the coalition's first root, as
it publishes it (--root); without it verify tells you the digest, for you to compare.

Name several releases of a coalition at once, and verify also tells whether its log showed the same history in all of them.

Exit codes: 0 verified, 1 something is wrong, 2 wrong usage, 4 nothing is wrong and something could not be checked.`,
		Example: `  entente verify release --root sha256:5f1e…
  entente verify --format json release | jq .said`,
		Args: atLeastOne("the folder of a release, or its proof"),
		RunE: func(_ *cobra.Command, args []string) error { return runVerify(env, o, args) },
	}
	f := c.Flags()
	f.StringVar(&o.root, "root", "", "`DIGEST` of the coalition's first root")
	f.StringArrayVar(&o.roots, "newer-root", nil, "`FILE` with a root that you have from elsewhere; repeated")
	f.StringVar(&o.format, "format", "text", "text or json")
	return c
}

func runVerify(env Env, o verifyOptions, args []string) error {
	if o.format != "text" && o.format != "json" {
		return usagef("--format %q is neither text nor json", printable(o.format))
	}
	if o.root != "" && !coalition.Digest(o.root).Valid() {
		return usagef("--root %q is no digest: sha256: and 64 hexadecimal digits", printable(o.root))
	}
	vo := coalition.VerifyOptions{Pin: coalition.Digest(o.root), Now: coalition.At(env.now()), Logs: coalition.NewLogHistory()}
	for _, name := range o.roots {
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		vo.Roots = append(vo.Roots, b)
	}
	worst := coalition.OK
	for _, arg := range args {
		v, err := verifyOne(arg, vo)
		if err != nil {
			return fmt.Errorf("%s: %w", printable(arg), err)
		}
		switch out := v.Outcome(); {
		case out == coalition.Failed || worst == coalition.OK:
			worst = out
		default:
		}
		if err := writeVerification(env, o.format, arg, v); err != nil {
			return err
		}
	}
	switch worst {
	case coalition.Failed:
		return exit(ExitFailure, nil)
	case coalition.Unknown:
		return exit(exitUnsure, nil)
	default:
		return nil
	}
}

func verifyOne(arg string, o coalition.VerifyOptions) (*coalition.Verification, error) {
	name := arg
	info, err := os.Stat(arg)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		root, err := os.OpenRoot(arg)
		if err != nil {
			return nil, err
		}
		defer func() { _ = root.Close() }()
		o.Files, name = root.FS(), filepath.Join(arg, coalition.ProofFile)
		if info, err = os.Stat(name); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no %s in it", coalition.ProofFile)
		} else if err != nil {
			return nil, err
		}
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("the proof is no file")
	}
	if info.Size() > coalition.MaxProof {
		return nil, errors.New("it is larger than any proof")
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return coalition.Verify(b, o)
}

var outcomeMarks = map[coalition.Outcome]string{coalition.OK: "ok       ", coalition.Failed: "WRONG    ", coalition.Unknown: "unchecked", coalition.Remark: "note     "}

func writeVerification(env Env, format, arg string, v *coalition.Verification) error {
	if format == "json" {
		b, err := json.Marshal(struct {
			File    string            `json:"file"`
			Outcome coalition.Outcome `json:"outcome"`
			*coalition.Verification
		}{arg, v.Outcome(), v})
		if err != nil {
			return err
		}
		return writeAll(env, append(b, '\n'))
	}
	w := env.Stdout
	if v.Title != "" {
		fmt.Fprintf(w, "%s\nreleased by %s, statement %s\n\n", printable(v.Title), printable(v.Name), v.Statement)
	}
	for _, c := range v.Checks {
		fmt.Fprintf(w, "%s  %s\n", outcomeMarks[c.Outcome], printable(c.Text))
	}
	if len(v.Said) > 0 {
		fmt.Fprintln(w, "\nwho says what")
		writeSaid(env, v.Said)
	}
	switch v.Outcome() {
	case coalition.Failed:
		fmt.Fprintf(w, "\n%s: DO NOT TRUST IT: something is wrong\n", printable(arg))
	case coalition.Unknown:
		fmt.Fprintf(w, "\n%s: nothing is wrong, and not everything could be checked\n", printable(arg))
	default:
		fmt.Fprintf(w, "\n%s: verified\n", printable(arg))
	}
	return nil
}
