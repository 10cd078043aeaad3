package cli

import (
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"

	"github.com/astrovit/astrovit/internal/whole"
)

// startProfile begins to profile the program. What stop returns writes dir/cpu.pprof,
// where its time went, and dir/heap.pprof, what it holds and all that it ever
// allocated (-sample_index=alloc_space).
func startProfile(dir string) (stop func() error, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	cpu, err := whole.Create(filepath.Join(dir, "cpu.pprof"))
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		cpu.Abort()
		return nil, err
	}
	return func() error {
		pprof.StopCPUProfile()
		if err := cpu.Close(); err != nil {
			return err
		}
		return whole.Write(filepath.Join(dir, "heap.pprof"), func(w io.Writer) error { return pprof.Lookup("heap").WriteTo(w, 0) })
	}, nil
}
