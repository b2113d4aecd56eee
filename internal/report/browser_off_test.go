//go:build !browser

package report

const wantBrowser = false
