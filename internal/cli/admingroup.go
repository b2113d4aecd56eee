package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"entente/internal/store"
)

func newAdminGroupCmd(env Env, o *adminOptions) *cobra.Command {
	return adminNoun("group", "Sharing groups: what is shared with one, its members alone see",
		newGroupAddCmd(env, o), newGroupListCmd(env, o),
		newGroupMemberCmd(env, o, "join", "Make an organisation a member of a sharing group", (*store.Store).AddMember),
		newGroupMemberCmd(env, o, "leave", "End the membership of an organisation in a sharing group", (*store.Store).RemoveMember),
		newGroupRemoveCmd(env, o))
}

func newGroupRemoveCmd(env Env, o *adminOptions) *cobra.Command {
	return adminVerb(env, o, "remove GROUP", "Remove a sharing group for which there is nothing", func(a *admin, args []string) error {
		g, err := a.group(args[0])
		if err != nil {
			return err
		}
		if err := a.st.RemoveGroup(a.ctx, g.ID); err != nil {
			return err
		}
		return a.audit("group.remove", g.UID, map[string]any{"name": g.Name})
	})
}

func newGroupAddCmd(env Env, o *adminOptions) *cobra.Command {
	var owner string
	c := adminVerb(env, o, "add NAME", "Add a sharing group", func(a *admin, args []string) error {
		if owner == "" {
			return usagef("whose is it? Name the organisation with --owner")
		}
		org, err := a.st.OrgByName(a.ctx, owner)
		if err != nil {
			return err
		}
		g, err := a.st.CreateGroup(a.ctx, store.Group{Name: args[0], Owner: org.ID})
		if err != nil {
			return err
		}
		if err := a.audit("group.add", g.UID, map[string]any{"name": g.Name, "owner": org.UID}); err != nil {
			return err
		}
		return a.say("%s is %s", g.Name, g.UID)
	})
	c.Flags().StringVar(&owner, "owner", "", "`NAME` of the organisation that it belongs to, its first member")
	return c
}

func newGroupListCmd(env Env, o *adminOptions) *cobra.Command {
	return adminVerb(env, o, "list", "List sharing groups and their members", func(a *admin, _ []string) error {
		groups, err := a.st.Groups(a.ctx, 0)
		if err != nil {
			return err
		}
		orgs, err := a.orgNames()
		if err != nil {
			return err
		}
		var rows [][]any
		for _, g := range groups {
			members, err := a.st.Members(a.ctx, g.ID)
			if err != nil {
				return err
			}
			names := []string{}
			for _, m := range members {
				names = append(names, orgs[m])
			}
			rows = append(rows, []any{g.Name, g.UID, orgs[g.Owner], names})
		}
		return a.table([]string{"name", "id", "owner", "members"}, rows)
	})
}

// orgNames are the names of organisations by number.
func (a *admin) orgNames() (map[int64]string, error) {
	orgs, err := a.st.Orgs(a.ctx)
	if err != nil {
		return nil, err
	}
	names := make(map[int64]string, len(orgs))
	for _, o := range orgs {
		names[o.ID] = o.Name
	}
	return names, nil
}

func newGroupMemberCmd(env Env, o *adminOptions, verb, short string, do memberDeed) *cobra.Command {
	return adminVerb(env, o, verb+" GROUP ORGANISATION", short, func(a *admin, args []string) error {
		g, err := a.group(args[0])
		if err != nil {
			return err
		}
		org, err := a.st.OrgByName(a.ctx, args[1])
		if err != nil {
			return err
		}
		if err := do(a.st, a.ctx, g.ID, org.ID); err != nil {
			return err
		}
		return a.audit("group."+verb, g.UID, map[string]any{"org": org.UID})
	})
}

// group is the sharing group with a name or identifier.
func (a *admin) group(name string) (store.Group, error) {
	groups, err := a.st.Groups(a.ctx, 0)
	if err != nil {
		return store.Group{}, err
	}
	for _, g := range groups {
		if g.Name == name || g.UID == name {
			return g, nil
		}
	}
	return store.Group{}, fmt.Errorf("sharing group %s: %w", name, store.ErrNotFound)
}
