package cli

import (
	"bufio"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/exchange"
	"entente/internal/store"
)

type userOptions struct {
	org      string
	roles    []string
	service  bool
	password bool
	cert     string
	disabled bool
}

func newAdminUserCmd(env Env, o *adminOptions) *cobra.Command {
	return adminNoun("user", "Accounts: of people, of programs and of peers", newUserAddCmd(env, o), newUserListCmd(env, o), newUserSetCmd(env, o))
}

func newUserAddCmd(env Env, o *adminOptions) *cobra.Command {
	var u userOptions
	c := adminVerb(env, o, "add NAME", "Add an account", func(a *admin, args []string) error {
		if u.org == "" {
			return usagef("whose account is it? Name the organisation with --org")
		}
		org, err := a.st.OrgByName(a.ctx, u.org)
		if err != nil {
			return err
		}
		user := store.User{Org: org.ID, Name: args[0], Service: u.service}
		if err := u.apply(a.env.Stdin, &user, true); err != nil {
			return err
		}
		if user, err = a.st.CreateUser(a.ctx, user); err != nil {
			return err
		}
		if err := a.audit("user.add", user.Name, userDetail(user, org)); err != nil {
			return err
		}
		return a.say("%s is an account of %s", user.Name, org.Name)
	})
	f := c.Flags()
	f.StringVar(&u.org, "org", "", "`NAME` of its organisation")
	f.BoolVar(&u.service, "service", false, "it is of a program or a peer")
	f.StringSliceVar(&u.roles, "role", []string{"reader"}, "what it may do: `ROLES` of reader, analyst, publisher, admin, auditor")
	u.register(c)
	return c
}

func (u *userOptions) register(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&u.password, "password", false, "read a password from the first line of standard input")
	f.StringVar(&u.cert, "cert", "", "`FILE` with the client certificate that it comes with, in PEM")
}

// apply sets what the options say.
func (u *userOptions) apply(in io.Reader, user *store.User, roles bool) (err error) {
	if roles {
		if user.Roles, err = readWords("role", roleWords, u.roles); err != nil {
			return err
		}
	}
	if u.password {
		line, err := bufio.NewReader(in).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if user.Password, err = exchange.HashPassword(strings.TrimRight(line, "\r\n")); err != nil {
			return err
		}
	}
	if u.cert != "" {
		data, err := os.ReadFile(u.cert)
		if err != nil {
			return err
		}
		block, _ := pem.Decode(data)
		if block == nil || block.Type != "CERTIFICATE" {
			return fmt.Errorf("%s holds no certificate in PEM", u.cert)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return fmt.Errorf("%s: %w", u.cert, err)
		}
		user.Cert = exchange.CertificateKey(cert)
	}
	return nil
}

func userDetail(u store.User, org store.Org) map[string]any {
	return map[string]any{
		"org": org.UID, "roles": namesOf(roleWords, u.Roles), "service": u.Service, "disabled": u.Disabled,
		"password": u.Password != "", "cert": u.Cert,
	}
}

func newUserListCmd(env Env, o *adminOptions) *cobra.Command {
	return adminVerb(env, o, "list", "List accounts", func(a *admin, _ []string) error {
		users, err := a.st.Users(a.ctx, 0)
		if err != nil {
			return err
		}
		orgs, err := a.st.Orgs(a.ctx)
		if err != nil {
			return err
		}
		names := map[int64]string{}
		for _, org := range orgs {
			names[org.ID] = org.Name
		}
		var rows [][]any
		for _, u := range users {
			rows = append(rows, []any{u.Name, names[u.Org], namesOf(roleWords, u.Roles), u.Service, u.Password != "", u.Cert != "", u.Disabled})
		}
		return a.table([]string{"name", "organisation", "roles", "service", "password", "certificate", "disabled"}, rows)
	})
}

func newUserSetCmd(env Env, o *adminOptions) *cobra.Command {
	var u userOptions
	var c *cobra.Command
	c = adminVerb(env, o, "set NAME", "Change an account", func(a *admin, args []string) error {
		user, err := a.st.UserByName(a.ctx, args[0])
		if err != nil {
			return err
		}
		if err := u.apply(a.env.Stdin, &user, c.Flags().Changed("role")); err != nil {
			return err
		}
		if c.Flags().Changed("disabled") {
			user.Disabled = u.disabled
		}
		if err := a.st.UpdateUser(a.ctx, user); err != nil {
			return err
		}
		org, err := a.st.Org(a.ctx, user.Org)
		if err != nil {
			return err
		}
		return a.audit("user.set", user.Name, userDetail(user, org))
	})
	f := c.Flags()
	f.StringSliceVar(&u.roles, "role", nil, "what it may do from now on: `ROLES`")
	f.BoolVar(&u.disabled, "disabled", false, "whether it is closed")
	u.register(c)
	return c
}
