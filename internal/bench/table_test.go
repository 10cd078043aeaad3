package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// does is a contender that took so long at each sample.
func does(as role, name string, memory float64, seconds ...float64) result {
	return result{contender: contender{role: as, name: name}, about: "as " + name, seconds: seconds, memory: memory}
}

// staged are outcomes of every kind, in numbers that are easy to follow.
func staged() []outcome {
	gemm := job{bench: "gemm", m: 1000, n: 1000, k: 500, trans: "NT", threads: 1, precision: "f32"} // 1 GFLOP
	absent := result{contender: contender{role: rival, name: "onednn"}, skipped: errAbsent}
	fma := does(peak, "FMA peak", 1, peakAmount/110)
	second := gemm
	second.trans = "NN"
	double := gemm
	double.threads = 2
	infer := job{bench: "infer", model: "cutout", batch: 32, threads: 2, precision: "f32"}
	shaken := infer
	shaken.disturbed = true
	train := infer
	train.bench = "train"
	ours, torch := does(us, "astrovit", 20, 0.5), does(rival, "torch eager", 300, 0.25)
	ours.disturbed, torch.disturbed = []float64{0.625}, []float64{2.5}
	leaky := does(us, "astrovit", 200, 0.5)
	leaky.allocs = 2
	return []outcome{
		{gemm, []result{does(us, "astrovit", 10, 0.02, 0.01, 0.01), does(rival, "blis", 9, 0.02), does(rival, "openblas", 9, 0.0125), absent, fma}, 0},
		{second, []result{does(us, "astrovit", 10, 0.01), does(rival, "blis", 9, 0.0075), absent, fma}, 0},
		{double, []result{does(us, "astrovit", 10, 0.00625), absent, does(reference, "astrovit, 1 thread", 10, 0.0125)}, 0},
		{infer, []result{does(us, "astrovit", 20, 0.1), does(rival, "torch eager", 300, 0.2), does(rival, "torch jit", 310, 0.16)}, 0},
		{train, []result{leaky, {contender: contender{role: rival, name: "torch eager"}, skipped: errAbsent}}, 0},
		{shaken, []result{ours, torch}, 0.05},
	}
}

const stagedTable = `astrovit             as astrovit
blis                 as blis
openblas             as openblas
FMA peak             as FMA peak
astrovit, 1 thread   as astrovit, 1 thread
torch eager          as torch eager
torch jit            as torch jit
SKIPPED onednn: not installed: make bench-peers
SKIPPED torch eager: not installed: make bench-peers

SGEMM, 1 thread, and the FMA peak of kernels fed from L1
job ours peer's unit peer ratio target holds others
gemm/1000x1000x500/NT/threads=1 100 110 GFLOP/s FMA peak 0.91 ≥ 0.90 yes 0 %
gemm/1000x1000x500/NN/threads=1 100 110 GFLOP/s FMA peak 0.91 ≥ 0.90 yes 0 %

SGEMM, 1 thread, and the fastest of OpenBLAS, oneDNN and BLIS
job ours peer's unit peer ratio target holds others
gemm/1000x1000x500/NT/threads=1 100 80 GFLOP/s openblas 1.25 ≥ 0.95 yes 0 %
gemm/1000x1000x500/NN/threads=1 100 133.3 GFLOP/s blis 0.75 ≥ 0.95 NO 0 %
geometric mean 0.97 ≥ 1.00 NO

SGEMM, 2 threads, and our own 1 thread
job ours peer's unit peer ratio target holds others
gemm/1000x1000x500/NT/threads=2 160 80 GFLOP/s astrovit, 1 thread 2.00 ≥ 1.90 yes 0 %

SGEMM, 2 threads, and the fastest of OpenBLAS, oneDNN and BLIS
job ours peer's unit peer ratio target holds others
gemm/1000x1000x500/NT/threads=2 160 GFLOP/s none here ≥ 0.95 not measured 0 %
geometric mean ≥ 1.00 not measured

Inference in float32, and the faster of torch and ONNX Runtime
job ours peer's unit peer ratio target holds others
infer/cutout/batch=32/threads=2/f32 320 200 images/s torch jit 1.60 ≥ 1.15 yes 0 %

Training step, and torch
job ours peer's unit peer ratio target holds others
train/cutout/batch=32/threads=2/f32 64 images/s none here ≥ 1.40 not measured 0 %

Peak memory, and torch
job ours peer's unit peer ratio target holds others
infer/cutout/batch=32/threads=2/f32 20 300 MiB torch eager 0.07 ≤ 0.50 yes 0 %
train/cutout/batch=32/threads=2/f32 200 MiB none here ≤ 0.50 not measured 0 %

Beside one busy process at nice 10, and undisturbed
job ours peer's unit peer ratio target holds others
infer/cutout/batch=32/threads=2/f32/disturbed 51.20 64 images/s astrovit 0.80 ≥ 0.60 yes 5 %
infer/cutout/batch=32/threads=2/f32/disturbed 12.80 128 images/s torch eager 0.10 5 %

Allocations in a step
job ours peer's unit peer ratio target holds others
infer/cutout/batch=32/threads=2/f32 0 0.00 ≤ 0.00 yes 0 %
train/cutout/batch=32/threads=2/f32 2 2.00 ≤ 0.00 NO 0 %

1 of 6 jobs were disturbed: others took more than 4 % of the machine's time.

8 of 15 targets hold, 4 were not measured.`

func TestTable(t *testing.T) {
	var out bytes.Buffer
	p := &table{out: &out}
	for _, o := range staged() {
		if err := p.add(o); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.close(); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(out.String()) {
		line = strings.TrimSpace(line)
		if !strings.Contains(line, "  as ") { // the cast keeps its columns
			line = strings.Join(strings.Fields(line), " ")
		}
		lines = append(lines, line)
	}
	got := strings.Join(lines, "\n")
	if got != stagedTable {
		t.Errorf("got\n%s", got)
	}
	if want := "1 of 6 jobs were disturbed: others took more than 4 %"; !strings.Contains(out.String(), want) {
		t.Errorf("no %q in\n%s", want, out.String())
	}
	if want := "8 of 15 targets hold, 4 were not measured."; !strings.Contains(out.String(), want) {
		t.Errorf("no %q in\n%s", want, out.String())
	}
}

func TestLines(t *testing.T) {
	var out bytes.Buffer
	l := &lines{&out}
	for _, o := range staged()[:4] {
		if err := l.add(o); err != nil {
			t.Fatal(err)
		}
	}
	d := json.NewDecoder(&out)
	var got []map[string]any
	for d.More() {
		var line map[string]any
		if err := d.Decode(&line); err != nil {
			t.Fatal(err)
		}
		delete(line, "level")
		got = append(got, line)
	}
	for i, want := range map[int]map[string]any{
		0: {"bench": "gemm", "case": "1000x1000x500", "trans": "NT", "threads": 1., "precision": "f32",
			"value": 100., "best": 100., "unit": "GFLOP/s", "rss_mib": 10.},
		3: {"bench": "infer", "model": "cutout", "case": "cutout", "batch": 32., "threads": 2., "precision": "f32",
			"value": 320., "best": 320., "unit": "images/s", "rss_mib": 20.},
	} {
		if len(got[i]) != len(want) {
			t.Errorf("line %d is %v", i, got[i])
		}
		for key, value := range want {
			if got[i][key] != value {
				t.Errorf("line %d: %s is %v, want %v", i, key, got[i][key], value)
			}
		}
	}
}

func TestFigure(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 3: "3", 1234.5: "1234", 123.45: "123.5", 1.23456: "1.235", 0.012345: "0.01235"} {
		if got := figure(x); got != want {
			t.Errorf("%v is printed as %s, want %s", x, got, want)
		}
	}
}
