package sim

import (
	"math"
	"math/rand/v2"
)

// newMerger draws two galaxies some time after their closest approach, seen near the axis of their orbit, where tails
// are long.
func newMerger(noise Noise, r *rand.Rand) (Light, float64) {
	scale := uniform(r, 1.9, 2.7) // pixels of a unit of the encounter
	e := Encounter{
		Ratio:      uniform(r, 0.5, 1),
		Pericentre: uniform(r, 2, 3.2),
		Apocentre:  uniform(r, 7.5, 9.5),
		After:      uniform(r, 4, 12),
	}
	for g := range 2 {
		e.Tilt[g] = [2]float64{uniform(r, 0, 0.9), uniform(r, 0, 2*math.Pi)}
	}
	centres, stars := e.Run(r)

	sinI, cosI := math.Sincos(uniform(r, 0, 0.9))
	sinA, cosA := math.Sincos(uniform(r, 0, 2*math.Pi))
	hand := sign(r)
	view := func(p vector) (x, y float64) {
		u, v := p[0], hand*(p[1]*cosI-p[2]*sinI)
		return scale * (cosA*u - sinA*v), scale * (sinA*u + cosA*v)
	}
	var at [2][2]float64
	for g := range 2 {
		at[g][0], at[g][1] = view(centres[g])
	}
	middleX, middleY := (at[0][0]+at[1][0])/2, (at[0][1]+at[1][1])/2

	flux := noise.brightness(7, logUniform(r, 140, 340))
	share := [2]float64{1 / (1 + e.Ratio), e.Ratio / (1 + e.Ratio)}
	bulge := uniform(r, 0.06, 0.18)
	grid := newRaster(36)
	for _, s := range stars {
		x, y := view(s.X)
		grid.deposit(x-middleX, y-middleY, (1-bulge)*flux*share[s.Galaxy]*s.Light)
	}
	grid.smooth(uniform(r, 0.9, 1.1))
	galaxy := Sum{grid}
	for g := range 2 {
		core := NewSersic(bulge*flux*share[g], uniform(r, 0.8, 1.4), uniform(r, 1, 2), uniform(r, 0.6, 1), uniform(r, 0, math.Pi))
		galaxy = append(galaxy, Offset{core, at[g][0] - middleX, at[g][1] - middleY})
	}
	return galaxy, flux
}

// A raster is light on a grid of half pixels around the centre.
type raster struct {
	radius float64 // pixels
	side   int
	light  []float64 // electrons per square pixel at the nodes
}

const perPixel = 2

func newRaster(radius int) *raster {
	side := 2*perPixel*radius + 1
	return &raster{float64(radius), side, make([]float64, side*side)}
}

// cell returns the node below a position and the fractions beyond it; ok is false outside of the grid.
func (g *raster) cell(x, y float64) (node int, fx, fy float64, ok bool) {
	u, v := (x+g.radius)*perPixel, (y+g.radius)*perPixel
	if !(u >= 0 && v >= 0 && u < float64(g.side-1) && v < float64(g.side-1)) {
		return 0, 0, 0, false
	}
	i, j := math.Floor(u), math.Floor(v)
	return int(j)*g.side + int(i), u - i, v - j, true
}

// deposit shares flux among the four nodes around a position.
func (g *raster) deposit(x, y, flux float64) {
	if node, fx, fy, ok := g.cell(x, y); ok {
		flux *= perPixel * perPixel
		g.light[node] += flux * (1 - fx) * (1 - fy)
		g.light[node+1] += flux * fx * (1 - fy)
		g.light[node+g.side] += flux * (1 - fx) * fy
		g.light[node+g.side+1] += flux * fx * fy
	}
}

// smooth blurs by a Gaussian of standard deviation sigma pixels, so that stars make a continuous light.
func (g *raster) smooth(sigma float64) {
	half := int(math.Ceil(3 * sigma * perPixel))
	kernel := make([]float64, 2*half+1)
	total := 0.0
	for i := range kernel {
		d := float64(i-half) / (sigma * perPixel)
		kernel[i] = math.Exp(-d * d / 2)
		total += kernel[i]
	}
	row := make([]float64, g.side)
	for _, stride := range []int{1, g.side} {
		for line := range g.side {
			first := line * (g.side + 1 - stride)
			for i := range row {
				row[i] = 0
				for k := max(0, half-i); k < min(len(kernel), g.side+half-i); k++ {
					row[i] += kernel[k] / total * g.light[first+(i+k-half)*stride]
				}
			}
			for i, v := range row {
				g.light[first+i*stride] = v
			}
		}
	}
}

// At interpolates between the nodes.
func (g *raster) At(x, y float64) float64 {
	node, fx, fy, ok := g.cell(x, y)
	if !ok {
		return 0
	}
	below := g.light[node]*(1-fx) + g.light[node+1]*fx
	above := g.light[node+g.side]*(1-fx) + g.light[node+g.side+1]*fx
	return below*(1-fy) + above*fy
}

// Reach returns half the diagonal of the grid.
func (g *raster) Reach() float64 { return math.Sqrt2 * g.radius }
