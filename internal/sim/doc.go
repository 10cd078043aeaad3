// Package sim makes skies whose truth is known: galaxies of several
// morphologies, mergers, lensed arcs and stars, seen like one band of a
// ground-based survey. It is what the tests, the tile in testdata and the
// built-in model are made with; it is no substitute for real labels.
//
// Lengths are in pixels, fluxes in nanomaggies (22.5 mag is 1), surface
// brightness in nanomaggies a pixel. Positions are 0-based. Every random
// number comes from the generator that the caller passes.
package sim

import "math"

// Profile is a surface brightness, of any scale, around its centre.
type Profile func(x, y float64) float64

// Canvas is an image of surface brightness.
type Canvas struct {
	Height, Width int
	Pixels        []float64 // [H, W]
}

// NewCanvas makes an empty canvas.
func NewCanvas(height, width int) *Canvas {
	return &Canvas{height, width, make([]float64, height*width)}
}

// Draw adds a profile centred on (x, y), out to radius, scaled so that the
// whole of it, on the canvas or off, has the given flux. Pixels are integrated
// on a grid of points, fine in the core.
func (c *Canvas) Draw(p Profile, x, y, radius, flux float64) {
	x0, x1 := int(math.Ceil(x-radius)), int(math.Floor(x+radius))
	y0, y1 := int(math.Ceil(y-radius)), int(math.Floor(y+radius))
	width := x1 - x0 + 1
	stamp := make([]float64, max(0, width*(y1-y0+1)))
	total := 0.0
	for i := range stamp {
		dx, dy := float64(x0+i%width)-x, float64(y0+i/width)-y
		points := 3
		if dx*dx+dy*dy < 9 {
			points = 9
		}
		stamp[i] = integrate(p, dx, dy, points)
		total += stamp[i]
	}
	if !(total > 0) {
		return
	}
	for i, v := range stamp {
		px, py := x0+i%width, y0+i/width
		if px >= 0 && px < c.Width && py >= 0 && py < c.Height {
			c.Pixels[py*c.Width+px] += v * flux / total
		}
	}
}

// integrate is the mean of p over the pixel at (x, y), on points x points.
func integrate(p Profile, x, y float64, points int) float64 {
	sum := 0.0
	for i := range points * points {
		dx := (float64(i%points)+0.5)/float64(points) - 0.5
		dy := (float64(i/points)+0.5)/float64(points) - 0.5
		sum += p(x+dx, y+dy)
	}
	return sum / float64(points*points)
}

// rotated turns a profile by angle, counted from x to y.
func rotated(p Profile, angle float64) Profile {
	sin, cos := math.Sincos(angle)
	return func(x, y float64) float64 { return p(cos*x+sin*y, cos*y-sin*x) }
}

// component is a part of an object with its share of the flux.
type component struct {
	profile Profile
	share   float64
}

// draw adds an object's components, each to its share of flux.
func (c *Canvas) draw(parts []component, x, y, radius, flux float64) {
	for _, part := range parts {
		c.Draw(part.profile, x, y, radius, flux*part.share)
	}
}
