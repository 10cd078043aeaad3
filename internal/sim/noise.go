package sim

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// A Noise is a detector under a sky.
type Noise struct {
	Sky  float64 // expected electrons per pixel; large enough that no pixel expects none
	Read float64 // standard deviation of the read-out in electrons
}

// Sigma returns the standard deviation of an empty pixel in electrons.
func (n Noise) Sigma() float64 { return math.Sqrt(n.Sky + n.Read*n.Read) }

// Expose returns the image as it is measured: photons of sky and sources counted, read out, the known sky subtracted.
func (n Noise) Expose(im *Image, r *rand.Rand) []float32 {
	out := make([]float32, len(im.Pix))
	for i, expected := range im.Pix {
		photons := distuv.Poisson{Lambda: n.Sky + expected, Src: r}.Rand()
		out[i] = float32(photons + n.Read*r.NormFloat64() - n.Sky)
	}
	return out
}
