package store

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
)

// Of jobs that are written together one that fails leaves nothing behind, and takes none of the others with it.
func TestJobsWrittenTogetherFailAlone(t *testing.T) {
	s := must[*Store](t)(Create(t.Context(), Config{Dir: t.TempDir()}))
	defer s.Close()
	w := newWorld(t, s)
	ctx := t.Context()
	var (
		running        sync.WaitGroup
		began, release = make(chan bool), make(chan bool)
		broken         = errors.New("broken")
		errs           [8]error
	)
	// As long as the writer is busy, the jobs that come are put together.
	running.Go(func() {
		if err := s.write(ctx, func(*tx) error { close(began); <-release; return nil }); err != nil {
			t.Error(err)
		}
	})
	<-began
	for i := range errs {
		running.Go(func() {
			errs[i] = s.write(ctx, func(t *tx) error {
				if _, err := t.exec(`INSERT INTO meta (name, value) VALUES ($1, $2)`, fmt.Sprint("job ", i), []byte{1}); err != nil {
					return err
				}
				// The numbers of terms that a job makes must not be believed in after it has failed.
				if err := index(t, []entry{{item: int64(i), terms: []Term{{TermWord, fmt.Sprint("word", i), Clear}}}}); err != nil {
					return err
				}
				if i%3 == 1 {
					return broken
				}
				_, err := t.exec(`DELETE FROM postings WHERE item = $1`, i)
				if err == nil {
					_, err = t.exec(`DELETE FROM indexed WHERE item = $1`, i)
				}
				return err
			})
		})
	}
	for len(s.writes.(*group).jobs) < len(errs) {
		time.Sleep(time.Millisecond) // they are on their way
	}
	close(release)
	running.Wait()
	var news []New
	for i, err := range errs {
		_, there := s.GetMeta(ctx, fmt.Sprint("job ", i))
		if fails := i%3 == 1; fails != errors.Is(err, broken) || fails != errors.Is(there, ErrNotFound) || !fails && err != nil {
			t.Errorf("job %d: %v; what it wrote: %v", i, err, there)
		}
		n := w.item(fmt.Sprint("indicator--", i), 1, Clear)
		n.Terms = []Term{{TermWord, fmt.Sprint("word", i), Clear}}
		news = append(news, n)
	}
	must[[]Outcome](t)(s.Add(ctx, news))
	for i, n := range news {
		p := must[Page](t)(s.Items(ctx, w.annSees(), Query{Words: []string{fmt.Sprint("word", i)}}))
		if len(p.Items) != 1 || p.Items[0].ID != n.ID {
			t.Errorf("word%d finds %d items", i, len(p.Items))
		}
	}
	if problems := must[[]Problem](t)(s.Check(ctx)); len(problems) > 0 {
		t.Error(problems)
	}
}
