package cli

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"entente/internal/exchange"
	"entente/internal/store"
)

func newAdminTokenCmd(env Env, o *adminOptions) *cobra.Command {
	return adminNoun("token", "Tokens: secrets with which programs come", newTokenAddCmd(env, o), newTokenListCmd(env, o), newTokenRevokeCmd(env, o))
}

func newTokenAddCmd(env Env, o *adminOptions) *cobra.Command {
	var (
		name    string
		scopes  []string
		expires time.Duration
	)
	c := adminVerb(env, o, "add USER", "Add a token and print it, this once", func(a *admin, args []string) error {
		user, err := a.st.UserByName(a.ctx, args[0])
		if err != nil {
			return err
		}
		set, err := readWords("scope", scopeWords, scopes)
		if err != nil {
			return err
		}
		secret, hash := exchange.NewToken()
		k := store.Token{User: user.ID, Name: name, Hash: hash, Scopes: set}
		if expires < 0 {
			return usagef("--expires %v is over already", expires)
		}
		if expires > 0 {
			k.Expires = time.Now().Add(expires)
		}
		if k, err = a.st.CreateToken(a.ctx, k); err != nil {
			return err
		}
		if err := a.audit("token.add", strconv.FormatInt(k.ID, 10), map[string]any{"user": user.Name, "scopes": namesOf(scopeWords, set)}); err != nil {
			return err
		}
		_, err = fmt.Fprintln(a.env.Stdout, secret)
		return err
	})
	f := c.Flags()
	f.StringVar(&name, "name", "", "what it is for")
	f.StringSliceVar(&scopes, "scope", []string{"read", "write"}, "what it may be used for: `SCOPES` of read, write, admin, audit")
	f.DurationVar(&expires, "expires", 0, "`TIME` after which it ends; 0 is never")
	return c
}

func newTokenListCmd(env Env, o *adminOptions) *cobra.Command {
	return adminVerb(env, o, "list", "List tokens, without their secrets", func(a *admin, _ []string) error {
		tokens, err := a.st.Tokens(a.ctx, 0)
		if err != nil {
			return err
		}
		users, err := a.st.Users(a.ctx, 0)
		if err != nil {
			return err
		}
		names := map[int64]string{}
		for _, u := range users {
			names[u.ID] = u.Name
		}
		var rows [][]any
		for _, k := range tokens {
			rows = append(rows, []any{k.ID, names[k.User], k.Name, namesOf(scopeWords, k.Scopes), day(k.Created), day(k.Expires), day(k.LastUsed), k.Revoked})
		}
		return a.table([]string{"id", "user", "name", "scopes", "created", "expires", "last_used", "revoked"}, rows)
	})
}

// day is a time to the minute, "" for none.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04Z")
}

func newTokenRevokeCmd(env Env, o *adminOptions) *cobra.Command {
	return adminVerb(env, o, "revoke ID", "End a token for good", func(a *admin, args []string) error {
		id, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil {
			return usagef("%q is no number of a token\nhint: entente admin token list", args[0])
		}
		if err := a.st.RevokeToken(a.ctx, id); err != nil {
			return err
		}
		return a.audit("token.revoke", args[0], nil)
	})
}
