package advisory

import (
	"slices"
	"testing"
)

func TestSplitRules(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", nil},
		{"blank and comment", "\n# nobody\n---\n\n", nil},
		{"one", "title: a\n", []string{"title: a\n"}},
		{"no newline at the end", "title: a", []string{"title: a\n"}},
		{"marker first", "---\ntitle: a\n", []string{"title: a\n"}},
		{"two", "title: a\n---\ntitle: b\n", []string{"title: a\n", "title: b\n"}},
		{"marker with comment", "title: a\n--- # b\ntitle: b\n", []string{"title: a\n", "title: b\n"}},
		{"value on the marker's line", "--- {title: a}\n", []string{"{title: a}\n"}},
		{"dashes inside", "title: a\ndescription: |\n  ---\n----\n", []string{"title: a\ndescription: |\n  ---\n----\n"}},
		{"windows", "title: a\r\n---\r\ntitle: b\r\n", []string{"title: a\n", "title: b\n"}},
		{"byte order mark", "\uFEFFtitle: a\n", []string{"title: a\n"}},
	} {
		if got := SplitRules(c.text); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestSplitAndJoinRules(t *testing.T) {
	text := "# who wrote it\ntitle: a\n---\ntitle: b\n---\ntitle: c\n"
	if got := JoinRules(SplitRules(text)); got != text {
		t.Errorf("%q became %q", text, got)
	}
}

func TestRemark(t *testing.T) {
	if got := (Remark{"indicator--1", "is lost"}).String(); got != "indicator--1: is lost" {
		t.Error(got)
	}
	if got := (Remark{"", "all is lost"}).String(); got != "all is lost" {
		t.Error(got)
	}
}
