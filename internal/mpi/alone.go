//go:build !mpi

package mpi

// Join is the start of every process. The error is that of several that cannot find each other.
func Join() (World, error) {
	return Alone{}, checkLaunch("this program is built without MPI: build it with CC=mpicc go build -tags mpi, or start one process a run")
}
