package peer

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/store"
)

func TestPull(t *testing.T) {
	t.Parallel()
	a, b := newNode(t, "a", "b"), newNode(t, "b", "a")
	a.add(objects(0, 35)...)
	a.add(version(3, 1), version(3, 2))
	rep := b.sync(a, pulls)
	b.wantAll(append(objects(0, 35), version(3, 1), version(3, 2))...)
	if rep.Read != 37 || rep.Stored != 37 || rep.Compared != "" {
		t.Errorf("%+v", rep)
	}
	if rep = b.sync(a, pulls); rep.Read != 0 {
		t.Errorf("the second round: %+v", rep)
	}
	a.add(object(35))
	if rep = b.sync(a, pulls); rep.Read != 1 || rep.Stored != 1 {
		t.Errorf("what was new: %+v", rep)
	}
}

func TestPush(t *testing.T) {
	t.Parallel()
	a, b := newNode(t, "a", "b"), newNode(t, "b", "a")
	a.add(objects(0, 35)...)
	a.add(version(3, 1), version(3, 2))
	rep := a.sync(b, pushes)
	b.wantAll(append(objects(0, 35), version(3, 1), version(3, 2))...)
	if rep.Sent != 37 || rep.Taken != 37 {
		t.Errorf("%+v", rep)
	}
	if rep = a.sync(b, pushes); rep.Sent != 0 {
		t.Errorf("the second round: %+v", rep)
	}
}

// Only what the account of the peer may see crosses, and of that what the rule lets through.
func TestWhatCrosses(t *testing.T) {
	t.Parallel()
	list := []string{
		object(0, marked(clearID)), object(1), object(2, marked(amberID)), object(3, marked(amberStrictID)), object(4, marked(redID)),
		object(5, `,"description":"d"`, partly(redID, "description")),
		object(6, `,"description":"d"`, partly(amberID, "description")),
		strings.Replace(object(7, `,"content":"c","object_refs":["identity--10000000-0000-4000-8000-000000000001"]`), "identity", "note", 2),
	}
	for name, test := range map[string]struct {
		rule Rule
		want string // numbers of the objects that cross
	}{
		"as it is":  {Rule{}, "0 1 2 5 6 7"},
		"green":     {Rule{TLP: "green"}, "0 1 5 7"},
		"clear":     {Rule{TLP: "clear"}, "0"},
		"red":       {Rule{TLP: "red"}, "0 1 2 5 6 7"}, // the clearance is what it is
		"notes":     {Rule{Types: []string{"note"}}, "7"},
		"no object": {Rule{Types: []string{"malware"}}, ""},
	} {
		for _, direction := range []string{"pull", "push"} {
			t.Run(name+" "+direction, func(t *testing.T) {
				a, b := newNode(t, "a", "b"), newNode(t, "b", "a")
				a.add(list...)
				test.rule.Local, test.rule.Remote = "api/shared", "shared"
				if direction == "pull" {
					b.sync(a, func(c *Config) { c.Pull = []Rule{test.rule} })
				} else {
					a.sync(b, func(c *Config) { c.Push = []Rule{test.rule} })
				}
				org, err := b.st.OrgByName(t.Context(), "a")
				b.check(err)
				page, err := b.st.Items(t.Context(), store.Caller{User: b.st0(t, "peer-a"), Org: org.ID}, store.Query{Limit: 100})
				b.check(err)
				var got []string
				for _, it := range page.Items {
					got = append(got, strings.TrimLeft(it.ID[len(it.ID)-2:], "0"))
					if got[len(got)-1] == "" {
						got[len(got)-1] = "0"
					}
					if strings.Contains(string(it.Raw), redID) || strings.HasSuffix(it.ID, "5") && (strings.Contains(string(it.Raw), `"description"`) || !it.Redacted) {
						t.Errorf("leaked: %s", it.Raw)
					}
					if it.Class.Owner != org.ID {
						t.Errorf("%s belongs to %d, not to the peer", it.ID, it.Class.Owner)
					}
				}
				want := test.want
				if direction == "pull" && (name == "green" || name == "clear") {
					// An object without a label has that of the collection, which those who pull do not see.
					want = map[string]string{"green": "0 1 5 7", "clear": "0 1 5 7"}[name]
				}
				if slices.Sort(got); strings.Join(got, " ") != want {
					t.Errorf("got %v, want %s", got, want)
				}
			})
		}
	}
}

// st0 is the id of a user.
func (n *node) st0(t *testing.T, name string) int64 {
	t.Helper()
	u, err := n.st.UserByName(t.Context(), name)
	n.check(err)
	return u.ID
}

// Objects do not go round, neither between two nor in a ring.
func TestNoLoops(t *testing.T) {
	t.Parallel()
	names := []string{"a", "b", "c"}
	var ring []*node
	for _, n := range names {
		ring = append(ring, newNode(t, n, slices.DeleteFunc(slices.Clone(names), func(o string) bool { return o == n })...))
	}
	for i, n := range ring {
		n.add(objects(10*i, 10*i+10)...)
	}
	var sent []int64
	for range 6 {
		total := int64(0)
		for i, n := range ring {
			total += n.sync(ring[(i+1)%3], pushes).Sent
			total += n.sync(ring[(i+2)%3], both).Sent
		}
		sent = append(sent, total)
	}
	for _, n := range ring {
		n.wantAll(objects(0, 30)...)
	}
	if last := sent[len(sent)-1]; last != 0 || sent[0] == 0 {
		t.Errorf("objects go round: %v", sent)
	}
}

// A connection that breaks at any request costs nothing but time.
func TestPartition(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]func(*Config){"pull": pulls, "push": pushes} {
		t.Run(name, func(t *testing.T) {
			for broken := int64(1); broken < 12; broken++ {
				a, b := newNode(t, "a", "b"), newNode(t, "b", "a")
				from, to := a, b
				if name == "pull" {
					from, to = b, a
				}
				a.add(objects(0, 25)...)
				to.breaks.Store(broken)
				_, err := from.runner(to, rule).Sync(t.Context(), to.name)
				if err == nil && to.count.Load() > broken {
					t.Errorf("after %d requests the connection breaks, and nobody says so", broken)
				}
				to.breaks.Store(0)
				from.sync(to, rule)
				b.wantAll(objects(0, 25)...)
			}
		})
	}
}

// The receiver of pushes is restored: it gets what it has lost, its own objects included.
func TestRestoredReceiver(t *testing.T) {
	t.Parallel()
	a, b := newNode(t, "a", "b"), newNode(t, "b", "a")
	a.add(objects(0, 20)...)
	a.sync(b, pushes)
	backup := b.backup()
	b.add(objects(100, 105)...)
	b.sync(a, pushes)
	a.add(objects(20, 30)...)
	a.sync(b, pushes)
	all := append(objects(0, 30), objects(100, 105)...)
	a.wantAll(all...)
	b.wantAll(all...)
	b.restore(backup)
	b.wantAll(objects(0, 20)...)
	a.add(object(30)) // is sent in the same round
	rep := a.sync(b, pushes)
	b.wantAll(append(all, object(30))...)
	if !rep.Rewound || rep.Compared != "" {
		t.Errorf("%+v", rep)
	}
	if rep = a.sync(b, pushes); rep.Rewound || rep.Sent != 0 {
		t.Errorf("the round after: %+v", rep)
	}
}

// The server of pulls is restored, and its clock has been wrong: what it adds then is dated before what we saw last.
func TestRestoredSource(t *testing.T) {
	t.Parallel()
	a, b := newNode(t, "a", "b"), newNode(t, "b", "a")
	a.add(objects(0, 20)...)
	b.sync(a, pulls)
	backup := a.backup()
	ahead := func() time.Time { return time.Now().Add(time.Hour) }
	a.now.Store(&ahead)
	a.add(objects(20, 30)...)
	b.sync(a, pulls)
	b.wantAll(objects(0, 30)...)
	now := time.Now
	a.now.Store(&now)
	a.restore(backup)
	a.add(objects(40, 45)...)
	rep := b.sync(a, pulls)
	b.wantAll(append(objects(0, 30), objects(40, 45)...)...)
	if !rep.Rewound || rep.Compared != "" {
		t.Errorf("%+v", rep)
	}
	if rep = b.sync(a, pulls); rep.Rewound || rep.Read != 0 {
		t.Errorf("the round after: %+v", rep)
	}
	// And what a lost comes back to it.
	b.sync(a, pushes)
	a.wantAll(append(objects(0, 30), objects(40, 45)...)...)
}

// One object that the peer deletes comes to it once more, and then no longer; one of its own does not come at all.
func TestDeletedThere(t *testing.T) {
	t.Parallel()
	a, b := newNode(t, "a", "b"), newNode(t, "b", "a")
	a.add(objects(0, 25)...)
	b.add(objects(100, 103)...)
	b.sync(a, pushes)
	a.sync(b, pushes)
	drop := func(n int) {
		t.Helper()
		id := fmt.Sprintf("identity--10000000-0000-4000-8000-%012d", n)
		for _, who := range []string{"peer-a", "peer-b"} {
			p, err := b.ex.Account(t.Context(), who)
			b.check(err)
			_ = b.ex.Delete(t.Context(), p, b.collection(p), id, store.Query{}) // one of them owns it
		}
	}
	drop(102) // b's own: the newest that both have
	for range 3 {
		a.sync(b, pushes)
		b.wantAll(append(objects(0, 25), objects(100, 102)...)...)
	}
	a.add(object(25))
	a.sync(b, pushes)
	for _, comesBack := range []int64{1, 0, 0} {
		drop(25)
		rep := a.sync(b, pushes)
		if rep.Taken != comesBack {
			t.Errorf("%d objects come back, want %d: %+v", rep.Taken, comesBack, rep)
		}
	}
	b.wantAll(append(objects(0, 25), objects(100, 102)...)...)
}

// We are restored: the place goes back with the objects.
func TestRestoredSelf(t *testing.T) {
	t.Parallel()
	a, b := newNode(t, "a", "b"), newNode(t, "b", "a")
	a.add(objects(0, 20)...)
	b.sync(a, both)
	backup := b.backup()
	a.add(objects(20, 30)...)
	b.add(objects(100, 105)...)
	b.sync(a, both)
	b.restore(backup)
	b.sync(a, both)
	all := append(objects(0, 30), objects(100, 105)...)
	a.wantAll(all...)
	b.wantAll(all...)
}

// A peer that may see more than before gets what is old, too.
func TestWiderRights(t *testing.T) {
	t.Parallel()
	a, b := newNode(t, "a", "b"), newNode(t, "b", "a")
	strict := object(1, marked(amberStrictID))
	a.add(strict, object(0))
	rule := []Rule{{Local: "api/shared", Remote: "shared", TLP: "amber+strict"}}
	push := func(c *Config) { c.Push = rule }
	pull := func(c *Config) { c.Pull = rule }
	if rep := a.sync(b, push); rep.Sent != 1 {
		t.Errorf("%+v", rep)
	}
	c := newNode(t, "c", "a")
	atA := a.st
	org, err := atA.OrgByName(t.Context(), "b")
	a.check(err)
	org.Clearance = store.AmberStrict
	a.check(atA.UpdateOrg(t.Context(), org))
	if rep := a.sync(b, push); rep.Sent != 1 || rep.Compared == "" {
		t.Errorf("a wider clearance: %+v", rep)
	}
	// A server does not tell: those who pull compare in long intervals.
	_ = c
	d := newNode(t, "b", "a")
	org.Clearance = store.Amber
	a.check(atA.UpdateOrg(t.Context(), org))
	d.sync(a, pull)
	org.Clearance = store.AmberStrict
	a.check(atA.UpdateOrg(t.Context(), org))
	if rep := d.sync(a, pull); rep.Stored != 0 {
		t.Errorf("%+v", rep)
	}
	later := func() time.Time { return time.Now().Add(8 * 24 * time.Hour) }
	d.now.Store(&later)
	if rep := d.sync(a, pull); rep.Stored != 1 || rep.Compared != "it is time" {
		t.Errorf("a week later: %+v", rep)
	}
	// A rule that lets more through.
	e := newNode(t, "b", "a")
	narrow := func(c *Config) { c.Pull = []Rule{{Local: "api/shared", Remote: "shared", TLP: "green"}} }
	if rep := e.sync(a, narrow); rep.Stored != 1 || rep.Kept != 1 {
		t.Errorf("%+v", rep)
	}
	if rep := e.sync(a, pull); rep.Stored != 1 {
		t.Errorf("a wider rule: %+v", rep)
	}
}

// Whatever happens, two nodes that exchange both ways end up with the same: all that survived anywhere.
func TestConvergence(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 7))
			nodes := []*node{newNode(t, "a", "b"), newNode(t, "b", "a")}
			rules := []func(*Config){pulls, pushes, both}
			rule := [2]func(*Config){rules[rnd.IntN(3)], both}
			alive := map[string]bool{} // by bytes
			backups := [2]string{nodes[0].backup(), nodes[1].backup()}
			next := 0
			for range 40 {
				i := rnd.IntN(2)
				n, other := nodes[i], nodes[1-i]
				switch k := rnd.IntN(10); {
				case k < 4:
					for range 1 + rnd.IntN(25) {
						o := version(next/3, next%3)
						next++
						n.add(o)
						alive[o] = true
					}
				case k < 8:
					other.breaks.Store(0)
					if rnd.IntN(2) == 0 {
						other.breaks.Store(other.count.Load() + int64(rnd.IntN(12)) + 1)
					}
					_, _ = n.runner(other, rule[i]).Sync(t.Context(), other.name)
					other.breaks.Store(0)
				case k < 9:
					backups[i] = n.backup()
				default:
					n.restore(backups[i])
					clear(alive)
					for _, m := range nodes {
						for _, o := range m.has() {
							alive[o] = true
						}
					}
				}
			}
			for range 2 {
				nodes[0].sync(nodes[1], both)
				nodes[1].sync(nodes[0], both)
			}
			var want []string
			for o := range alive {
				want = append(want, o)
			}
			for _, n := range nodes {
				n.wantAll(want...)
			}
		})
	}
}

func TestRunStopsAndReports(t *testing.T) {
	a, b := newNode(t, "a", "b"), newNode(t, "b", "a")
	a.add(objects(0, 5)...)
	r := b.runner(a, func(c *Config) { pulls(c); c.Every = time.Second })
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { r.Run(ctx); close(done) }()
	for r.Status()[0].Rounds == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	<-done
	b.wantAll(objects(0, 5)...)
	if s := r.Status()[0]; s.Total.Stored != 5 || s.Failure != "" || s.Good.IsZero() {
		t.Errorf("%+v", s)
	}
	a.down.Store(true)
	if _, err := r.Sync(t.Context(), "a"); err == nil {
		t.Error("a peer that is away is no failure")
	}
	if s := r.Status()[0]; s.InARow != 1 || s.Failure == "" {
		t.Errorf("%+v", s)
	}
	if _, err := r.Sync(t.Context(), "z"); err == nil {
		t.Error("there is no peer z")
	}
}

func TestPause(t *testing.T) {
	for fails := range 70 {
		for _, every := range []time.Duration{time.Second, time.Minute, 2 * time.Hour} {
			d := pause(every, fails, nil)
			if d < every*8/10 || d > max(every, time.Hour)*12/10 {
				t.Errorf("every %s, after %d failures: %s", every, fails, d)
			}
		}
	}
}
