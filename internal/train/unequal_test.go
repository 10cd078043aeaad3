package train

import (
	"math/rand/v2"
	"testing"

	"github.com/astrovit/astrovit/patch"
)

// Where the noise of images differs much, their pixels become ratios of signal to noise, unless fluxes are what is learned.
func TestStretchOfUnequalImages(t *testing.T) {
	for _, c := range []struct {
		name   string
		spread float64 // the noise of the noisiest image in units of the quietest one's
		fluxes bool
		asked  string
		want   string
	}{
		{"equal", 1.5, false, "auto", patch.Asinh},
		{"unequal", 3, false, "auto", patch.SNR},
		{"fluxes", 3, true, "auto", patch.Asinh},
		{"asked for", 3, false, patch.Asinh, patch.Asinh},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			var parts [][][]float32
			for i := range 50 {
				part := [][]float32{make([]float32, 400), make([]float32, 400)}
				for _, band := range part {
					for j := range band {
						band[j] = float32((1 + (c.spread-1)*float64(i)/49) * r.NormFloat64())
					}
				}
				parts = append(parts, part)
			}
			if got := stretchKind(c.asked, parts, false, c.fluxes); got != c.want {
				t.Errorf("stretch %s, want %s", got, c.want)
			}
		})
	}
}
