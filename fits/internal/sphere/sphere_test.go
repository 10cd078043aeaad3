package sphere

import (
	"math"
	"math/rand/v2"
	"testing"
)

func distance(a, b Vector) float64 {
	return math.Hypot(math.Hypot(a[0]-b[0], a[1]-b[1]), a[2]-b[2])
}

func TestAngles(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		lon, lat := r.Float64()*360-180, r.Float64()*180-90
		v := Unit(lon*Degree, lat*Degree)
		stretched := Vector{3 * v[0], 3 * v[1], 3 * v[2]}
		gotLon, gotLat := stretched.Angles()
		if math.Abs(gotLon-lon) > 1e-12 || math.Abs(gotLat-lat) > 1e-12 {
			t.Errorf("(%v, %v) comes back as (%v, %v)", lon, lat, gotLon, gotLat)
		}
		if d := distance(stretched.Normal(), v); d > 1e-15 {
			t.Errorf("(%v, %v): three times the vector is %.1e from it", lon, lat, d)
		}
	}
}

// TestRotations turns the axes: the old ones have known directions in the new system.
func TestRotations(t *testing.T) {
	x, y, z := Vector{1, 0, 0}, Vector{0, 1, 0}, Vector{0, 0, 1}
	for _, test := range []struct {
		turn     func(float64) Matrix
		v, right Vector // after a quarter
	}{{RotX, y, Vector{0, 0, -1}}, {RotX, x, x}, {RotY, z, Vector{-1, 0, 0}}, {RotY, y, y}, {RotZ, x, Vector{0, -1, 0}}, {RotZ, z, z}} {
		if got := test.turn(math.Pi / 2).Mul(test.v); distance(got, test.right) > 1e-15 {
			t.Errorf("%v becomes %v, want %v", test.v, got, test.right)
		}
	}
	m := RotX(0.3).Times(RotY(-1.1)).Times(RotZ(2.5))
	v := Unit(1, -0.4)
	if got := RotX(0.3).Mul(RotY(-1.1).Mul(RotZ(2.5).Mul(v))); distance(got, m.Mul(v)) > 1e-15 {
		t.Errorf("a product of rotations gives %v, one after the other %v", m.Mul(v), got)
	}
	if got := m.Transpose().Mul(m.Mul(v)); distance(got, v) > 1e-15 {
		t.Errorf("there and back: %v, want %v", got, v)
	}
}

func TestSincosDegrees(t *testing.T) {
	for k := -8; k <= 8; k++ {
		sin, cos := SincosDegrees(float64(90 * k))
		if wantSin, wantCos := math.Round(math.Sin(float64(k)*math.Pi/2)), math.Round(math.Cos(float64(k)*math.Pi/2)); sin != wantSin || cos != wantCos {
			t.Errorf("%d degrees: %v, %v, want %v, %v", 90*k, sin, cos, wantSin, wantCos)
		}
	}
	if sin, cos := SincosDegrees(30); math.Abs(sin-0.5) > 1e-15 || math.Abs(cos-math.Sqrt(0.75)) > 1e-15 {
		t.Errorf("30 degrees: %v, %v", sin, cos)
	}
}

func TestIsFinite(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for i := range 3 {
			v := Vector{1, 2, 3}
			if v[i] = bad; v.IsFinite() {
				t.Errorf("%v is finite", v)
			}
		}
	}
	if v := (Vector{1, -2, math.MaxFloat64}); !v.IsFinite() {
		t.Errorf("%v is not finite", v)
	}
}
