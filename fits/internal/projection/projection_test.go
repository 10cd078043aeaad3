package projection

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/astrovit/astrovit/fits/internal/sphere"
)

// samples are parameters for each projection, the first set symmetric about native longitude 0.
var samples = map[string][]Parameters{
	"AZP": {nil, {1: 2}, {1: 2, 2: 30}, {1: -2, 2: 30}},
	"SZP": {nil, {1: 2, 2: 180, 3: 60}, {1: 0.5, 2: 120, 3: 20}},
	"TAN": {nil},
	"STG": {nil},
	"SIN": {nil, {1: 0.1, 2: -0.2}},
	"ARC": {nil},
	"ZEA": {nil},
	"ZPN": {{1: 1}, {1: 1, 3: -0.05}, {1: 1, 2: 0.2}},
	"AIR": {nil, {1: 45}, {1: -20}},
	"CYP": {nil, {1: 0.3, 2: 2}, {1: 3, 2: 1}},
	"CEA": {nil, {1: 0.4}},
	"CAR": {nil},
	"MER": {nil},
	"SFL": {nil},
	"PAR": {nil},
	"MOL": {nil},
	"AIT": {nil},
	"COP": {{1: 45}, {1: 45, 2: 25}, {1: -30, 2: 10}},
	"COE": {{1: 45}, {1: 45, 2: 25}, {1: -30, 2: 10}},
	"COD": {{1: 45}, {1: 45, 2: 25}, {1: -30, 2: 10}},
	"COO": {{1: 45}, {1: 45, 2: 25}, {1: -30, 2: 10}},
	"BON": {{1: 45}, {1: -70}, {1: 0}, {1: 90}},
	"PCO": {nil},
	"TSC": {nil},
	"CSC": {nil},
	"QSC": {nil},
	"HPX": {nil, {1: 6, 2: 3}, {1: 3, 2: 4}},
	"XPH": {nil},
}

func projectionOf(t *testing.T, code string, pv Parameters) *Projection {
	t.Helper()
	p, err := New(code, pv)
	if err != nil {
		t.Fatalf("%s %v: %v", code, pv, err)
	}
	return p
}

// directions are random ones all over the sphere.
func directions() []sphere.Vector {
	r := rand.New(rand.NewPCG(1, 2))
	var d []sphere.Vector
	for range 500 {
		d = append(d, sphere.Unit((2*r.Float64()-1)*math.Pi, math.Asin(2*r.Float64()-1)))
	}
	return d
}

func distance(a, b sphere.Vector) float64 {
	return math.Hypot(math.Hypot(a[0]-b[0], a[1]-b[1]), a[2]-b[2])
}

func TestSamplesAreComplete(t *testing.T) {
	for code := range constructors {
		if len(samples[code]) == 0 {
			t.Errorf("%s has no sample", code)
		}
	}
}

// TestThereAndBack projects directions and deprojects them: all of a projection's domain, which is not empty.
func TestThereAndBack(t *testing.T) {
	for code, sets := range samples {
		for _, pv := range sets {
			p, worst, inside := projectionOf(t, code, pv), 0.0, 0
			for _, n := range directions() {
				x, y, ok := p.Project(n)
				if !ok {
					continue
				}
				inside++
				back, ok := p.Deproject(x, y)
				tolerance := 1e-8
				if code == "CSC" { // in single precision
					tolerance = 5e-7
				}
				if d := distance(back, n); !ok || !(d < tolerance) {
					t.Errorf("%s %v: %v comes back from (%v, %v) as %v, %v", code, pv, n, x, y, back, ok)
				} else {
					worst = max(worst, d)
				}
			}
			if inside < 100 {
				t.Errorf("%s %v: only %d directions are on the plane", code, pv, inside)
			}
			t.Logf("%s %v: %d directions, %.1e at worst", code, pv, inside, worst)
		}
	}
}

// TestSymmetry compares directions east and west of native longitude 0, and asks for the reference point at the origin.
func TestSymmetry(t *testing.T) {
	for code, sets := range samples {
		p := projectionOf(t, code, sets[0])
		if x, y, ok := p.Project(sphere.Unit(0, p.Theta0()*sphere.Degree)); !ok || math.Hypot(x, y) > 1e-15 {
			t.Errorf("%s: the reference point is at (%v, %v), %v", code, x, y, ok)
		}
		for _, n := range directions() {
			x, y, ok := p.Project(n)
			mx, my, mok := p.Project(sphere.Vector{n[0], -n[1], n[2]})
			across := x + mx
			if slices.Contains([]string{"TSC", "CSC", "QSC"}, code) { // whose western faces are at the eastern end
				across = math.Remainder(across, 2*math.Pi)
			}
			if ok != mok || ok && math.Hypot(across, y-my) > 1e-12 {
				t.Errorf("%s: %v is at (%v, %v), its mirror image at (%v, %v)", code, n, x, y, mx, my)
			}
		}
	}
}

// TestKnownPoints has points whose places follow from a projection's definition alone.
func TestKnownPoints(t *testing.T) {
	for _, test := range []struct {
		code       string
		pv         Parameters
		phi, theta float64 // degrees
		x, y       float64
	}{
		{"TAN", nil, 0, 45, 0, -1},
		{"TAN", nil, 90, 45, 1, 0},
		{"SIN", nil, 180, 30, 0, math.Sqrt(3) / 2},
		{"STG", nil, 90, 0, 2, 0},
		{"AZP", Parameters{1: 1}, 90, 0, 2, 0},
		{"ARC", nil, 90, -90, math.Pi, 0},
		{"ZEA", nil, -90, 0, -math.Sqrt2, 0},
		{"ZPN", Parameters{1: 2, 2: 1}, 90, 0, math.Pi + math.Pi*math.Pi/4, 0},
		{"CAR", nil, 120, -60, 2 * math.Pi / 3, -math.Pi / 3},
		{"CEA", Parameters{1: 0.5}, 0, 30, 0, 1},
		{"MER", nil, 10, 45, math.Pi / 18, math.Log(1 + math.Sqrt2)},
		{"SFL", nil, 90, 60, math.Pi / 4, math.Pi / 3},
		{"PAR", nil, 0, 90, 0, math.Pi / 2},
		{"MOL", nil, 180, 0, 2 * math.Sqrt2, 0},
		{"MOL", nil, 180, 90, 0, math.Sqrt2},
		{"AIT", nil, 180, 0, 2 * math.Sqrt2, 0},
		{"AIT", nil, 0, -90, 0, -math.Sqrt2},
		{"COD", Parameters{1: 45}, 0, 90, 0, math.Pi / 4},
		{"BON", Parameters{1: 45}, 0, 90, 0, math.Pi / 2},
		{"PCO", nil, 0, -30, 0, -math.Pi / 6},
		{"TSC", nil, 45, 0, math.Pi / 4, 0},
		{"QSC", nil, 90, 0, math.Pi / 2, 0},
		{"QSC", nil, 0, 90, 0, math.Pi / 2},
		{"HPX", nil, 45, 90, math.Pi / 4, math.Pi / 2},
		{"XPH", nil, 0, 90, 0, 0},
	} {
		x, y, ok := projectionOf(t, test.code, test.pv).Project(sphere.Unit(test.phi*sphere.Degree, test.theta*sphere.Degree))
		if test.code == "HPX" { // the pole is the tip of every gore
			x = test.x
		}
		if !ok || math.Hypot(x-test.x, y-test.y) > 1e-14 {
			t.Errorf("%s %v: (%v, %v) is at (%v, %v), %v, want (%v, %v)", test.code, test.pv, test.phi, test.theta, x, y, ok, test.x, test.y)
		}
	}
}

func TestOutside(t *testing.T) {
	for code, sets := range samples {
		p := projectionOf(t, code, sets[0])
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			if n, ok := p.Deproject(bad, 0.1); ok {
				t.Errorf("%s: (%v, 0.1) is %v", code, bad, n)
			}
			if n, ok := p.Deproject(0.1, bad); ok && code != "MER" { // whose poles are there
				t.Errorf("%s: (0.1, %v) is %v", code, bad, n)
			}
		}
		plane := slices.Contains([]string{"AZP", "SZP", "TAN", "STG", "COP", "COO", "ZPN", "AIR"}, code) // without an edge, or far out
		if n, ok := p.Deproject(100, 100); ok && !plane {
			t.Errorf("%s: (100, 100) is %v", code, n)
		}
	}
	south := sphere.Vector{0, 0, -1}
	for _, code := range []string{"TAN", "SIN"} {
		if x, y, ok := projectionOf(t, code, nil).Project(south); ok {
			t.Errorf("%s: the native south pole is at (%v, %v)", code, x, y)
		}
	}
}

func TestErrors(t *testing.T) {
	if _, err := New("XYZ", nil); !errors.Is(err, ErrUnknown) {
		t.Errorf("XYZ: %v", err)
	}
	for _, test := range []struct {
		code string
		pv   Parameters
		m    int
	}{
		{"AZP", Parameters{1: -1}, 1},
		{"AZP", Parameters{2: 90}, 2},
		{"SZP", Parameters{1: -1}, 1},
		{"ZPN", nil, 1},
		{"AIR", Parameters{1: -90}, 1},
		{"CYP", Parameters{2: 0}, 2},
		{"CYP", Parameters{1: -1, 2: 1}, 1},
		{"CEA", Parameters{1: 1.5}, 1},
		{"COP", nil, 1},
		{"COE", Parameters{1: 45, 2: 50}, 2},
		{"COD", Parameters{1: 91}, 1},
		{"COO", Parameters{1: 45, 2: 45}, 1},
		{"BON", Parameters{1: 100}, 1},
		{"HPX", Parameters{1: 2.5}, 1},
		{"HPX", Parameters{2: 0}, 2},
	} {
		_, err := New(test.code, test.pv)
		var wrong *ParameterError
		if !errors.As(err, &wrong) || wrong.M != test.m {
			t.Errorf("%s %v: %v, want an error of parameter %d", test.code, test.pv, err, test.m)
		}
	}
}
