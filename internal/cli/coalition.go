package cli

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	agecrypt "filippo.io/age"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/crypto/ssh"
	"golang.org/x/term"

	"entente/internal/coalition"
	"entente/internal/durable"
	"entente/internal/sign"
)

func newCoalitionCmd(env Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "coalition",
		Short: "Members of a coalition, their keys, and what they hand on to one another",
		Long: `A coalition is a list of members that they sign themselves: the root. Who is in it, with which keys, and how many of
them it takes to adopt a statement or to release one, stands there and nowhere else. Every version of it is signed by enough
members of the version before.

A member keeps what it knows of a coalition in a folder (--dir, or ENTENTE_COALITION). Members bring their folders together
by packets: files that are encrypted to all of them, which any node, mail or memory stick may carry.

  entente coalition key me.key                     make your keys; send the card that it prints to whoever makes the root
  entente coalition new "Allies" --member us=us.card --member uk=uk.card --adopt 2 --release 2 -o root-1.json --key me.key
  entente coalition sign root-1.json --key me.key  every member whose signature it takes
  entente coalition join root-1.json               every member: make the folder
  entente coalition add fr=fr.card -o root-2.json  the next version, which is signed and taken in again

See entente statement for what members say together.`,
		Args: onlyCommands,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newCoalitionKeyCmd(env), newCoalitionNewCmd(env), newCoalitionSignCmd(env), newCoalitionJoinCmd(env), newCoalitionShowCmd(env),
		newCoalitionAddCmd(env), newCoalitionRemoveCmd(env), newCoalitionRotateCmd(env), newCoalitionRevokeCmd(env),
		newCoalitionExportCmd(env), newCoalitionImportCmd(env), newCoalitionSyncCmd(env))
	return c
}

// coalitionOptions say where a member's folder is, and its keys.
type coalitionOptions struct {
	dir            string
	key            string
	passphraseFile string
	agent          string
	oldKeys        []string
}

func (o *coalitionOptions) registerDir(f *pflag.FlagSet) {
	f.StringVarP(&o.dir, "dir", "d", "", "`FOLDER` of the coalition (default ENTENTE_COALITION, or coalition)")
}

func (o *coalitionOptions) registerKey(f *pflag.FlagSet) {
	f.StringVar(&o.key, "key", "", "`FILE` with your keys, as coalition key makes it (default ENTENTE_KEY)")
	f.StringVar(&o.passphraseFile, "passphrase-file", "", "`FILE` whose first line is the passphrase of the keys; without it ENTENTE_PASSPHRASE, or you are asked")
	f.StringArrayVar(&o.oldKeys, "old-key", nil, "`FILE` with keys that you had before, or with keys of age: what was encrypted to them is opened, too; repeated")
	o.registerAgent(f)
}

func (o *coalitionOptions) registerAgent(f *pflag.FlagSet) {
	f.StringVar(&o.agent, "agent-key", "", "Ed25519 `KEY` with which the ssh-agent signs in place of the one of the file: FILE.pub, or what stands in it")
}

func (o *coalitionOptions) folderName(env Env) string {
	if o.dir != "" {
		return o.dir
	}
	if dir := env.Getenv("ENTENTE_COALITION"); dir != "" {
		return dir
	}
	return "coalition"
}

// folder opens the member's folder. What does not hold in it is said.
func (o *coalitionOptions) folder(env Env) (*coalition.Folder, error) {
	f, err := coalition.OpenFolder(o.folderName(env), func(name string, err error) {
		fmt.Fprintf(env.Stderr, "warning: %s: %s\n", printable(name), printable(err.Error()))
	})
	if errors.Is(err, coalition.ErrNoFolder) {
		return nil, usagef("%w", err)
	}
	return f, err
}

// identity opens the member's keys.
func (o *coalitionOptions) identity(env Env) (*sign.Identity, error) {
	name := o.key
	if name == "" {
		name = env.Getenv("ENTENTE_KEY")
	}
	if name == "" {
		return nil, usagef("your keys are missing\nhint: --key FILE, or ENTENTE_KEY; entente coalition key FILE makes them")
	}
	pass, err := o.passphrase(env, "Passphrase of "+name+": ")
	if err != nil {
		return nil, err
	}
	return sign.IdentityFile{Path: name}.Open(pass)
}

// passphrase finds the passphrase: what a flag names goes before the environment, and that before a question.
func (o *coalitionOptions) passphrase(env Env, question string) (string, error) {
	if o.passphraseFile != "" {
		return firstLine(o.passphraseFile)
	}
	if p := env.Getenv("ENTENTE_PASSPHRASE"); p != "" {
		return p, nil
	}
	in, ok := env.Stdin.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return "", usagef("the passphrase is missing\nhint: --passphrase-file FILE, or ENTENTE_PASSPHRASE")
	}
	fmt.Fprint(env.Stderr, printable(question))
	b, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(env.Stderr)
	if err != nil {
		return "", fmt.Errorf("read the passphrase: %w", err)
	}
	return string(b), nil
}

// olderKeys are those that the member had before: they open, and sign nothing.
func (o *coalitionOptions) olderKeys(env Env) (ids []agecrypt.Identity, err error) {
	for _, name := range o.oldKeys {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if keys, err := agecrypt.ParseIdentities(bytes.NewReader(b)); err == nil {
			ids = append(ids, keys...)
			continue
		}
		pass, err := o.passphrase(env, "Passphrase of "+name+": ")
		if err != nil {
			return nil, err
		}
		id, err := sign.IdentityFile{Path: name}.Open(pass)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// signer is what signs: a key in the agent, or the one of the file. identities open what is encrypted to the member; they
// are none where only the agent is there.
func (o *coalitionOptions) signer(c *cobra.Command, env Env) (sign.Signer, []agecrypt.Identity, error) {
	older, err := o.olderKeys(env)
	if err != nil {
		return nil, nil, err
	}
	if o.agent == "" {
		id, err := o.identity(env)
		if err != nil {
			return nil, nil, err
		}
		return id, append(older, id), nil
	}
	s, err := o.agentSigner(c.Context(), env)
	if err != nil {
		return nil, nil, err
	}
	if o.key == "" && env.Getenv("ENTENTE_KEY") == "" {
		return s, older, nil
	}
	id, err := o.identity(env)
	if err != nil {
		return nil, nil, err
	}
	return s, append(older, id), nil
}

// agentSigner is the key in the agent.
func (o *coalitionOptions) agentSigner(ctx context.Context, env Env) (sign.Signer, error) {
	k, err := agentKey(o.agent)
	if err != nil {
		return nil, err
	}
	return sign.Agent{Socket: env.Getenv("SSH_AUTH_SOCK")}.Signer(ctx, k)
}

// agentKey reads a public key as ssh writes it, in a file or as text, or as roots have it.
func agentKey(text string) (k sign.PublicKey, err error) {
	if strings.HasSuffix(text, ".pub") {
		if text, err = firstLine(text); err != nil {
			return k, err
		}
	}
	if k, err = sign.ParsePublicKey(text); err == nil {
		return k, nil
	}
	parsed, _, _, _, err := ssh.ParseAuthorizedKey([]byte(text))
	if err != nil {
		return k, usagef("--agent-key %q is no key\nhint: id_ed25519.pub, a line of ssh-add -L, or the 32 bytes in base64", text)
	}
	b, ok := []byte(nil), false
	if c, is := parsed.(ssh.CryptoPublicKey); is {
		var ed ed25519.PublicKey
		ed, ok = c.CryptoPublicKey().(ed25519.PublicKey)
		b = ed
	}
	if !ok {
		return k, usagef("--agent-key: it is of type %s, and it takes ssh-ed25519", parsed.Type())
	}
	return sign.ParsePublicKey(base64.StdEncoding.EncodeToString(b))
}

// actor is the member that acts.
func (o *coalitionOptions) actor(c *cobra.Command, env Env) (*coalition.Actor, error) {
	f, err := o.folder(env)
	if err != nil {
		return nil, err
	}
	s, ids, err := o.signer(c, env)
	if err != nil {
		return nil, err
	}
	return &coalition.Actor{Folder: f, Signer: s, Identities: ids, Now: env.now, Random: rand.Reader}, nil
}

func newCoalitionKeyCmd(env Env) *cobra.Command {
	var o coalitionOptions
	var nodeKey string
	c := &cobra.Command{
		Use:   "key FILE",
		Short: "Make a member's keys, or show the card of those that are there",
		Long: `Make the keys of a member: one to sign with (Ed25519), one to open with what others encrypt to it (age, X25519). FILE is
sealed with a passphrase, and its owner's alone. Where FILE is there already it is opened and not changed.

Printed is the card: the public half, which you send to whoever makes the root. Compare its fingerprint with them by another
way, by telephone say: whoever changes the card on its way speaks for you.

With --agent-key the card has an Ed25519 key that your ssh-agent holds, on a token say, in place of the one to sign with: then all
that you sign takes that flag. What others encrypt to you is opened with FILE.

Exit codes: 0 done, 1 failed, 2 wrong usage.`,
		Example: `  entente coalition key me.key > me.card`,
		Args:    exactly(1, "the file with the keys"),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := openOrMake(env, &o, args[0])
			if err != nil {
				return err
			}
			if nodeKey != "" {
				if err := durable.CreateFile(nodeKey, id.AgeKeys(), 0o600); err != nil {
					return err
				}
			}
			card := id.Card()
			if o.agent != "" {
				s, err := o.agentSigner(c.Context(), env)
				if err != nil {
					return err
				}
				card.Key = s.Public()
			}
			fmt.Fprintf(env.Stderr, "fingerprint %s\n", card.Fingerprint())
			return writeAll(env, append(card.Bytes(), '\n'))
		},
	}
	c.Flags().StringVar(&o.passphraseFile, "passphrase-file", "", "`FILE` whose first line is the passphrase; without it ENTENTE_PASSPHRASE, or you are asked")
	o.registerAgent(c.Flags())
	c.Flags().StringVar(&nodeKey, "node-key", "", "write the half that opens into this `FILE`, which is made")
	return c
}

// memberArg reads "us=us.card" or "us=us.card=adopt,release".
func memberArg(arg string) (coalition.Member, error) {
	id, rest, ok := strings.Cut(arg, "=")
	if !ok || id == "" || rest == "" {
		return coalition.Member{}, usagef("%q is no member\nhint: ID=CARD, as in us=us.card, or ID=CARD=ROLE,ROLE with some of adopt, propose, release and root", arg)
	}
	card, roles, some := strings.Cut(rest, "=")
	b, err := os.ReadFile(card)
	if err != nil {
		return coalition.Member{}, err
	}
	c, err := sign.ParseCard(b)
	if err != nil {
		return coalition.Member{}, fmt.Errorf("%s: %w", card, err)
	}
	m := coalition.Member{
		ID: id, Name: id, Keys: []string{c.Key.String()}, Recipients: []string{c.Recipient},
		Roles: []coalition.Role{coalition.RoleAdopt, coalition.RolePropose, coalition.RoleRelease, coalition.RoleRoot},
	}
	if some {
		m.Roles = nil
		for _, role := range splitList([]string{roles}) {
			m.Roles = append(m.Roles, coalition.Role(role))
		}
	}
	return m, nil
}

// names are --name us="United States".
func applyNames(members []coalition.Member, names []string) error {
	for _, arg := range names {
		id, name, ok := strings.Cut(arg, "=")
		found := false
		for i := range members {
			if ok && members[i].ID == id {
				members[i].Name, found = name, true
			}
		}
		if !found {
			return usagef("--name %q is of no member that is given\nhint: --name us=\"United States\"", arg)
		}
	}
	return nil
}

// writeNew writes a file that is not there yet; "-" is standard output.
func writeNew(env Env, name string, b []byte) error {
	if name == "-" {
		return writeAll(env, b)
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return usagef("%s is there already, and is not written over", printable(name))
	}
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// expiry is a time from now on: 365d, or a date.
func expiry(flag, text string, now time.Time) (coalition.Time, error) {
	t, err := parseDue(flag, text, now)
	if err != nil {
		return 0, err
	}
	if !t.After(now) {
		return 0, usagef("%s %s is past", flag, printable(text))
	}
	return coalition.At(t), nil
}

// parseDue reads a time to come: a date, a time, or how long from now.
func parseDue(flag, text string, now time.Time) (time.Time, error) {
	if n, ok := strings.CutSuffix(text, "d"); ok {
		var days int
		if _, err := fmt.Sscanf(n+" ", "%d ", &days); err == nil && days > 0 && days < 36500 {
			return now.AddDate(0, 0, days), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(d), nil
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02"} {
		if t, err := time.Parse(form, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usagef("%s %q is no time\nhint: 2021-07-19T11:00:00Z, 2021-07-19, 90m or 30d from now", flag, text)
}

// rootPath is where the next root is written by default.
func rootPath(out string, version int) string {
	if out != "" {
		return out
	}
	return fmt.Sprintf("root-%d.json", version)
}

// sayRoot tells who has signed a root.
func sayRoot(env Env, name string, file []byte, latest *coalition.Root) error {
	f, err := coalition.ReadRootFile(file, latest)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stderr, "%s: version %d of %q\n  digest %s\n", printable(name), f.Root.Version, f.Root.Name, f.Digest)
	if latest != nil {
		fmt.Fprintf(env.Stderr, "  signed by %d of %d members of version %d that it takes: %s\n", len(f.Before), f.NeedBefore, latest.Version, orNone(f.Before))
	}
	fmt.Fprintf(env.Stderr, "  signed by %d of %d members of version %d that it takes: %s\n", len(f.Own), f.NeedOwn, f.Root.Version, orNone(f.Own))
	switch {
	case !f.Complete():
		fmt.Fprintln(env.Stderr, "  it is not good yet: send it to the next one, for entente coalition sign")
	case f.Root.Version == 1:
		fmt.Fprintln(env.Stderr, "  it is good: every member makes its folder with it, by entente coalition join")
	default:
		fmt.Fprintln(env.Stderr, "  it is good: every member takes it in, by entente coalition import")
	}
	return nil
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "nobody"
	}
	return strings.Join(list, ", ")
}
