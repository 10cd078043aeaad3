package sim

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The orbit has the apsides that were asked for, and the centre of mass rests.
func TestOrbit(t *testing.T) {
	e := Encounter{Ratio: 0.6, Pericentre: 2.5, Apocentre: 8}
	r := rand.New(rand.NewPCG(1, 1))
	centres, _ := e.Run(r)
	near(t, "pericentre", distance(centres[0], centres[1]), e.Pericentre, 0.02)
	e.After = 18 // beyond the apocentre's half period the galaxies are far
	centres, stars := e.Run(r)
	if d := distance(centres[0], centres[1]); d > e.Apocentre+0.05 || d < 5 {
		t.Errorf("18 after the pericentre the galaxies are %.2f apart", d)
	}
	for k := range 3 {
		near(t, "centre of mass", centres[0][k]+e.Ratio*centres[1][k], 0, 1e-9)
	}
	light := [2]float64{}
	for _, s := range stars {
		light[s.Galaxy] += s.Light
	}
	near(t, "light of the first", light[0], 1, 1e-9)
	near(t, "light of the second", light[1], 1, 1e-9)
}

func distance(a, b vector) float64 {
	return math.Hypot(math.Hypot(a[0]-b[0], a[1]-b[1]), a[2]-b[2])
}

// A disc that nothing disturbs turns and stays as it is; one that is passed grows tails.
func TestTidesMakeTails(t *testing.T) {
	far := func(ratio float64) (share float64) {
		e := Encounter{Ratio: ratio, Pericentre: 2.5, Apocentre: 8, After: 10}
		centres, stars := e.Run(rand.New(rand.NewPCG(1, 1)))
		n := 0.0
		for _, s := range stars {
			if s.Galaxy == 0 {
				n++
				if distance(s.X, centres[0]) > 1.1*edge {
					share++
				}
			}
		}
		return share / n
	}
	if share := far(1e-6); share != 0 {
		t.Errorf("%.2f of the stars leave a galaxy that passes a speck", share)
	}
	if share := far(1); share < 0.1 {
		t.Errorf("only %.2f of the stars leave a galaxy that passes its equal", share)
	}
}

func TestRaster(t *testing.T) {
	g := newRaster(20)
	g.deposit(3.3, -4.1, 1000)
	g.deposit(-2.6, 1.7, 500)
	g.deposit(99, 0, 1e9) // outside
	g.smooth(1)
	near(t, "flux", total(drawn(g, 101)), 1500, 2)
	near(t, "peak", g.At(3.3, -4.1), 0.95*1000/(2*math.Pi), 10) // the nodes blur it a little more
}
