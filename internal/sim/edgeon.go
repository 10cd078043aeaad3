package sim

import "math"

// An EdgeOnDisc is an exponential disc with a vertical profile sech²(z/Height) seen exactly from its edge,
// which lies along x (van der Kruit & Searle 1981, equation 11), around a bulge, with a dust lane in front of both.
type EdgeOnDisc struct {
	Flux          float64 // of the disc, before dust
	Scale, Height float64
	Bulge         Sersic

	Depth     float64 // optical depth of the dust in the middle; 0: none
	DustScale float64 // exponential length of the dust along the disc
	DustZ     float64 // half thickness of the lane
	DustShift float64 // of the lane above the plane: the disc is a little inclined
}

// At returns the surface brightness.
func (d *EdgeOnDisc) At(x, y float64) float64 {
	r := math.Abs(x)
	light := d.Flux/(2*math.Pi*d.Scale*d.Height)*xK1(r/d.Scale)*sech2(y/d.Height) + d.Bulge.At(x, y)
	if d.Depth > 0 {
		light *= math.Exp(-d.Depth * math.Exp(-r/d.DustScale) * sech2((y-d.DustShift)/d.DustZ))
	}
	return light
}

// Reach returns the radius at which the plane fades.
func (d *EdgeOnDisc) Reach() float64 {
	peak := d.Flux / (2 * math.Pi * d.Scale * d.Height)
	return max(d.Bulge.Reach(), d.Scale*(1+max(0, math.Log(peak/faint))))
}

func sech2(x float64) float64 {
	e := math.Exp(-2 * math.Abs(x))
	return 4 * e / ((1 + e) * (1 + e))
}
