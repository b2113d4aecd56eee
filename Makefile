# Everything that is done to this project is one of these.
GO      ?= go
BIN     ?= bin/entente
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
LDFLAGS := -s -w -X entente/internal/cli.version=$(VERSION)
FUZZTIME ?= 30s

export CGO_ENABLED ?= 0

.PHONY: bench-store bench-coalition build run test check lint generate man bench fuzz test-browser cross clean

build: ## build the program into bin/
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/entente

run: build ## write a small intrusion into demo/, hunt it, write demo/report.html
	$(BIN) demo demo

test: ## every test that needs nothing but Go
	$(GO) test ./...

lint: ## formatting, vet and golangci-lint
	$(GO) vet ./...
	$(GO) tool -modfile=tools/go.mod golangci-lint run ./...

generate: build ## the description of the JSON API and the types for its clients, both made of the code
	$(BIN) api spec > docs/openapi.json
	$(BIN) api types > clients/typescript/entente.ts

man: build ## manual pages into bin/man
	$(BIN) man bin/man

check: lint test ## what CI runs besides the browser

test-browser: build ## the HTML report in a real Chromium
	$(GO) test -tags browser -count=1 ./internal/report/...

bench: build ## the figures of the README
	$(GO) -C tools run ./bench -entente ../$(BIN) -shared ../../shared $(BENCH)

bench-store: ## a million objects: imported, read meanwhile, opened again; on PostgreSQL, too, where ENTENTE_TEST_POSTGRES is its URL
	ENTENTE_BENCH_ITEMS=1000000 $(GO) test ./internal/exchange -run - -bench Million -benchtime 1x -timeout 3h

bench-coalition: ## 200 members, 10,000 statements, a log of a million entries: one coalition
	ENTENTE_BENCH_STATEMENTS=10000 $(GO) test ./internal/coalition -run - -bench AsOne -timeout 1h

fuzz: ## each fuzz target for FUZZTIME
	FUZZTIME=$(FUZZTIME) sh tools/fuzz.sh

cross: ## builds for the other systems, and for the other processor
	GOOS=windows GOARCH=amd64 $(GO) build -o /dev/null ./cmd/entente
	GOOS=darwin GOARCH=arm64 $(GO) build -o /dev/null ./cmd/entente

clean:
	rm -rf bin demo
