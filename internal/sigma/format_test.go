package sigma

import "testing"

func TestFormat(t *testing.T) {
	c := parse(t, Options{}, ruleWith(`
sel:
    Image|endswith: '\a.exe'
    CommandLine|contains|all:
        - ' -x '
        - it's
filter:
    - User: SYSTEM
    - Port|gte: 1024
      Host|exists: false
condition: sel and not filter`))
	if len(c.Rules) != 1 {
		t.Fatal(problems(c))
	}
	const want = `and
  Image ends with '\a.exe'
  CommandLine contains ' -x '
  CommandLine contains 'it''s'
  not or
    User = 'system'
    and
      Port >= 1024
      Host does not exist`
	if got := Format(c.Rules[0].Condition); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for e, want := range map[string]string{"and": Format(And{}), "or": Format(Or{})} {
		if want != map[string]string{"and": "always", "or": "never"}[e] {
			t.Errorf("an empty %s prints as %q", e, want)
		}
	}
}
