# What .ci/run runs, by the same names, and how the project's own data are made.

.PHONY: check format vet staticcheck generate test test-generic test-purego race test-arm64 newcomer goldens tile model \
	bench bench-json bench-peers dist

check: format vet staticcheck generate test test-generic test-purego race test-arm64 newcomer

format:
	@files=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$files" ]; then echo "not gofmt-ed:"; echo "$$files"; exit 1; fi

vet:
	go vet ./... ./testdata/make
	GOARCH=arm64 go vet ./simd ./cmd/...
	@if command -v mpicc >/dev/null; \
	then CGO_ENABLED=1 CC=mpicc go vet -tags mpi ./internal/mpi; \
	else echo "SKIPPED vet of the tag mpi: mpicc is not installed"; fi

staticcheck:
	go tool staticcheck ./... ./testdata/make

# The assembly in the repository is what the generator writes.
generate:
	go generate ./simd
	git diff --exit-code -- simd

test:
	go test ./... ./testdata/make

# The plain Go kernels, on a machine that has better ones.
test-generic:
	ASTROVIT_SIMD=generic go test ./simd
	ASTROVIT_SIMD=generic go test -short ./vit

test-purego:
	go test -tags purego ./simd

# The race detector cannot see into assembly, so that simd runs its plain Go
# kernels under it. Of the other packages, those in which something runs at once.
concurrent = ./fits ./vit ./internal/detect ./internal/infer ./internal/pack ./internal/pixels ./internal/progress ./internal/report ./internal/train
race:
	go test -race -short -timeout 20m $(concurrent)
	go test -race -run Workers ./simd

# Another architecture, emulated (Debian: qemu-user-static).
test-arm64:
	@if command -v qemu-aarch64-static >/dev/null; \
	then GOARCH=arm64 CGO_ENABLED=0 go test -short -exec qemu-aarch64-static ./simd ./patch; \
	else echo "SKIPPED test-arm64: qemu-aarch64-static is not installed"; fi

# Both commands for both architectures, static, with checksums. The same commit and Go release give the same bytes,
# whatever the folder (internal/dist_linux_test.go).
architectures = amd64 arm64
dist: export CGO_ENABLED = 0
dist: export GOOS = linux
dist: export GOAMD64 = v1
dist: export GOFLAGS = -trimpath
dist:
	@mkdir -p dist
	@for arch in $(architectures); do for command in vit-train vit-infer; do \
		GOARCH=$$arch go build -ldflags=-s -o dist/$$command-linux-$$arch ./cmd/$$command || exit 1; \
	done; done
	@cd dist && sha256sum vit-*-linux-* | tee SHA256SUMS

# The first command of the README; go test ./... is the other. A header and a row for each of 256 windows.
newcomer:
	@rows=$$(mktemp) && go run ./cmd/vit-infer testdata/sky/tile.fits > $$rows && head -n 4 $$rows && \
	test $$(wc -l < $$rows) -eq 257; status=$$?; rm -f $$rows; exit $$status

# Golden values of torch and torchvision (Debian: python3-torch, python3-torchvision).
goldens:
	/usr/bin/python3 testdata/torch/make_goldens.py
	/usr/bin/python3 testdata/torch/make_adamw.py

tile:
	go run ./testdata/make tile

# The built-in model: a labelled set of simulated cutouts, a quarter of an hour
# of training on two cores, first with shifts, then without, which teaches
# where the central cell ends, and its weights as bfloat16. With the picture of
# what it says of the tile.
model: plain = --rotate quarter --zoom 0 --ema 0 --drop-path 0 --label-smoothing 0.1 --val-fraction 0.2 --patience 10
model:
	go run ./testdata/make set --out runs/sky-set -n 14000 --seed 2
	go run ./cmd/vit-train --catalog runs/sky-set/catalog.csv --out runs/sky --resume --test-fraction 0.1 \
		--preset cutout --dim 96 --depth 6 --heads 3 --pool mean --batch 32 --lr 1e-3 --epochs 12 --warmup 1 $(plain)
	go run ./cmd/vit-train --catalog runs/sky-set/catalog.csv --out runs/cells --resume --test-fraction 0.1 \
		--init runs/sky/best --shift 0 --batch 32 --lr 5e-4 --epochs 4 --warmup 0.5 $(plain)
	go run ./internal/builtin/make runs/cells/best sky
	go run ./cmd/vit-infer --out runs/tile.csv testdata/sky/tile.fits
	go run ./testdata/make picture --predictions runs/tile.csv

# How fast it is, beside its peers where they are installed (CONTRIBUTING.md).
bench:
	@go run ./internal/bench

# Our own figures, a JSON line each, within three minutes.
bench-json:
	@go run ./internal/bench --json --seconds 1 --tries 1 --within 150s

# The peers (Debian as root, npm): built in runs/bench.
bench-peers:
	$(MAKE) -C internal/bench/peers
