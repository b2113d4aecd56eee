#!/bin/sh
# Runs every fuzz target of the module for FUZZTIME (default 30s), one after another, and fails if one has.
# -fuzzminimizetime: large inputs are otherwise minimised for a minute each, in which nothing is tried.
set -eu
failed=
for pkg in $(go list ./...); do
	dir=$(go list -f '{{.Dir}}' "$pkg")
	for target in $(grep -ho '^func Fuzz[A-Za-z0-9_]*' "$dir"/*_test.go 2>/dev/null | sed 's/func //' | sort -u); do
		echo "== $pkg $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-30s}" -fuzzminimizetime 5x "$pkg" || failed="$failed $pkg.$target"
	done
done
if [ -n "$failed" ]; then
	echo "failed:$failed" >&2
	exit 1
fi
