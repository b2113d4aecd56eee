//go:build browser

package report

const wantBrowser = true
