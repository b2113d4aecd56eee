package cli

import (
	"github.com/spf13/cobra"

	"entente/internal/store"
)

type orgOptions struct {
	clearance string
	clientOf  string
	id        string
	name      string
	disabled  bool
}

func newAdminOrgCmd(env Env, o *adminOptions) *cobra.Command {
	return adminNoun("org", "Organisations: whoever has accounts on the node", newOrgAddCmd(env, o), newOrgListCmd(env, o), newOrgSetCmd(env, o))
}

func newOrgAddCmd(env Env, o *adminOptions) *cobra.Command {
	var org orgOptions
	c := adminVerb(env, o, "add NAME", "Add an organisation", func(a *admin, args []string) error {
		clearance, err := readLabel(org.clearance)
		if err != nil {
			return err
		}
		n := store.Org{UID: org.id, Name: args[0], Clearance: clearance}
		if org.clientOf != "" {
			of, err := a.st.OrgByName(a.ctx, org.clientOf)
			if err != nil {
				return err
			}
			n.ClientOf = of.ID
		}
		if n, err = a.st.CreateOrg(a.ctx, n); err != nil {
			return err
		}
		if err := a.audit("org.add", n.UID, map[string]any{"name": n.Name, "clearance": tlpLabels[clearance]}); err != nil {
			return err
		}
		return a.say("%s is %s", n.Name, n.UID)
	})
	f := c.Flags()
	f.StringVar(&org.clearance, "clearance", "amber", "strictest `LABEL` of others' objects that it may see: clear, green, amber, amber+strict")
	f.StringVar(&org.clientOf, "client-of", "", "`NAME` of the organisation whose client it is")
	f.StringVar(&org.id, "id", "", "its `IDENTITY` in STIX, made without it")
	return c
}

func newOrgListCmd(env Env, o *adminOptions) *cobra.Command {
	return adminVerb(env, o, "list", "List organisations", func(a *admin, _ []string) error {
		orgs, err := a.st.Orgs(a.ctx)
		if err != nil {
			return err
		}
		names := map[int64]string{}
		for _, org := range orgs {
			names[org.ID] = org.Name
		}
		var rows [][]any
		for _, org := range orgs {
			rows = append(rows, []any{org.Name, org.UID, tlpLabels[org.Clearance], names[org.ClientOf], org.Disabled})
		}
		return a.table([]string{"name", "id", "clearance", "client_of", "disabled"}, rows)
	})
}

func newOrgSetCmd(env Env, o *adminOptions) *cobra.Command {
	var org orgOptions
	var c *cobra.Command
	c = adminVerb(env, o, "set NAME", "Change an organisation", func(a *admin, args []string) error {
		n, err := a.st.OrgByName(a.ctx, args[0])
		if err != nil {
			return err
		}
		f := c.Flags()
		if f.Changed("name") {
			n.Name = org.name
		}
		if f.Changed("disabled") {
			n.Disabled = org.disabled
		}
		if f.Changed("clearance") {
			if n.Clearance, err = readLabel(org.clearance); err != nil {
				return err
			}
		}
		if f.Changed("client-of") {
			n.ClientOf = 0
			if org.clientOf != "" {
				of, err := a.st.OrgByName(a.ctx, org.clientOf)
				if err != nil {
					return err
				}
				n.ClientOf = of.ID
			}
		}
		if err := a.st.UpdateOrg(a.ctx, n); err != nil {
			return err
		}
		return a.audit("org.set", n.UID, map[string]any{
			"name": n.Name, "clearance": tlpLabels[n.Clearance], "client_of": n.ClientOf, "disabled": n.Disabled,
		})
	})
	f := c.Flags()
	f.StringVar(&org.name, "name", "", "new `NAME`")
	f.StringVar(&org.clearance, "clearance", "", "new `LABEL`")
	f.StringVar(&org.clientOf, "client-of", "", "`NAME` of the organisation whose client it is; empty for none")
	f.BoolVar(&org.disabled, "disabled", false, "whether its accounts are closed")
	return c
}
