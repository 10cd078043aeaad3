package arcs

import (
	"math/rand/v2"
	"testing"
)

func BenchmarkScene(b *testing.B) {
	m := Maker{Simulated: 1, Splits: map[string]bool{"train": true, "val": true, "test": true}, ArcFlux: 1}
	for i := 0; b.Loop(); i++ {
		m.Make(i%2 == 0, rand.New(rand.NewPCG(1, uint64(i))))
	}
}
