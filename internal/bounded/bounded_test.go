package bounded

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReader(t *testing.T) {
	long := errors.New("too long")
	for _, c := range []struct {
		text, want string
		n          int64
		err        error
	}{
		{"", "", 0, nil},
		{"abc", "abc", 4, nil},
		{"abc", "abc", 3, nil},
		{"abc", "ab", 2, long},
		{"abc", "", 0, long},
	} {
		for _, in := range []io.Reader{strings.NewReader(c.text), iotest.OneByteReader(strings.NewReader(c.text)), iotest.DataErrReader(strings.NewReader(c.text))} {
			got, err := io.ReadAll(&Reader{R: in, N: c.n, Err: long})
			if string(got) != c.want || !errors.Is(err, c.err) {
				t.Errorf("%d bytes of %q: %q, %v", c.n, c.text, got, err)
			}
		}
	}
}

func TestReaderFails(t *testing.T) {
	broken := errors.New("broken")
	if _, err := io.ReadAll(&Reader{R: iotest.ErrReader(broken), N: 0, Err: errors.New("too long")}); !errors.Is(err, broken) {
		t.Errorf("at the limit: %v", err)
	}
}
