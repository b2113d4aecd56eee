// Command gen makes the embedded file of ATT&CK facts from MITRE's STIX bundles.
//
//	go run ./gen -version 18.1 -o facts.bin.gz FOLDER
//
// FOLDER holds enterprise-attack.json, ics-attack.json and mobile-attack.json. The version is needed where the bundles
// do not say it (a collection object does).
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"entente/internal/attack"
)

func main() {
	if err := run(os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

func run(args []string, stderr io.Writer) error {
	fs := flag.NewFlagSet("gen", flag.ContinueOnError)
	fs.SetOutput(stderr)
	out := fs.String("o", "facts.bin.gz", "file to write")
	version := fs.String("version", "", "version of ATT&CK, where the bundles do not say it")
	if err := fs.Parse(args); err != nil {
		return fmt.Errorf("parse flags: %w", err)
	}
	if fs.NArg() != 1 || fs.Arg(0) == "" {
		return errors.New("give the folder that holds enterprise-attack.json, ics-attack.json and mobile-attack.json")
	}
	f, err := attack.LoadFolder(fs.Arg(0))
	if err != nil {
		return fmt.Errorf("load bundles: %w", err)
	}
	if f.Version == "" {
		f.Version = *version
	}
	if f.Version == "" {
		return errors.New("the bundles do not say their version: give -version")
	}
	data, err := f.Encode()
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	if err := os.WriteFile(filepath.Clean(*out), data, 0o644); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	fmt.Fprintf(stderr, "ATT&CK %s: %d bytes\n", f.Version, len(data))
	return nil
}
