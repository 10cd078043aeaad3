package sim

import (
	"math"
	"math/rand/v2"
)

// An Encounter is two disc galaxies on a bound orbit, followed as in Toomre & Toomre 1972: the galaxies are two
// softened points of mass, their discs are stars without mass that feel both. That is all that tails and bridges need.
// Units: G = 1, the mass of the first galaxy = 1, two thirds of the exponential scale of its disc = 1.
type Encounter struct {
	Ratio      float64 // mass of the second galaxy, at most 1
	Pericentre float64
	Apocentre  float64
	After      float64       // time since pericentre; 2 pi is a turn of a disc at radius 1, without softening
	Tilt       [2][2]float64 // of each disc against the orbit: inclination and line of nodes; 0 is prograde
}

// A Particle is a star with its share of its galaxy's disc light.
type Particle struct {
	Galaxy int
	Light  float64
	X      vector
	v      vector
}

type vector [3]float64

const (
	softening = 0.6
	step      = 0.2 // of a leapfrog; a turn at the softening radius takes 25 of them
	begin     = 5.5 // distance of the galaxies at the start, where discs are not disturbed yet
	rings     = 32
	perRing   = 24
	edge      = 4   // radius of a disc
	discScale = 1.5 // exponential scale of its light
)

// Run returns where the two centres and the stars are at the end, relative to the centre of mass. The orbit lies in
// the x-y plane. Both move by leapfrog: drift half a step, kick, drift half a step.
func (e Encounter) Run(r *rand.Rand) (centres [2]vector, stars []Particle) {
	x, v := e.start()
	mass := [2]float64{1, e.Ratio}
	for g := range 2 {
		stars = append(stars, disc(g, mass[g], x[g], v[g], e.Tilt[g], r)...)
	}

	var path [][2]vector // of the centres at the kicks
	for passed, since := false, 0.0; !passed || since < e.After; {
		drift(&x[0], v[0], step/2)
		drift(&x[1], v[1], step/2)
		path = append(path, x)
		pull(&v[0], x[0], x[1], mass[1])
		pull(&v[1], x[1], x[0], mass[0])
		drift(&x[0], v[0], step/2)
		drift(&x[1], v[1], step/2)
		if passed {
			since += step
		} else {
			passed = separating(x, v)
		}
	}
	for i := range stars {
		stars[i].follow(path, mass)
	}
	return x, stars
}

// follow moves a star through the passage of the two masses.
func (p *Particle) follow(path [][2]vector, mass [2]float64) {
	x, v := p.X, p.v
	drift(&x, v, step/2)
	for k := range path {
		if k > 0 {
			drift(&x, v, step) // the halves of two steps
		}
		pull(&v, x, path[k][0], mass[0])
		pull(&v, x, path[k][1], mass[1])
	}
	drift(&x, v, step/2)
	p.X, p.v = x, v
}

// start puts the galaxies on the way in, on the orbit that the softened potential gives these apsides.
func (e Encounter) start() (x, v [2]vector) {
	total := 1 + e.Ratio
	potential := func(r float64) float64 { return -total / math.Hypot(r, softening) }
	a2, p2 := e.Apocentre*e.Apocentre, e.Pericentre*e.Pericentre
	momentum := math.Sqrt(2 * (potential(e.Apocentre) - potential(e.Pericentre)) / (1/p2 - 1/a2))
	energy := potential(e.Apocentre) + momentum*momentum/(2*a2)
	const r = begin
	along := momentum / r
	inward := math.Sqrt(2*(energy-potential(r)) - along*along)
	share := [2]float64{e.Ratio / total, -1 / total}
	for g := range 2 {
		x[g] = vector{share[g] * r}
		v[g] = vector{-share[g] * inward, share[g] * along}
	}
	return x, v
}

// disc returns the stars of a galaxy on circular orbits. Rings are equally spaced and weighted by the light of an
// exponential disc, so that the thin outskirts, which become the tails, have as many stars as the middle.
func disc(galaxy int, mass float64, x, v vector, tilt [2]float64, r *rand.Rand) []Particle {
	scale := math.Sqrt(mass) // discs of equal surface density
	sinI, cosI := math.Sincos(tilt[0])
	sinN, cosN := math.Sincos(tilt[1])
	turn := func(a, b float64) vector { // from the disc's plane to the orbit's
		c := b * cosI
		return vector{cosN*a - sinN*c, sinN*a + cosN*c, b * sinI}
	}
	stars := make([]Particle, 0, rings*perRing)
	total := 0.0
	for i := range rings {
		for j := range perRing {
			u := (float64(i) + r.Float64()) / rings * edge
			radius := u * scale
			sin, cos := math.Sincos(2 * math.Pi * (float64(j) + r.Float64()) / perRing)
			speed := math.Sqrt(mass*radius*radius) / math.Pow(radius*radius+softening*softening, 0.75)
			p := Particle{Galaxy: galaxy, Light: u * math.Exp(-u/discScale), X: x, v: v}
			drift(&p.X, turn(radius*cos, radius*sin), 1)
			drift(&p.v, turn(-speed*sin, speed*cos), 1)
			total += p.Light
			stars = append(stars, p)
		}
	}
	for i := range stars {
		stars[i].Light /= total
	}
	return stars
}

func drift(x *vector, v vector, t float64) {
	x[0] += t * v[0]
	x[1] += t * v[1]
	x[2] += t * v[2]
}

// pull kicks a velocity for a step by the mass at another place.
func pull(v *vector, x, from vector, mass float64) {
	dx, dy, dz := from[0]-x[0], from[1]-x[1], from[2]-x[2]
	r2 := dx*dx + dy*dy + dz*dz + softening*softening
	kick := step * mass / (r2 * math.Sqrt(r2))
	v[0] += kick * dx
	v[1] += kick * dy
	v[2] += kick * dz
}

// separating says whether the galaxies move apart.
func separating(x, v [2]vector) bool {
	sum := 0.0
	for k := range 3 {
		sum += (x[1][k] - x[0][k]) * (v[1][k] - v[0][k])
	}
	return sum > 0
}
