package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/store"
	"entente/internal/taxii"
)

// memberDeed is AddMember or RemoveMember of the store.
type memberDeed func(st *store.Store, ctx context.Context, group, org int64) error

func newAdminRootCmd(env Env, o *adminOptions) *cobra.Command {
	var root store.Root
	add := adminVerb(env, o, "add PATH", "Add an API root", func(a *admin, args []string) error {
		root.Path = strings.Trim(args[0], "/")
		if err := taxii.CheckRootPath(root.Path); err != nil {
			return usagef("%w", err)
		}
		if root.MaxContentLength < 0 {
			return usagef("a body cannot have %d bytes\nhint: --max-content-length is 0 or more; 0 is %d", root.MaxContentLength, taxii.DefaultMaxContentLength)
		}
		r, err := a.st.CreateRoot(a.ctx, root)
		if err != nil {
			return err
		}
		return a.audit("root.add", r.Path, nil)
	})
	f := add.Flags()
	f.StringVar(&root.Title, "title", "", "its `TITLE`")
	f.StringVar(&root.Description, "description", "", "its `DESCRIPTION`")
	f.Int64Var(&root.MaxContentLength, "max-content-length", taxii.DefaultMaxContentLength, "most `BYTES` of a body")
	list := adminVerb(env, o, "list", "List API roots", func(a *admin, _ []string) error {
		roots, err := a.st.Roots(a.ctx)
		if err != nil {
			return err
		}
		var rows [][]any
		for _, r := range roots {
			rows = append(rows, []any{r.Path, r.Title, r.MaxContentLength})
		}
		return a.table([]string{"path", "title", "max_content_length"}, rows)
	})
	remove := adminVerb(env, o, "remove PATH", "Remove an API root without collections", func(a *admin, args []string) error {
		r, err := a.st.RootByPath(a.ctx, strings.Trim(args[0], "/"))
		if err != nil {
			return err
		}
		if err := a.st.RemoveRoot(a.ctx, r.ID); err != nil {
			return err
		}
		return a.audit("root.remove", r.Path, nil)
	})
	return adminNoun("root", "API roots of TAXII, which hold collections", add, list, remove)
}

type collectionOptions struct {
	description, alias  string
	owner, group, label string
	public              bool
}

func newAdminCollectionCmd(env Env, o *adminOptions) *cobra.Command {
	return adminNoun("collection", "Collections, and who may read and write them",
		newCollectionAddCmd(env, o), newCollectionListCmd(env, o), newCollectionSetCmd(env, o), newCollectionRemoveCmd(env, o), newCollectionGrantCmd(env, o), newCollectionNameCmd(env, o))
}

func newCollectionAddCmd(env Env, o *adminOptions) *cobra.Command {
	var n collectionOptions
	c := adminVerb(env, o, "add ROOT TITLE", "Add a collection to an API root; its owner may read and write it", func(a *admin, args []string) error {
		root, err := a.st.RootByPath(a.ctx, strings.Trim(args[0], "/"))
		if err != nil {
			return err
		}
		if n.owner == "" {
			return usagef("whose is it? Name the organisation with --owner")
		}
		owner, err := a.st.OrgByName(a.ctx, n.owner)
		if err != nil {
			return err
		}
		label, err := readLabel(n.label)
		if err != nil {
			return err
		}
		coll := store.Collection{
			Root: root.ID, Alias: n.alias, Title: args[1], Description: n.description, Owner: owner.ID, Label: label, Public: n.public,
		}
		if n.group != "" {
			g, err := a.group(n.group)
			if err != nil {
				return err
			}
			coll.Group = g.ID
		}
		if coll, err = a.st.CreateCollection(a.ctx, coll); err != nil {
			return err
		}
		if err := a.st.SetRights(a.ctx, store.Rights{Collection: coll.ID, Org: owner.ID, Read: true, Write: true}); err != nil {
			return err
		}
		detail := map[string]any{"title": coll.Title, "owner": owner.UID, "label": tlpLabels[label], "public": coll.Public, "group": n.group}
		if err := a.audit("collection.add", coll.UID, detail); err != nil {
			return err
		}
		return a.say("%s is %s", coll.Title, coll.UID)
	})
	f := c.Flags()
	f.StringVar(&n.owner, "owner", "", "`NAME` of the organisation that it belongs to")
	f.StringVar(&n.alias, "alias", "", "other `NAME` in URLs")
	f.StringVar(&n.description, "description", "", "its `DESCRIPTION`")
	f.StringVar(&n.label, "label", "amber", "`LABEL` of objects that have none: clear, green, amber, amber+strict, red")
	f.StringVar(&n.group, "group", "", "sharing `GROUP` that its objects are for")
	f.BoolVar(&n.public, "public", false, "callers without credentials may read what is clear")
	return c
}

func newCollectionListCmd(env Env, o *adminOptions) *cobra.Command {
	return adminVerb(env, o, "list", "List collections, and who may read and write them", func(a *admin, _ []string) error {
		colls, err := a.st.AllCollections(a.ctx, 0)
		if err != nil {
			return err
		}
		orgs, err := a.orgNames()
		if err != nil {
			return err
		}
		roots, err := a.st.Roots(a.ctx)
		if err != nil {
			return err
		}
		paths := map[int64]string{}
		for _, r := range roots {
			paths[r.ID] = r.Path
		}
		var rows [][]any
		for _, c := range colls {
			rights, err := a.st.Rights(a.ctx, c.ID)
			if err != nil {
				return err
			}
			read, write := []string{}, []string{}
			for _, r := range rights {
				if r.Read {
					read = append(read, orgs[r.Org])
				}
				if r.Write {
					write = append(write, orgs[r.Org])
				}
			}
			rows = append(rows, []any{paths[c.Root], c.UID, c.Alias, c.Title, orgs[c.Owner], tlpLabels[c.Label], c.Public, read, write})
		}
		return a.table([]string{"root", "id", "alias", "title", "owner", "label", "public", "read", "write"}, rows)
	})
}

func newCollectionSetCmd(env Env, o *adminOptions) *cobra.Command {
	var n collectionOptions
	var title string
	var c *cobra.Command
	c = adminVerb(env, o, "set COLLECTION", "Change a collection; what is in it keeps the label and the group that it got", func(a *admin, args []string) error {
		coll, err := a.collection(args[0])
		if err != nil {
			return err
		}
		f := c.Flags()
		for name, text := range map[string]struct{ to, from *string }{
			"title": {&coll.Title, &title}, "alias": {&coll.Alias, &n.alias}, "description": {&coll.Description, &n.description},
		} {
			if f.Changed(name) {
				*text.to = *text.from
			}
		}
		if f.Changed("public") {
			coll.Public = n.public
		}
		if f.Changed("owner") {
			owner, err := a.st.OrgByName(a.ctx, n.owner)
			if err != nil {
				return err
			}
			coll.Owner = owner.ID
		}
		if f.Changed("label") {
			if coll.Label, err = readLabel(n.label); err != nil {
				return err
			}
		}
		if f.Changed("group") {
			coll.Group = 0
			if n.group != "" {
				g, err := a.group(n.group)
				if err != nil {
					return err
				}
				coll.Group = g.ID
			}
		}
		if err := a.st.UpdateCollection(a.ctx, coll); err != nil {
			return err
		}
		detail := map[string]any{"title": coll.Title, "owner": coll.Owner, "label": tlpLabels[coll.Label], "public": coll.Public, "group": coll.Group}
		return a.audit("collection.set", coll.UID, detail)
	})
	f := c.Flags()
	f.StringVar(&title, "title", "", "new `TITLE`")
	f.StringVar(&n.owner, "owner", "", "`NAME` of the organisation that it belongs to; its rights are those that it is granted")
	f.StringVar(&n.alias, "alias", "", "other `NAME` in URLs; empty for none")
	f.StringVar(&n.description, "description", "", "its `DESCRIPTION`")
	f.StringVar(&n.label, "label", "", "`LABEL` of objects that have none and come from now on")
	f.StringVar(&n.group, "group", "", "sharing `GROUP` that objects are for that come from now on; empty for none")
	f.BoolVar(&n.public, "public", false, "callers without credentials may read what is clear")
	return c
}

func newCollectionRemoveCmd(env Env, o *adminOptions) *cobra.Command {
	return adminVerb(env, o, "remove COLLECTION", "Remove a collection in which there is nothing", func(a *admin, args []string) error {
		coll, err := a.collection(args[0])
		if err != nil {
			return err
		}
		if err := a.st.RemoveCollection(a.ctx, coll.ID); err != nil {
			return err
		}
		return a.audit("collection.remove", coll.UID, map[string]any{"title": coll.Title})
	})
}

// collection is the collection with an identifier, or an alias that one alone has.
func (a *admin) collection(name string) (store.Collection, error) {
	all, err := a.st.AllCollections(a.ctx, 0)
	if err != nil {
		return store.Collection{}, err
	}
	var found []store.Collection
	for _, c := range all {
		if c.UID == name || c.Alias != "" && c.Alias == name {
			found = append(found, c)
		}
	}
	switch len(found) {
	case 0:
		return store.Collection{}, fmt.Errorf("collection %s: %w", name, store.ErrNotFound)
	case 1:
		return found[0], nil
	}
	return store.Collection{}, fmt.Errorf("%d collections have the alias %s: name the identifier", len(found), name)
}

func newCollectionGrantCmd(env Env, o *adminOptions) *cobra.Command {
	var read, write bool
	c := adminVerb(env, o, "grant COLLECTION ORGANISATION", "Say what an organisation may do with a collection; nothing without a flag",
		func(a *admin, args []string) error {
			coll, err := a.collection(args[0])
			if err != nil {
				return err
			}
			org, err := a.st.OrgByName(a.ctx, args[1])
			if err != nil {
				return err
			}
			if err := a.st.SetRights(a.ctx, store.Rights{Collection: coll.ID, Org: org.ID, Read: read, Write: write}); err != nil {
				return err
			}
			return a.audit("collection.grant", coll.UID, map[string]any{"org": org.UID, "read": read, "write": write})
		})
	c.Flags().BoolVar(&read, "read", false, "it may read")
	c.Flags().BoolVar(&write, "write", false, "it may write")
	return c
}

func newCollectionNameCmd(env Env, o *adminOptions) *cobra.Command {
	var remove bool
	c := adminVerb(env, o, "name COLLECTION USER", "Name a user who sees what is TLP:RED in a collection", func(a *admin, args []string) error {
		coll, err := a.collection(args[0])
		if err != nil {
			return err
		}
		user, err := a.st.UserByName(a.ctx, args[1])
		if err != nil {
			return err
		}
		if err := a.st.SetNamed(a.ctx, coll.ID, user.ID, !remove); err != nil {
			return err
		}
		return a.audit("collection.name", coll.UID, map[string]any{"user": user.Name, "named": !remove})
	})
	c.Flags().BoolVar(&remove, "remove", false, "name the user no more")
	return c
}
