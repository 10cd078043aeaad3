// Package node is what a program may take of the machine that it runs on: the
// cores and the memory that control groups and Slurm leave it.
package node

import (
	"fmt"
	"io/fs"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// Share is what one process may take.
type Share struct {
	Cores    int    // to keep busy
	CoresBy  string // what says so; "" if nothing holds the process back
	Memory   int64  // bytes; 0 if it is not known
	MemoryBy string // what says so; "" if that is the machine's, by itself
}

// Take finds this process's share and has the Go runtime keep to it: no more
// threads compute than there are cores, and the heap, as long as it can, stays a
// tenth below the memory. GOMAXPROCS and GOMEMLIMIT in the environment win.
func Take() Share {
	s := Of(os.DirFS("/"), os.Getenv, runtime.GOMAXPROCS(0), runtime.NumCPU())
	if s.Cores < runtime.GOMAXPROCS(0) {
		runtime.GOMAXPROCS(s.Cores)
	}
	if s.Memory > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(s.Memory - s.Memory/10)
	}
	return s
}

// Of is the share of a process where the root folder has these files. The runtime
// gives it procs of the machine's cores, and of those that its affinity, and so a
// cpuset, allows (cpus) as many as its own control group's quota makes, at least 2.
// What the runtime passes over is added here: the quotas of outer groups, as that of
// all of a user's processes on a login node, quotas below 2, and Slurm, whose
// cluster may not bind tasks to cores.
func Of(files fs.FS, getenv func(string) string, procs, cpus int) Share {
	s := Share{Cores: procs}
	tasks := tasks(getenv)
	switch quota := quota(files); {
	case getenv("GOMAXPROCS") != "":
		s.CoresBy = "GOMAXPROCS"
	default:
		if procs < cpus {
			s.CoresBy = "cgroup"
		}
		s.lowerCores(int(math.Ceil(quota/float64(tasks))), "cgroup")
		if n := number(getenv("SLURM_CPUS_PER_TASK")); n > 0 {
			s.lowerCores(n, "SLURM_CPUS_PER_TASK")
		} else {
			s.lowerCores(number(getenv("SLURM_CPUS_ON_NODE"))/tasks, "SLURM_CPUS_ON_NODE")
		}
	}
	s.lowerMemory(machineMemory(files), "")
	for _, group := range groups(files, "memory") {
		for _, name := range []string{"memory.max", "memory.high", "memory.limit_in_bytes"} {
			s.lowerMemory(number(first(files, group+"/"+name)), "cgroup")
		}
	}
	const mib = 1 << 20
	s.lowerMemory(number(getenv("SLURM_MEM_PER_NODE"))*mib, "SLURM_MEM_PER_NODE")
	s.lowerMemory(number(getenv("SLURM_MEM_PER_CPU"))*number(getenv("SLURM_CPUS_ON_NODE"))*mib, "SLURM_MEM_PER_CPU")
	s.Memory /= int64(tasks)
	return s
}

func (s *Share) lowerCores(n int, by string) {
	if n > 0 && n < s.Cores {
		s.Cores, s.CoresBy = n, by
	}
}

func (s *Share) lowerMemory(bytes int, by string) {
	if bytes > 0 && (s.Memory == 0 || int64(bytes) < s.Memory) {
		s.Memory, s.MemoryBy = int64(bytes), by
	}
}

// String is such as "4 cores (SLURM_CPUS_PER_TASK), 7.8 GiB of memory (cgroup)".
func (s Share) String() string {
	by := func(what, who string) string {
		if who != "" {
			what += " (" + who + ")"
		}
		return what
	}
	cores := fmt.Sprintf("%d cores", s.Cores)
	if s.Cores == 1 {
		cores = "1 core"
	}
	text := by(cores, s.CoresBy)
	if s.Memory > 0 {
		text += ", " + by(fmt.Sprintf("%.1f GiB of memory", float64(s.Memory)/(1<<30)), s.MemoryBy)
	}
	return text
}

// tasks is how many processes of a parallel program share the node, at most.
func tasks(getenv func(string) string) int {
	most := 1
	for _, name := range []string{"OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS"} { // Open MPI, MPICH
		most = max(most, number(getenv(name)))
	}
	for list := range strings.SplitSeq(getenv("SLURM_STEP_TASKS_PER_NODE"), ",") { // as 4(x2),3
		n, _, _ := strings.Cut(list, "(")
		most = max(most, number(n))
	}
	return most
}

// machineMemory is that of the whole machine, in bytes.
func machineMemory(files fs.FS) int {
	text, _ := fs.ReadFile(files, "proc/meminfo")
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "MemTotal:" {
			return number(fields[1]) * 1024
		}
	}
	return 0
}

// number is 0 for what is not a whole number above 0, as "max", or too large.
func number(text string) int {
	n, err := strconv.ParseInt(text, 10, 0)
	if err != nil || n < 0 || n > 1<<50 {
		return 0
	}
	return int(n)
}
