package cli

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"entente/internal/store"
)

func newAdminAuditCmd(env Env, o *adminOptions) *cobra.Command {
	return adminNoun("audit", "The audit log: who did what, with which token, from where", newAuditExportCmd(env, o), newAuditVerifyCmd(env, o))
}

// auditLine is an entry as it is exported. Its hash is made of the fields before it: see [store.Entry.Chain].
type auditLine struct {
	Seq    int64           `json:"seq"`
	At     string          `json:"at"`
	User   int64           `json:"user"`
	Org    int64           `json:"org"`
	Token  int64           `json:"token"`
	Remote string          `json:"remote"`
	Deed   string          `json:"deed"`
	Object string          `json:"object"`
	Detail json.RawMessage `json:"detail,omitempty"`
	Hash   string          `json:"hash"`
}

func newAuditExportCmd(env Env, o *adminOptions) *cobra.Command {
	return adminVerb(env, o, "export", "Print the audit log, a JSON object for each entry", func(a *admin, _ []string) error {
		enc := json.NewEncoder(a.env.Stdout)
		enc.SetEscapeHTML(false)
		for q := (store.AuditQuery{Limit: 1000}); ; {
			page, err := a.st.AuditPage(a.ctx, q)
			if err != nil {
				return err
			}
			for _, e := range page {
				line := auditLine{
					Seq: e.Seq, At: e.At.UTC().Format(time.RFC3339Nano), User: e.User, Org: e.Org, Token: e.Token, Remote: e.Remote, Deed: e.Deed,
					Object: e.Object, Hash: hex.EncodeToString(e.Hash[:]),
				}
				if json.Valid([]byte(e.Detail)) {
					line.Detail = json.RawMessage(e.Detail)
				}
				if err := enc.Encode(line); err != nil {
					return err
				}
				q.After = e.Seq
			}
			if len(page) < q.Limit {
				return nil
			}
		}
	})
}

func newAuditVerifyCmd(env Env, o *adminOptions) *cobra.Command {
	return adminVerb(env, o, "verify", "Recompute the chain of the audit log", func(a *admin, _ []string) error {
		n, last, err := a.st.VerifyAudit(a.ctx)
		if err != nil {
			return fmt.Errorf("the audit log holds up to entry %d: %w", n, err)
		}
		return a.say("%d entries, the last with the hash %s", n, hex.EncodeToString(last[:]))
	})
}
