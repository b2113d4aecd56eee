package exchange

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"entente/internal/store"
)

// begun is a submission of n objects of ann's that nobody has run yet.
func begun(t *testing.T, n *node, objects int) *submission {
	t.Helper()
	in := must[*intake](t)(n.newIntake(t.Context(), n.as(n.ann), n.view(t, n.as(n.ann)), SubmitOptions{}))
	var list []string
	for i := range objects {
		list = append(list, toolNamed(i, ``))
	}
	sub := &submission{in: in}
	if err := sub.receive(t.Context(), strings.NewReader(`{"objects":[`+strings.Join(list, ",")+`,7]}`)); err != nil {
		t.Fatal(err)
	}
	if err := sub.survey(); err != nil {
		t.Fatal(err)
	}
	return sub
}

// everything is the text of a submission.
func everything(t *testing.T, sub *submission) string {
	t.Helper()
	r := must[io.Reader](t)(sub.text.reader())
	return string(must[[]byte](t)(io.ReadAll(r)))
}

func (n *node) status(t *testing.T, id string) Status {
	t.Helper()
	st := must[Status](t)(n.Status(t.Context(), n.as(n.ann), n.root, id))
	if st.SuccessCount+st.FailureCount+st.PendingCount != st.TotalCount || len(st.Successes) != st.SuccessCount || len(st.Failures) != st.FailureCount || len(st.Pendings) != st.PendingCount {
		t.Errorf("the counts of a status do not add up: %+v", st)
	}
	return st
}

func TestSubmissionGoesOnAlone(t *testing.T) {
	n := newNode(t, Options{})
	sub := begun(t, n, 1500)
	st, ok, err := sub.hand(t.Context())
	if !ok || err != nil || st.Status != "pending" || st.PendingCount != 1501 || st.TotalCount != 1501 {
		t.Fatalf("%v %v %+v", ok, err, st)
	}
	if n.handed != sub.text.size {
		t.Errorf("%d bytes go on alone, not %d", n.handed, sub.text.size)
	}
	if got := n.status(t, st.ID); got.Status != "pending" || got.PendingCount != 1501 {
		t.Errorf("%+v", got)
	}
	if err := sub.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := n.status(t, st.ID); got.Status != "complete" || got.SuccessCount != 1500 || got.FailureCount != 1 || got.Failures[0].ID != "/objects/1500" {
		t.Errorf("%d of %d, %d failed", got.SuccessCount, got.TotalCount, got.FailureCount)
	}
	if n.handed != 0 {
		t.Errorf("%d bytes are never given back", n.handed)
	}
	if _, ok, _ := sub.hand(t.Context()); ok {
		t.Error("what has ended cannot go on")
	}
}

func TestSubmissionOfAProcessThatDied(t *testing.T) {
	n := newNode(t, Options{})
	sub := begun(t, n, 3)
	st, ok, err := sub.hand(t.Context())
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	n.wait(leaseLife / 2)
	if got := n.status(t, st.ID); got.Status != "pending" {
		t.Errorf("%+v", got)
	}
	n.wait(leaseLife)
	if got := n.status(t, st.ID); got.Status != "complete" || got.FailureCount != 4 || !strings.Contains(got.Failures[0].Message, "send it again") {
		t.Errorf("%+v", got)
	}
}

func TestSubmissionThatFailsAlone(t *testing.T) {
	n := newNode(t, Options{})
	sub := begun(t, n, 3)
	st, ok, err := sub.hand(t.Context())
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sub.run(ctx); err != nil {
		t.Errorf("there is nobody to tell: %v", err)
	}
	if got := n.status(t, st.ID); got.Status != "complete" || got.FailureCount != 4 || !strings.Contains(got.Failures[3].Message, "send it again") {
		t.Errorf("%+v", got)
	}
}

func TestSubmissionWhoseCallerHasGone(t *testing.T) {
	n := newNode(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := n.attend(ctx, begun(t, n, 3)); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// With no patience at all, a submission is complete or pending, and complete in the end.
func TestSubmissionsInTheBackground(t *testing.T) {
	n := newNode(t, Options{Wait: time.Nanosecond})
	st := n.submit(t, n.as(n.ann), everything(t, begun(t, n, 2500)))
	if st.TotalCount != 2501 {
		t.Errorf("%+v", st)
	}
	n.running.Wait()
	if got := n.status(t, st.ID); got.Status != "complete" || got.SuccessCount != 2500 {
		t.Errorf("%d of %d", got.SuccessCount, got.TotalCount)
	}
	if count := must[int64](t)(n.Count(t.Context(), n.as(n.ann), store.Query{})); count != 2500 {
		t.Errorf("%d stored", count)
	}
	if n.handed != 0 {
		t.Errorf("%d bytes are never given back", n.handed)
	}
}

func TestOnlySoMuchGoesOnAlone(t *testing.T) {
	n := newNode(t, Options{})
	if !n.reserve(maxHanded) || n.reserve(1) {
		t.Error("the bound does not hold")
	}
	if _, ok, err := begun(t, n, 1).hand(t.Context()); ok || err != nil {
		t.Error(ok, err)
	}
	n.reserve(-maxHanded)
}

// What is large is no longer in memory when it was read, and no file is left of it.
func TestLargeSubmissionsGoThroughAFile(t *testing.T) {
	dir := t.TempDir()
	n := newNode(t, Options{SpoolDir: dir})
	const objects = 300
	sub := &submission{in: begun(t, n, 1).in, text: spool{dir: dir}}
	var list []string
	for i := range objects {
		list = append(list, toolNamed(i, `,"description":"`+strings.Repeat("x", 10_000)+`"`))
	}
	body := `{"objects":[` + strings.Join(list, ",") + `]}`
	if err := errors.Join(sub.receive(t.Context(), strings.NewReader(body)), sub.survey()); err != nil {
		t.Fatal(err)
	}
	if sub.text.size != len(body) || len(sub.text.mem) > spoolMemory || sub.text.file == nil {
		t.Errorf("%d bytes of %d in memory", len(sub.text.mem), sub.text.size)
	}
	if got := everything(t, sub); got != body {
		t.Errorf("%d bytes came back of %d", len(got), len(body))
	}
	if st, err := n.attend(t.Context(), sub); err != nil || st.SuccessCount != objects {
		t.Errorf("%d were stored: %v", st.SuccessCount, err)
	}
	if left := must[[]os.DirEntry](t)(os.ReadDir(dir)); len(left) > 0 || sub.text.file != nil || len(n.large) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Of large submissions one is worked at at a time, and who waits for the turn in vain is told that the node is busy.
func TestLargeSubmissionsTakeTurns(t *testing.T) {
	n := newNode(t, Options{SpoolDir: t.TempDir()})
	body := `{"objects":[` + toolNamed(1, `,"description":"`+strings.Repeat("x", 2*spoolMemory)+`"`) + `]}`
	in := must[*intake](t)(n.newIntake(t.Context(), n.as(n.ann), n.view(t, n.as(n.ann)), SubmitOptions{}))
	synctest.Test(t, func(t *testing.T) {
		n.large = make(chan struct{}, 1)
		receive := func(text string) (*submission, error) {
			sub := &submission{in: in}
			return sub, sub.receive(t.Context(), strings.NewReader(text))
		}
		first, err := receive(body)
		if err != nil {
			t.Fatal(err)
		}
		if small, err := receive(`{}`); err != nil || small.large {
			t.Errorf("a small one waits: %v", err)
		}
		second, err := receive(body)
		if second.close(); !errors.Is(err, ErrBusy) {
			t.Errorf("a second large one beside the first: %v", err)
		}
		first.close()
		third, err := receive(body)
		if third.close(); err != nil {
			t.Errorf("after the first: %v", err)
		}
		if len(n.large) != 0 {
			t.Error("the turn is not given back")
		}
	})
}
