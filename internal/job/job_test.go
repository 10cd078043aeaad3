package job

import (
	"os"
	"sync"
	"testing"
)

// The tasks of an array begin at the same time.
func TestJoinAtOnce(t *testing.T) {
	plan := Plan{Model: "sky", Settings: Settings{"model": "1"}, Parts: make([]Part, 100)}
	for i := range plan.Parts {
		plan.Parts[i].Name = "tile"
	}
	for range 20 {
		folder := t.TempDir()
		var shards sync.WaitGroup
		for range 8 {
			shards.Go(func() {
				if err := plan.Join(folder); err != nil {
					t.Error(err)
				}
			})
		}
		shards.Wait()
		if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
			t.Fatalf("%v are there, not one plan (%v)", entries, err)
		}
	}
}
