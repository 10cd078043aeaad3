package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/astrovit/astrovit/vit"
)

// contender is a program that can do a job.
type contender struct {
	role    role
	name    string
	command []string
	env     []string
}

// role is what a contender is there for.
type role int

const (
	us        role = iota
	reference      // our own program at another job, for a ratio to ourselves
	rival          // a peer that does the same
	peak           // the FMA peak, in runs of peakAmount
)

// peakAmount is what one run of peers/peak.c does, in GFLOP.
const peakAmount = 9437184 / 1e9

// Where peers/Makefile installs and builds, and its sources.
const (
	builtFolder  = "runs/bench"
	sourceFolder = "internal/bench/peers"
)

// ourselves is this program at j.
func ourselves(j job) contender {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return contender{us, "astrovit", []string{self, workerArgument, j.String()}, os.Environ()}
}

// ourselvesAt is this program at another job.
func ourselvesAt(j job, name string) contender {
	c := ourselves(j)
	c.role, c.name = reference, name
	return c
}

// peers are those who do j beside us.
func peers(j job) []contender {
	switch j.bench {
	case "gemm":
		return productPeers(j)
	case "infer":
		if j.precision == vit.INT8 {
			single := j
			single.precision = vit.F32
			return []contender{ourselvesAt(single, "astrovit f32"), onnxPeer(j, "int8")}
		}
		if j.model == "hybrid" { // export.py has encoders only
			return []contender{torchPeer(j, "eager"), torchPeer(j, "jit")}
		}
		list := []contender{torchPeer(j, "eager"), onnxPeer(j, "plain")}
		if !j.disturbed {
			list = append(list, torchPeer(j, "jit"), onnxPeer(j, "fused"))
		}
		return list
	case "train":
		return []contender{torchPeer(j, "eager")}
	}
	panic("bench: " + j.bench)
}

func productPeers(j job) []contender {
	var list []contender
	for _, library := range []string{"openblas-pthread", "openblas-openmp", "onednn", "blis"} {
		list = append(list, contender{
			role:    rival,
			name:    library,
			command: []string{built(library), fmt.Sprint(j.m), fmt.Sprint(j.n), fmt.Sprint(j.k), j.trans},
			env:     environment(j.threads),
		})
	}
	if j.threads > 1 {
		single := j
		single.threads = 1
		return append(list, ourselvesAt(single, "astrovit, 1 thread"))
	}
	kernels := map[string][]string{"amd64": {"avx2", "avx512"}, "arm64": {"neon"}}
	for _, kernel := range kernels[runtime.GOARCH] {
		list = append(list, contender{peak, "FMA peak, " + kernel, []string{built("peak"), kernel}, environment(1)})
	}
	return list
}

func torchPeer(j job, variant string) contender {
	script := filepath.Join(sourceFolder, "torch_peer.py")
	return contender{
		role:    rival,
		name:    "torch " + variant,
		command: []string{"/usr/bin/python3", script, j.bench, j.model, variant, fmt.Sprint(j.batch), fmt.Sprint(j.threads)},
		// Debian's torch multiplies through libblas.so.3. With a BLAS whose
		// threads are OpenMP's, as its own are, it has one pool instead of two
		// that fight each other.
		env: append(environment(j.threads), "LD_LIBRARY_PATH="+openmpBLAS()),
	}
}

func onnxPeer(j job, variant string) contender {
	modules, err := filepath.Abs(built("node_modules"))
	if err != nil {
		panic(err)
	}
	script := filepath.Join(sourceFolder, "onnx_peer.js")
	return contender{
		role:    rival,
		name:    "ONNX Runtime " + variant,
		command: []string{"node", script, builtFolder, j.model, variant, fmt.Sprint(j.batch), fmt.Sprint(j.threads)},
		env:     append(environment(j.threads), "NODE_PATH="+modules),
	}
}

func built(name string) string { return "./" + builtFolder + "/" + name }

// openmpBLAS is the folder of Debian's OpenMP build of OpenBLAS.
func openmpBLAS() string {
	found, _ := filepath.Glob("/usr/lib/*/openblas-openmp")
	return strings.Join(found, ":")
}

// environment gives a peer its number of threads, and lets it choose its
// kernels itself, whatever this shell says of them.
func environment(threads int) []string {
	var env []string
	for _, v := range os.Environ() {
		if !tuning(v) {
			env = append(env, v)
		}
	}
	for _, name := range []string{"OMP", "OPENBLAS", "BLIS"} {
		env = append(env, fmt.Sprintf("%s_NUM_THREADS=%d", name, threads))
	}
	return env
}

// tuning reports whether an environment variable changes how a peer computes.
func tuning(variable string) bool {
	for _, prefix := range []string{"OMP_", "GOMP_", "OPENBLAS_", "BLIS_", "DNNL_", "ONEDNN_", "MKL_", "LD_LIBRARY_PATH=", "NODE_"} {
		if strings.HasPrefix(variable, prefix) {
			return true
		}
	}
	return false
}

// disturber is a process that takes all it can get of one core at nice 10.
func disturber() (contender, error) {
	nice, err := exec.LookPath("nice")
	c := ourselves(job{})
	c.command = []string{nice, "-n", "10", c.command[0], workerArgument, busyJob}
	return c, err
}
