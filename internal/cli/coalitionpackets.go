package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	agecrypt "filippo.io/age"
	"github.com/spf13/cobra"

	"entente/internal/coalition"
)

func newCoalitionExportCmd(env Env) *cobra.Command {
	var o coalitionOptions
	var out string
	c := &cobra.Command{
		Use:   "export -o FILE",
		Short: "Write what you know as one packet for the other members",
		Long: `Write everything that your folder holds as one packet: roots, statements, what members signed, and what the log shows. It is
encrypted to all members, so that mail or a memory stick can carry it. Whoever has some of it already takes in the rest.

Your own shares of keys that are not due yet stay here.

Exit codes: 0 written, 1 failed, 2 wrong usage.`,
		Example: `  entente coalition export -o to-allies.age`,
		Args:    exactly(0, ""),
		RunE: func(*cobra.Command, []string) error {
			if out == "" {
				return usagef("-o FILE is missing")
			}
			f, err := o.folder(env)
			if err != nil {
				return err
			}
			var items []coalition.Item
			if err := f.Items(func(it coalition.Item) error { items = append(items, it); return nil }); err != nil {
				return err
			}
			packet, err := coalition.Pack(f.Book().Chain().Latest(), items)
			if err != nil {
				return err
			}
			if err := writeNew(env, out, packet); err != nil {
				return err
			}
			fmt.Fprintf(env.Stderr, "%d files, %d bytes, encrypted to %d members\n", len(items), len(packet), len(f.Book().Chain().Latest().Members))
			return nil
		},
	}
	o.registerDir(c.Flags())
	c.Flags().StringVarP(&out, "out", "o", "", "`FILE` to write, - for standard output")
	return c
}

func newCoalitionImportCmd(env Env) *cobra.Command {
	var o coalitionOptions
	c := &cobra.Command{
		Use:   "import FILE…",
		Short: "Take in packets, roots and events of other members",
		Long: `Take in what other members send: packets, roots, events, proofs of the log, or another member's folder. Each file in them
is verified by itself, whoever carried it. What is known already is passed over; what rests on a root that is not here yet
waits for it.

Exit codes: 0 all was taken in, 1 something was not, 2 wrong usage.`,
		Example: `  entente coalition import from-uk.age --key me.key`,
		Args:    atLeastOne("the files to take in"),
		RunE:    func(c *cobra.Command, args []string) error { return runCoalitionImport(c, env, &o, args) },
	}
	o.registerDir(c.Flags())
	o.registerKey(c.Flags())
	return c
}

// importing takes in files of several members in one go.
type importing struct {
	folder     *coalition.Folder
	identities func() ([]agecrypt.Identity, error) // asked for when the first packet comes
	got        map[coalition.ItemKind]int
	waits      int
	bad        []error
}

func runCoalitionImport(c *cobra.Command, env Env, o *coalitionOptions, args []string) error {
	f, err := o.folder(env)
	if err != nil {
		return err
	}
	var ids []agecrypt.Identity
	im := &importing{folder: f, got: map[coalition.ItemKind]int{}, identities: func() ([]agecrypt.Identity, error) {
		if ids == nil {
			older, err := o.olderKeys(env)
			if err != nil {
				return nil, err
			}
			id, err := o.identity(env)
			if err != nil {
				return nil, err
			}
			ids = append(older, id)
		}
		return ids, nil
	}}
	before := void(f.Book())
	for _, arg := range args {
		if err := im.path(arg); err != nil {
			return err
		}
	}
	fmt.Fprintf(env.Stdout, "new: %d roots, %d events, %d proofs, %d files\n", im.got[coalition.ItemRoot], im.got[coalition.ItemEvent], im.got[coalition.ItemProof], im.got[coalition.ItemBlob])
	if im.waits > 0 {
		fmt.Fprintf(env.Stdout, "%d wait for a root that is not here yet\n", im.waits)
	}
	if im.got[coalition.ItemRoot] > 0 {
		after := void(f.Book())
		told := 0
		for _, id := range slices.Sorted(maps.Keys(after)) {
			if e := f.Book().Event(id); before[id] == "" && told < 20 { // statement show has all
				fmt.Fprintf(env.Stdout, "%s: %s about %s does not count: %s\n", e.Member, whatOf(e), e.Statement, after[id])
				told++
			}
		}
	}
	if len(im.bad) > 0 {
		return exit(ExitFailure, fmt.Errorf("%d files were not taken in:\n%w", len(im.bad), errors.Join(im.bad...)))
	}
	return c.Context().Err()
}

// void are the events that do not count by themselves, and why.
func void(b *coalition.Book) map[coalition.Digest]string {
	out := map[coalition.Digest]string{}
	for _, e := range b.Events() {
		if why := b.Void(e); why != "" {
			out[e.ID] = why
		}
	}
	return out
}

// path takes in a file, or the files of a folder: roots before events, and these before proofs.
func (im *importing) path(arg string) error {
	info, err := os.Stat(arg)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return im.file(arg)
	}
	var names []string
	err = filepath.WalkDir(arg, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && !strings.HasPrefix(d.Name(), ".") {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		return err
	}
	rank := func(name string) int {
		rel, err := filepath.Rel(arg, name)
		if err != nil {
			return -1
		}
		part, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
		return slices.Index([]string{"staged", "proofs", "waiting", "events", "blobs", "roots"}, part)
	}
	slices.SortStableFunc(names, func(a, b string) int { return rank(b) - rank(a) })
	_, err = os.Stat(filepath.Join(arg, "roots"))
	ofMember := err == nil // its folder, in which other files than those of the list are its own
	for _, name := range names {
		if rank(name) == 0 || rank(name) < 0 && ofMember {
			continue // a member's own shares are for nobody
		}
		if rank(name) == 4 {
			err = im.blob(name)
		} else {
			err = im.file(name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// blob takes in a file of another member's folder that is named by its digest.
func (im *importing) blob(name string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if d := coalition.DigestOf(b); d != coalition.Digest("sha256:"+filepath.Base(name)) {
		return im.fail(name, errors.New("it is not the file that its name says"))
	}
	isNew, err := im.folder.Take(coalition.Item{Kind: coalition.ItemBlob, Data: b})
	if isNew {
		im.got[coalition.ItemBlob]++
	}
	return err
}

// file takes in one file.
func (im *importing) file(name string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	items := []coalition.Item{{Data: b}}
	if bytes.HasPrefix(b, []byte("age-encryption.org/")) {
		ids, err := im.identities()
		if err != nil {
			return err
		}
		if items, err = coalition.Unpack(b, im.folder.Book().Chain().Latest().Coalition, ids...); err != nil {
			return im.fail(name, err)
		}
	} else if items[0].Kind = coalition.KindOf(b); items[0].Kind == "" {
		return im.fail(name, errors.New("it is no packet, root, event or proof"))
	}
	for _, it := range items {
		isNew, err := im.folder.Take(it)
		switch {
		case errors.Is(err, coalition.ErrWaits):
			im.waits++
		case err != nil:
			_ = im.fail(name, err)
		case isNew:
			im.got[it.Kind]++
		}
	}
	return nil
}

// fail notes what is wrong with a file; the others are taken in all the same.
func (im *importing) fail(name string, err error) error {
	if len(im.bad) < 100 {
		im.bad = append(im.bad, fmt.Errorf("%s: %s", printable(name), printable(err.Error())))
	}
	return nil
}
