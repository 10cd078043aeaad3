package distortion

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/astrovit/astrovit/fits/internal/plane"
)

// TestDerivatives compares each map's derivatives with differences, and moves points there and back.
func TestDerivatives(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	small := func() float64 { return 0.02 * r.NormFloat64() }
	for range 50 {
		polynomial := func() (c plane.Polynomial) {
			for range 3 {
				c = append(c, []float64{small(), small(), small()})
			}
			return c
		}
		lon, lat := map[int]float64{1: 1 + small()}, map[int]float64{}
		for m := 2; m < 40; m++ {
			lon[m], lat[m] = small()/5, small()/5
		}
		var surfaces Surfaces
		for axis := range surfaces {
			numbers := []float64{float64(1 + r.IntN(3)), 3, 2, 1, -1.5, 1.25, -1, 1.75}
			for range 6 {
				numbers = append(numbers, small())
			}
			s, err := NewSurface(numbers)
			if err != nil {
				t.Fatal(err)
			}
			surfaces[axis] = s
		}
		for _, m := range []plane.Map{&SIP{polynomial(), polynomial()}, NewTPV(lon, lat), &surfaces} {
			x, y := 2*r.Float64()-1, 2*r.Float64()-1
			mx, my, slope := m.Move(x, y)
			const h = 1e-5
			for axis, d := range [][2]float64{{h, 0}, {0, h}} {
				ax, ay, _ := m.Move(x+d[0], y+d[1])
				bx, by, _ := m.Move(x-d[0], y-d[1])
				if math.Abs((ax-bx)/(2*h)-slope[0][axis]) > 1e-7 || math.Abs((ay-by)/(2*h)-slope[1][axis]) > 1e-7 {
					t.Errorf("%T at (%v, %v): derivatives %v, differences (%v, %v) along axis %d", m, x, y, slope, (ax-bx)/(2*h), (ay-by)/(2*h), axis)
				}
			}
			if u, v, ok := plane.MoveBack(m, mx, my, mx, my); !ok || math.Hypot(u-x, v-y) > 1e-12 {
				t.Errorf("%T: (%v, %v) comes back as (%v, %v), %v", m, x, y, u, v, ok)
			}
		}
	}
}

// TestTPV has one term at a time, as the convention lists them.
func TestTPV(t *testing.T) {
	const x, y = 0.75, -0.5
	r := math.Hypot(x, y)
	terms := []float64{1, x, y, r, x * x, x * y, y * y, x * x * x, x * x * y, x * y * y, y * y * y, r * r * r,
		math.Pow(x, 4), x * x * x * y, x * x * y * y, x * y * y * y, math.Pow(y, 4), math.Pow(x, 5), math.Pow(x, 4) * y,
		x * x * x * y * y, x * x * y * y * y, x * math.Pow(y, 4), math.Pow(y, 5), math.Pow(r, 5)}
	for m, want := range terms {
		pv := map[int]float64{1: 0}
		pv[m] = 1
		if got, other, _ := NewTPV(pv, nil).Move(x, y); math.Abs(got-want) > 1e-15 || other != y {
			t.Errorf("PV1_%d: (%v, %v), want (%v, %v)", m, got, other, want, y)
		}
		if other, got, _ := NewTPV(nil, pv).Move(y, x); math.Abs(got-want) > 1e-15 || other != y {
			t.Errorf("PV2_%d: (%v, %v), want (%v, %v)", m, other, got, y, want)
		}
	}
	if got, _, _ := NewTPV(map[int]float64{1: 0, 39: 1}, nil).Move(x, y); math.Abs(got-math.Pow(r, 7)) > 1e-15 {
		t.Errorf("PV1_39: %v, want r⁷", got)
	}
}

// TestSurface has products of Chebyshev, Legendre and plain polynomials, on an area from -1 to 3 by 0 to 4.
func TestSurface(t *testing.T) {
	const x, y = 0.3, 1.1
	u, v := (x-1)/2, (y-2)/2
	for _, test := range []struct {
		kind, want float64
	}{
		{1, 5*(4*u*u*u-3*u)*v + 7*(2*v*v-1)},
		{2, 5*(5*u*u*u-3*u)/2*v + 7*(3*v*v-1)/2},
		{3, 5*x*x*x*y + 7*y*y},
	} {
		numbers := []float64{test.kind, 4, 3, 1, -1, 3, 0, 4, 0, 0, 0, 0, 0, 0, 0, 5, 7, 0, 0, 0}
		s, err := NewSurface(numbers)
		if err != nil {
			t.Fatal(err)
		}
		if got, _, _ := s.at(x, y); math.Abs(got-test.want) > 1e-14 {
			t.Errorf("kind %v: %v, want %v", test.kind, got, test.want)
		}
	}
	// Fewer products: none, and those of a degree below the longer side. Rows are of y.
	for _, test := range []struct {
		cross, want  float64
		coefficients []float64
	}{
		{0, 1 + 2*x + 3*x*x + 4*x*x*x + 5*y + 6*y*y, []float64{1, 2, 3, 4, 5, 6}},
		{2, 1 + 2*x*x*x + 3*x*x*y + 4*y*y + 5*x*y*y, []float64{1, 0, 0, 2, 0, 0, 3, 4, 5}},
	} {
		s, err := NewSurface(append([]float64{3, 4, 3, test.cross, 0, 0, 0, 0}, test.coefficients...))
		if err != nil {
			t.Fatal(err)
		}
		if got, _, _ := s.at(x, y); math.Abs(got-test.want) > 1e-14 {
			t.Errorf("cross terms %v: %v, want %v", test.cross, got, test.want)
		}
	}
	for name, numbers := range map[string][]float64{
		"too few numbers":       {3, 2, 2, 1},
		"no terms":              {3, 0, 2, 1, 0, 1, 0, 1},
		"too many terms":        {3, 2, 17, 1, 0, 1, 0, 1},
		"NaN terms":             {3, math.NaN(), 2, 1, 0, 1, 0, 1},
		"kind":                  {4, 1, 1, 1, 0, 1, 0, 1, 1},
		"cross terms":           {3, 1, 1, 3, 0, 1, 0, 1, 1},
		"limits":                {1, 1, 1, 1, 1, 0, 0, 1, 1},
		"missing coefficients":  {3, 2, 2, 1, 0, 1, 0, 1, 1, 2, 3},
		"limits that are equal": {2, 1, 1, 1, 0, 1, 2, 2, 1},
	} {
		if _, err := NewSurface(numbers); err == nil {
			t.Errorf("%s: %v make a surface", name, numbers)
		}
	}
}

func TestIsSCAMP(t *testing.T) {
	for _, test := range []struct {
		lon, lat map[int]float64
		want     bool
	}{
		{nil, nil, false},
		{map[int]float64{1: 1}, map[int]float64{1: 1}, true},
		{nil, map[int]float64{1: 0.3}, false},
		{map[int]float64{1: 20, 2: 80, 3: 170}, nil, false},
		{nil, map[int]float64{5: 0.1}, true},
		{map[int]float64{7: 0}, nil, false},
	} {
		if got := IsSCAMP(test.lon, test.lat); got != test.want {
			t.Errorf("%v, %v: %v", test.lon, test.lat, got)
		}
	}
}
