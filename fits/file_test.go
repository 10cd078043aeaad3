package fits

import (
	"bytes"
	"sync"
	"testing"
)

// TestConcurrentUse reads one file from many goroutines; the race detector looks on.
func TestConcurrentUse(t *testing.T) {
	for _, seed := range seeds(t) {
		f, err := New(bytes.NewReader(seed), int64(len(seed)), "shared.fits")
		if err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				for i := range f.NumHDU() {
					h := f.HDU(i)
					h.Read()
					h.WCS()
					if table, err := h.Table(); err == nil {
						for _, name := range table.Names() {
							table.Column(name)
						}
					}
				}
			})
		}
		wait.Wait()
	}
}
