package packexport

import (
	"errors"
	"io"
	"testing"

	"entente/internal/advisory"
)

func TestSamePackSameBytes(t *testing.T) {
	for _, f := range Formats() {
		one, _ := export(t, f, sample(t), Options{})
		two, _ := export(t, f, sample(t), Options{})
		if one != two {
			t.Errorf("%s: two exports differ", f)
		}
		if len(one) < 500 {
			t.Errorf("%s: only %d bytes", f, len(one))
		}
	}
}

func TestTestsAreSaidToBeLost(t *testing.T) {
	for _, f := range Formats() {
		if _, remarks := export(t, f, sample(t), Options{}); !said(remarks, "tests", "2 cases are left out") {
			t.Errorf("%s does not say that tests are lost: %v", f, remarks)
		}
	}
}

func TestParseFormat(t *testing.T) {
	for in, want := range map[string]Format{"stix": STIX, "HTML": HTML, "md": Markdown, "csv": CSV} {
		if got, err := ParseFormat(in); err != nil || got != want {
			t.Errorf("%s: %s, %v", in, got, err)
		}
	}
	if _, err := ParseFormat("pdf"); err == nil {
		t.Error("there is a format pdf")
	}
}

func TestUnknownFormatIsAnError(t *testing.T) {
	if _, err := Write(io.Discard, "pdf", sample(t), Options{}); err == nil {
		t.Error("pdf was written")
	}
}

func TestWriteErrorIsReported(t *testing.T) {
	broken := errors.New("the disk is full")
	for _, f := range Formats() {
		if _, err := Write(failing{broken}, f, sample(t), Options{}); !errors.Is(err, broken) {
			t.Errorf("%s: %v", f, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// An empty pack is one that somebody has just begun: every format can write it.
func TestEmptyPack(t *testing.T) {
	p, err := advisory.OpenFS(emptyPack(), "empty")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Formats() {
		if _, err := Write(io.Discard, f, p, Options{}); err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}
}
