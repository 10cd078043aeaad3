package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/astrovit/astrovit/vit"
)

// row is one figure beside its peer, and what is wanted of the two.
type row struct {
	job          string
	ours, theirs float64 // NaN where the row sums up others
	unit         string
	peer         string
	ratio        float64 // of ours to theirs
	target       target
	others       float64 // of the machine's time, what other processes took
}

// target bounds a ratio.
type target struct {
	bound float64
	kind  kind
}

type kind int

const (
	none kind = iota
	atLeast
	atMost
)

func (t target) String() string {
	switch t.kind {
	case atLeast:
		return fmt.Sprintf("≥ %.2f", t.bound)
	case atMost:
		return fmt.Sprintf("≤ %.2f", t.bound)
	}
	return ""
}

// nobody stands for the peer of a job that no peer did.
const nobody = "none here"

// The verdicts on a ratio that has a target.
const (
	holds   = "yes"
	fails   = "NO"
	unknown = "not measured"
)

// verdict says whether a ratio is what is wanted, or nothing if nothing is.
func (t target) verdict(ratio float64) string {
	switch {
	case t.kind == none:
		return ""
	case math.IsNaN(ratio):
		return unknown
	case t.kind == atLeast && ratio >= t.bound, t.kind == atMost && ratio <= t.bound:
		return holds
	}
	return fails
}

// section is a kind of target.
type section struct {
	title string
	rows  func([]outcome) []row
}

// sections are all that the project wants of its speed.
var sections = []section{
	{"SGEMM, 1 thread, and the FMA peak of kernels fed from L1", func(all []outcome) []row {
		return each(all, is("gemm", 1), func(o outcome) []row {
			return []row{o.beside(o.best(peak), target{0.90, atLeast})}
		})
	}},
	{"SGEMM, 1 thread, and the fastest of OpenBLAS, oneDNN and BLIS", beside(is("gemm", 1), 0.95, 1)},
	{"SGEMM, 2 threads, and our own 1 thread", func(all []outcome) []row {
		return each(all, func(o outcome) bool { return is("gemm", 2)(o) && o.job.m >= 1000 }, func(o outcome) []row {
			return []row{o.beside(o.best(reference), target{1.9, atLeast})}
		})
	}},
	{"SGEMM, 2 threads, and the fastest of OpenBLAS, oneDNN and BLIS", beside(is("gemm", 2), 0.95, 1)},
	{"Inference in float32, and the faster of torch and ONNX Runtime", beside(inference32, 1.15, 0)},
	{"Inference in int8, and our own float32", func(all []outcome) []row {
		return each(all, inference8, func(o outcome) []row {
			return []row{o.beside(o.best(reference), target{1.5, atLeast})}
		})
	}},
	{"Inference in int8, and ONNX Runtime's", beside(inference8, 1.15, 0)},
	{"Training step, and torch", beside(func(o outcome) bool { return o.job.bench == "train" && !o.job.disturbed }, 1.4, 0)},
	{"Peak memory, and torch", func(all []outcome) []row {
		return each(all, func(o outcome) bool { return is("train", 0)(o) || inference32(o) }, outcome.memory)
	}},
	{"Beside one busy process at nice 10, and undisturbed", func(all []outcome) []row {
		return each(all, func(o outcome) bool { return o.job.disturbed }, outcome.disturbed)
	}},
	{"Allocations in a step", func(all []outcome) []row {
		return each(all, func(o outcome) bool { return o.job.bench != "gemm" && !o.job.disturbed }, func(o outcome) []row {
			allocs := math.Floor(o.ours().allocs)
			return []row{{job: o.job.String(), ours: allocs, theirs: math.NaN(), ratio: allocs, target: target{0, atMost}}}
		})
	}},
}

// is picks the undisturbed jobs of a benchmark; threads of 0 are any.
func is(bench string, threads int) func(outcome) bool {
	return func(o outcome) bool {
		return o.job.bench == bench && (threads == 0 || o.job.threads == threads) && !o.job.disturbed
	}
}

func inference32(o outcome) bool { return is("infer", 0)(o) && o.job.precision == vit.F32 }
func inference8(o outcome) bool  { return is("infer", 0)(o) && o.job.precision == vit.INT8 }

func each(all []outcome, which func(outcome) bool, rows func(outcome) []row) []row {
	var list []row
	for _, o := range all {
		if !which(o) {
			continue
		}
		for _, r := range rows(o) {
			r.others = o.others
			list = append(list, r)
		}
	}
	return list
}

// beside compares with the fastest rival: every ratio is at least least and,
// unless mean is 0, so is their geometric mean.
func beside(which func(outcome) bool, least, mean float64) func([]outcome) []row {
	return func(all []outcome) []row {
		list := each(all, which, func(o outcome) []row {
			return []row{o.beside(o.best(rival), target{least, atLeast})}
		})
		if mean == 0 || len(list) == 0 {
			return list
		}
		var ratios []float64
		for _, r := range list {
			ratios = append(ratios, r.ratio)
		}
		return append(list, row{
			job: "geometric mean", ours: math.NaN(), theirs: math.NaN(), others: math.NaN(),
			ratio: geometricMean(ratios), target: target{mean, atLeast},
		})
	}
}

// beside compares our throughput with that of a peer, which may be nil.
func (o outcome) beside(r *result, t target) row {
	ours := o.rate(o.ours(), o.ours().seconds)
	if r == nil {
		return row{job: o.job.String(), ours: ours, theirs: math.NaN(), unit: o.job.unit(), peer: nobody, ratio: math.NaN(), target: t}
	}
	theirs := o.rate(r, r.seconds)
	return row{job: o.job.String(), ours: ours, theirs: theirs, unit: o.job.unit(), peer: r.name, ratio: ours / theirs, target: t}
}

// memory compares our peak memory with the least that torch needs.
func (o outcome) memory() []row {
	least := row{
		job: o.job.String(), ours: o.ours().memory, theirs: math.NaN(), unit: "MiB", peer: nobody,
		ratio: math.NaN(), target: target{0.5, atMost},
	}
	for _, r := range o.results {
		if strings.HasPrefix(r.name, "torch") && r.skipped == nil && !(least.theirs <= r.memory) {
			least.peer, least.theirs, least.ratio = r.name, r.memory, least.ours/r.memory
		}
	}
	return []row{least}
}

// disturbed tells what is left of each contender's throughput. Only ours has a target.
func (o outcome) disturbed() []row {
	var list []row
	for i := range o.results {
		r := &o.results[i]
		if r.skipped != nil {
			continue
		}
		calm, shaken := o.rate(r, r.seconds), o.rate(r, r.disturbed)
		line := row{job: o.job.String(), ours: shaken, theirs: calm, unit: o.job.unit(), peer: r.name, ratio: shaken / calm}
		if r.role == us {
			line.target = target{0.6, atLeast}
		}
		list = append(list, line)
	}
	return list
}
