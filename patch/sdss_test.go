package patch

import (
	"math"
	"testing"
)

func TestSDSS(t *testing.T) {
	var g struct {
		Flux, RGB []float32
	}
	golden(t, "sdss.json", &g)
	n := len(g.Flux) / 3
	im := Image{Shape: []int{3, 1, n}, Pixels: g.Flux}
	SDSS(im)
	apart := 0
	for i, v := range im.Pixels {
		if d := math.Abs(float64(v - g.RGB[i])); d > 1 {
			t.Errorf("pixel %d is %g, want %g", i, v, g.RGB[i])
		} else if d > 0 {
			apart++
		}
	}
	if apart > 1 { // rounded down from just above or below
		t.Errorf("%d of %d values are one apart", apart, 3*n)
	}
}

// A pixel without one of its bands has no colour.
func TestSDSSUndefined(t *testing.T) {
	nan := float32(math.NaN())
	im := Image{Shape: []int{3, 1, 4}, Pixels: []float32{nan, 1, 1, 0, 1, nan, 1, 0, 1, 1, nan, 0}}
	SDSS(im)
	for i, v := range im.Pixels {
		if defined := i%4 == 3; (v == v) != defined || defined && v != 0 {
			t.Errorf("value %d is %g", i, v)
		}
	}
}
