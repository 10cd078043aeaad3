// Package mpi is the processes that train one model together. A program that is built with the tag mpi and the MPI library's
// compiler,
//
//	CC=mpicc go build -tags mpi ./cmd/vit-train
//
// and started by mpirun or srun, has as many as it is started with. Any other is one process, and needs no C compiler.
package mpi

import (
	"fmt"
	"os"
	"strconv"

	"github.com/astrovit/astrovit/vit"
)

// World is the processes of a run. All call the same methods in the same order, but for Abort.
type World interface {
	vit.Ranks
	// Any tells whether yes is true on any rank.
	Any(yes bool) bool
	// Told is what x is on rank 0.
	Told(x []byte) []byte
	// Abort ends all ranks as they stand, with the exit status code. In a process by itself it does nothing.
	Abort(code int)
	// Close waits for all ranks, which cannot talk any more after it.
	Close()
}

// Alone is a process by itself.
type Alone struct{ vit.Alone }

func (Alone) Any(yes bool) bool    { return yes }
func (Alone) Told(x []byte) []byte { return x }
func (Alone) Abort(int)            {}
func (Alone) Close()               {}

// launchers are the variables in which Open MPI, MPICH and Intel MPI, MVAPICH2 and Slurm tell a process how many they started.
var launchers = []string{"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS"}

// launched is how many processes were started with this one, and the variable that says so.
func launched() (n int, name string) {
	for _, name := range launchers {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return n, name
		}
	}
	return 1, ""
}

// checkLaunch refuses a process that takes itself for the only one, but is not: n runs would write over each other.
func checkLaunch(reason string) error {
	if n, name := launched(); n > 1 {
		return fmt.Errorf("%s says that %d processes were started, but %s", name, n, reason)
	}
	return nil
}
