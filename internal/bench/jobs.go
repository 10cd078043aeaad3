package main

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/astrovit/astrovit/vit"
)

// job is one thing to compute, again and again.
type job struct {
	bench     string // gemm, infer or train
	m, n, k   int    // gemm: m x k times k x n
	trans     string // gemm: NN, or NT where the second factor is stored transposed
	model     string // infer, train: a key of models
	batch     int    // infer, train: images
	threads   int
	precision vit.Precision // of the weights, in our own program
	disturbed bool          // measured beside a busy process, too
}

// models are those of the figures that the targets come from.
var models = map[string]func() vit.Config{
	"cutout":  func() vit.Config { return preset("cutout", 10) },
	"hybrid":  func() vit.Config { return preset("hybrid", 10) },
	"vit_s16": func() vit.Config { return preset("small", 1000) },
}

func preset(name string, classes int) vit.Config {
	p, err := vit.PresetNamed(name)
	if err != nil {
		panic(err)
	}
	return p.Config(3, classes)
}

// String names the job, for --only and for the process that does it.
func (j job) String() string {
	if j.bench == "gemm" {
		return fmt.Sprintf("gemm/%s/%s/threads=%d", j.shape(), j.trans, j.threads)
	}
	name := fmt.Sprintf("%s/%s/batch=%d/threads=%d/%s", j.bench, j.model, j.batch, j.threads, j.precision)
	if j.disturbed {
		name += "/disturbed"
	}
	return name
}

func (j job) shape() string { return fmt.Sprintf("%dx%dx%d", j.m, j.n, j.k) }

// amount is what one run of the job does, in the unit of its throughput.
func (j job) amount() float64 {
	if j.bench == "gemm" {
		return 2 * float64(j.m) * float64(j.n) * float64(j.k) / 1e9
	}
	return float64(j.batch)
}

// unit is that of the job's throughput.
func (j job) unit() string {
	if j.bench == "gemm" {
		return "GFLOP/s"
	}
	return "images/s"
}

// products are the shapes m x n x k of linear layers: ViT-B/16 at batches 1 and
// 8, then narrower models; and cubes.
var products = [][3]int{
	{197, 768, 768}, {197, 3072, 768}, {197, 768, 3072}, {1576, 768, 768}, {1040, 128, 128}, {1040, 512, 128},
	{4160, 384, 384}, {4160, 1536, 384}, {1024, 1024, 1024}, {256, 256, 256}, {512, 512, 512}, {2048, 2048, 2048},
}

// withTargets is how many of products have targets.
const withTargets = 9

func productJobs(shapes [][3]int) []job {
	var jobs []job
	for _, threads := range []int{1, 2} {
		for _, s := range shapes {
			for _, trans := range []string{"NN", "NT"} {
				jobs = append(jobs, job{bench: "gemm", m: s[0], n: s[1], k: s[2], trans: trans, threads: threads, precision: vit.F32})
			}
		}
	}
	return jobs
}

func modelJobs(bench, model string, precision vit.Precision, threads []int, batches ...int) []job {
	var jobs []job
	for _, t := range threads {
		for _, b := range batches {
			jobs = append(jobs, job{bench: bench, model: model, batch: b, threads: t, precision: precision})
		}
	}
	return jobs
}

// targetJobs are those that have targets.
func targetJobs() []job {
	both := []int{1, 2}
	jobs := productJobs(products[:withTargets])
	for _, precision := range []vit.Precision{vit.F32, vit.INT8} {
		jobs = append(jobs, modelJobs("infer", "cutout", precision, both, 1, 32)...)
		jobs = append(jobs, modelJobs("infer", "vit_s16", precision, both, 1, 32)...)
	}
	jobs = append(jobs, modelJobs("infer", "hybrid", vit.F32, both, 16, 32)...)
	jobs = append(jobs, modelJobs("train", "cutout", vit.F32, both, 32, 128)...)
	jobs = append(jobs, modelJobs("train", "hybrid", vit.F32, both, 16, 32)...)
	jobs = append(jobs, modelJobs("train", "vit_s16", vit.F32, both, 16)...)
	for _, bench := range []string{"infer", "train"} {
		j := modelJobs(bench, "cutout", vit.F32, []int{2}, 32)[0]
		j.disturbed = true
		jobs = append(jobs, j)
	}
	return jobs
}

// ownJobs are those whose figures of our own are printed as JSON, the longest last.
func ownJobs() []job {
	both := []int{1, 2}
	jobs := productJobs(products)
	for _, precision := range vit.Precisions {
		jobs = append(jobs, modelJobs("infer", "cutout", precision, both, 1, 32)...)
	}
	jobs = append(jobs, modelJobs("train", "cutout", vit.F32, both, 32, 128)...)
	jobs = append(jobs, modelJobs("train", "hybrid", vit.F32, both, 32)...)
	for _, precision := range vit.Precisions {
		jobs = append(jobs, modelJobs("infer", "vit_s16", precision, both, 1, 16, 32)...)
	}
	return append(jobs, modelJobs("train", "vit_s16", vit.F32, []int{2, 1}, 16)...)
}

// jobNamed finds a job by its name.
func jobNamed(name string) (job, error) {
	for _, j := range slices.Concat(targetJobs(), ownJobs()) {
		if j.String() == name {
			return j, nil
		}
	}
	return job{}, fmt.Errorf("no job %q", name)
}

func matching(jobs []job, pattern *regexp.Regexp) []job {
	return slices.DeleteFunc(jobs, func(j job) bool { return !pattern.MatchString(j.String()) })
}
