package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/actor"
)

func newActorAliasCmd(env Env) *cobra.Command {
	var o sayOptions
	var deny, withdraw bool
	c := &cobra.Command{
		Use:   "alias [flags] ACTOR [NAME]",
		Short: "Say that an actor goes by a name, or that it does not; ask who goes by one",
		Long: `Say that an actor goes by a name. That is a claim of yours, or of --claimant, as of a date, and stands beside what others
say: a name may belong to several actors, and nothing is merged because of one. --deny claims the opposite. --withdraw takes
back what your organisation has recorded; it stays visible as withdrawn.

With one argument, all claims about that name: who uses it, for which actor.

Exit codes: 0 done, 1 failed or nobody uses the name, 2 wrong usage.`,
		Example: `  entente actor alias Leviathan 'Gingham Typhoon' --claimant Microsoft --claimed 2023-04 --grade A2
  entente actor alias Leviathan MUDCARP --deny --source 'Our telemetry of 2019'
  entente actor alias MUDCARP`,
		Args: between(1, 2, "which actor, and by which name it goes"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				if deny || withdraw {
					return usagef("say which name: entente actor alias ACTOR NAME")
				}
				if err := textOrJSON(o.admin.format); err != nil {
					return err
				}
				return o.actorOptions.work(c.Context(), env, func(x *actors) error { return x.whoBears(args[0]) })
			}
			if deny && withdraw {
				return usagef("--deny claims, --withdraw takes back: one of them")
			}
			name := strings.Join(strings.Fields(args[1]), " ")
			if name == "" || len(name) > 256 {
				return usagef("a name has 1 to 256 bytes")
			}
			return o.work(c, env, func(s *sayer) error {
				n, err := s.one(args[0], nil)
				if err != nil {
					return err
				}
				if withdraw {
					return s.withdraw(n, name)
				}
				if _, err := s.put(actor.NewAlias{Actor: n.ID, Name: name, Denied: deny, Stated: s.say}.Object()); err != nil {
					return err
				}
				if deny {
					return s.close("claimed: %s is not %s", n.Title(), name)
				}
				return s.close("claimed: %s goes by %s", n.Title(), name)
			})
		},
	}
	f := c.Flags()
	o.register(f)
	o.registerClaim(f)
	f.BoolVar(&deny, "deny", false, "claim that it does not go by the name")
	f.BoolVar(&withdraw, "withdraw", false, "take back claims about the name that your organisation has recorded")
	return c
}

// withdraw takes back claims of one name of an actor.
func (s *sayer) withdraw(n actor.Node, name string) error {
	claims, _, err := actor.Names(s.ctx, s.src, n.ID)
	if err != nil {
		return err
	}
	for _, c := range claims {
		maker := c.Recorder
		if maker == "" {
			maker = c.Claimant
		}
		if !strings.EqualFold(c.Name, name) || c.Withdrawn || c.ID == n.ID || maker != s.p.OrgUID {
			continue
		}
		there, err := s.src.Objects(s.ctx, []string{c.ID})
		if err != nil {
			return err
		}
		for _, o := range there {
			raw, err := actor.Withdraw(o, s.say.Now)
			if err != nil {
				return err
			}
			if _, err := s.put(raw); err != nil {
				return err
			}
		}
	}
	if len(s.done) == 0 {
		return fmt.Errorf("%s has recorded no claim that %s goes by %q, or not\nhint: entente actor show says whose claims there are", s.p.OrgName, n.Title(), name)
	}
	return s.close("withdrawn: %s", many(int64(len(s.done)), "claim"))
}

// whoBears prints all claims about a name.
func (x *actors) whoBears(name string) error {
	claims, err := actor.WhoBears(x.ctx, x.src, name)
	if err != nil {
		return err
	}
	if len(claims) == 0 {
		return fmt.Errorf("nobody uses the name %q here, as far as this account sees", name)
	}
	if x.o.admin.format == "json" {
		return x.printJSON(map[string]any{"name": name, "claims": claims})
	}
	ids := []string{}
	for _, c := range claims {
		ids = append(ids, c.Actor, c.Claimant)
	}
	names, err := x.titles(ids)
	if err != nil {
		return err
	}
	rows := [][]string{}
	for _, c := range claims {
		n := names.nodes[c.Actor]
		rows = append(rows, []string{saysOf(&c), n.Title(), string(n.Kind), names.name(c.Claimant), c.Claimed.Day(), c.Grade.String(), sourcesOf(c.Claim), c.Actor})
	}
	return x.columns("SAYS | ACTOR | KIND | CLAIMANT | CLAIMED | GRADE | SOURCES | ID", rows)
}

func saysOf(n *actor.Name) string {
	switch {
	case n.Withdrawn:
		return "withdrawn"
	case n.Denied:
		return "denies it"
	}
	return "bears it"
}
