package cli

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/coalition"
)

// allied makes a coalition of the story's members, of whom it takes two for everything, with a log of us and witnesses of uk and eu,
// both of which it takes, and gives the digest of its first root.
func (s *story) allied() string {
	s.t.Helper()
	args := []string{"coalition", "new", "Allies", "--adopt", "2", "--release", "2", "--root", "2", "-o", "root-1.json", "--key", "us.key"}
	for _, m := range s.members {
		args = append(args, "--member", m+"="+m+".card")
	}
	s.run(append(args, "--log", "log.example/allies", "--log-key", s.key("log", "log"), "--witnesses", "2",
		"--witness", "uk="+s.key("witness-uk", "log"), "--witness", "eu="+s.key("witness-eu", "log"))...)
	said := s.run("coalition", "sign", "root-1.json", "--key", "uk.key")
	pin := regexp.MustCompile(`digest (sha256:[0-9a-f]{64})`).FindStringSubmatch(said)
	if pin == nil {
		s.t.Fatalf("no digest of the first root: %s", said)
	}
	s.write("passphrase", storyPassphrase+"\n")
	for _, m := range s.members {
		s.run("coalition", "join", "root-1.json", "-d", m+"/coalition")
	}
	s.run("log", "new", "log/dir", "--origin", "log.example/allies", "--key", "log.key")
	return pin[1]
}

// witness starts the witness of a member, log a log of us that asks witnesses at these names.
func (s *story) witness(member, name, folder string) {
	s.t.Helper()
	s.process(name, "log", "witness", folder, "-d", member+"/coalition", "--key", "witness-"+member+".key", "--member", member, "--listen", s.at(name))
}

func (s *story) serveLog(name, folder string, witnesses ...string) {
	s.t.Helper()
	args := []string{"log", "serve", folder, "-d", "us/coalition", "--key", "log.key", "--listen", s.at(name)}
	for _, w := range witnesses {
		args = append(args, "--witness", strings.TrimPrefix(w, "witness-")[:2]+"=http://"+s.at(w))
	}
	s.process(name, args...)
}

func (s *story) draft() {
	s.t.Helper()
	s.write("draft/statement.yml", "statement: "+storyStatement+`
revision: 1
title: {en: Intrusions into mail servers}
tlp: clear
annex_tlp: amber
claims:
  - {id: intrusion, text: {en: Mail servers were broken into.}}
`)
	s.write("draft/public/text.md", "# We say so\n")
	s.write("draft/annex/sources.md", "# How we know\n")
}

// TestClocksThatDisagree has the node of one member go three hours ahead, that of another three hours behind, and a witness that says
// that everything was three hours ago.
func TestClocksThatDisagree(t *testing.T) {
	if testing.Short() {
		t.Skip("runs three nodes")
	}
	s := newStory(t, "eu", "uk", "us")
	pin := s.allied()
	s.clock["uk"], s.clock["eu"], s.clock["witness-eu"] = "3h", "-3h", "-3h"
	for _, m := range s.members {
		s.prepare(m, slices.DeleteFunc(slices.Clone(s.members), func(p string) bool { return p == m })...)
		s.start(m)
	}
	s.witness("uk", "witness-uk", "log/witness-uk")
	s.witness("eu", "witness-eu", "log/witness-eu")
	s.serveLog("log", "log/dir", "witness-uk", "witness-eu")
	logged := func() { s.run("log", "submit", "http://"+s.at("log"), "-d", "us/coalition", "--key", "us.key") }

	// Members act at the same desk, whose clock is right: what they sign bears the time at which it was signed.
	nodes := maps.Clone(s.clock)
	delete(s.clock, "uk")
	delete(s.clock, "eu")
	s.draft()
	s.as("us", "us", "statement", "propose", "draft", "--until", "48h")
	s.all("it is proposed", s.members, func(r *coalition.Revision, _ int) bool { return r != nil })
	s.as("us", "us", "statement", "position", "41a7", "endorse")
	s.as("uk", "uk", "statement", "position", "41a7", "endorse")
	s.as("eu", "eu", "statement", "position", "41a7", "object")
	s.all("three positions", s.members, func(r *coalition.Revision, _ int) bool { return len(r.Positions) == 3 })
	s.as("us", "us", "statement", "adopt", "41a7")
	s.as("us", "us", "statement", "seal", "41a7")
	s.all("it is sealed", s.members, func(r *coalition.Revision, _ int) bool { return r.Phase == coalition.Sealed })
	for _, m := range s.members {
		s.as(m, m, "statement", "vote", "41a7", "release")
		s.as(m, m, "statement", "stage", "41a7")
	}
	s.all("three votes", s.members, func(r *coalition.Revision, _ int) bool { return r.Yes(coalition.AskRelease) == 3 })
	logged()
	if r, _ := s.state("us"); len(r.Shares) > 0 {
		t.Error("a share is given away two days before the hour")
	}
	hour := time.Now().Add(storyLead).UTC().Truncate(time.Second)
	s.as("us", "us", "statement", "hour", "41a7", hour.Format(time.RFC3339))
	r, _ := s.state("us")
	asked := string(slices.Collect(maps.Keys(r.Asked))[0])
	s.as("us", "us", "statement", "hour", "41a7", hour.Format(time.RFC3339), "--accept", asked)
	s.all("another hour is proposed", []string{"uk"}, func(r *coalition.Revision, _ int) bool { return len(r.Asked) == 1 })
	s.as("uk", "uk", "statement", "hour", "41a7", hour.Format(time.RFC3339), "--accept", asked)
	s.all("the hour is nearer", s.members, func(r *coalition.Revision, _ int) bool { return r.Hour.Time().Equal(hour) })

	// By uk's node it is past. It gives its share away, and nobody can do anything with it.
	s.all("uk's share is here early", []string{"us"}, func(r *coalition.Revision, _ int) bool { return r.Shares["uk"] != nil })
	logged() // witnesses see it
	s.clock = nodes
	if out, code := s.try("uk", "statement", "release", "41a7", "-d", "uk/coalition", "-o", "early"); code != 1 || !strings.Contains(out, "1 of 2 shares") {
		t.Errorf("uk releases by its own clock: code %d: %s", code, out)
	}
	for _, m := range s.members {
		if got := s.files(s.path(m, "releases")); len(got) > 0 {
			t.Fatalf("%s released before the hour: %v", m, got)
		}
		if r, _ := s.state(m); r.Phase != coalition.Sealed || len(r.Shares) > 1 {
			t.Errorf("%s: %s with %d shares before the hour", m, r.Phase, len(r.Shares))
		}
	}
	if time.Now().After(hour.Add(-time.Second)) {
		t.Fatalf("the machine is too slow for a lead of %v", storyLead)
	}

	// At the hour us is the second. All have what it takes now, eu by whose clock it is three hours too early, too.
	release := func(m string) string { return s.path(m, "releases", storyStatement) }
	for _, m := range s.members {
		s.until(storyLead+60*time.Second, m+" releases", func() bool {
			_, err := os.Stat(filepath.Join(release(m), "proof.json"))
			return err == nil
		})
	}
	if time.Now().Before(hour) {
		t.Error("it was released before the hour")
	}
	s.all("the shares of the two", s.members, func(r *coalition.Revision, _ int) bool { return len(r.Shares) == 2 && r.Shares["eu"] == nil })
	logged()
	s.until(60*time.Second, "all releases are the same, and the log shows all", func() bool {
		want := s.files(release("us"))
		for _, m := range s.members {
			if !maps.Equal(want, s.files(release(m))) {
				return false
			}
		}
		_, code := s.try("", "verify", "--root", pin, release("eu"))
		return code == 0
	})
	out := s.run("verify", "--root", pin, release("eu"))
	if !strings.Contains(out, "uk: gave its share away before the hour") || strings.Contains(out, "eu: gave") {
		t.Errorf("it does not say whose share was early:\n%s", out)
	}
	secondVerifier(t, release("eu"), pin, 0)

	// What uk signs by its own clock is dated after witnesses saw it, and whoever verifies is told whose it is.
	s.as("uk", "uk", "statement", "vote", "41a7", "hold")
	s.until(60*time.Second, "the date is said to be wrong", func() bool {
		logged()
		out, _ := s.try("", "verify", "--root", pin, release("us"))
		return regexp.MustCompile(`event sha256:[0-9a-f]{64} of uk is dated \S+, after witnesses had seen it`).MatchString(out)
	})
	s.discreet()
	for _, m := range slices.Sorted(maps.Keys(s.nodes)) {
		s.stop(m)
	}
}
