package plane

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestLinear(t *testing.T) {
	m := Linear{{2, -3}, {0.5, 4}}
	x, y := m.Apply(1, 10)
	if x != -28 || y != 40.5 || m.Determinant() != 9.5 {
		t.Errorf("(%v, %v), determinant %v", x, y, m.Determinant())
	}
	if x, y = m.Inverse().Apply(x, y); math.Abs(x-1) > 1e-14 || math.Abs(y-10) > 1e-14 {
		t.Errorf("back: (%v, %v)", x, y)
	}
}

// TestPolynomial compares with a sum of powers, and derivatives with differences.
func TestPolynomial(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	c := make(Polynomial, 6)
	for p := range c {
		c[p] = make([]float64, r.IntN(5))
		for q := range c[p] {
			c[p][q] = r.NormFloat64()
		}
	}
	for range 100 {
		x, y := 2*r.Float64()-1, 2*r.Float64()-1
		want := 0.0
		for p := range c {
			for q, v := range c[p] {
				want += v * math.Pow(x, float64(p)) * math.Pow(y, float64(q))
			}
		}
		value, dx, dy := c.At(x, y)
		const h = 1e-5
		at := func(x, y float64) float64 { v, _, _ := c.At(x, y); return v }
		wantDX, wantDY := (at(x+h, y)-at(x-h, y))/(2*h), (at(x, y+h)-at(x, y-h))/(2*h)
		if math.Abs(value-want) > 1e-13 || math.Abs(dx-wantDX) > 1e-7 || math.Abs(dy-wantDY) > 1e-7 {
			t.Errorf("(%v, %v): %v, %v, %v, want %v, %v, %v", x, y, value, dx, dy, want, wantDX, wantDY)
		}
	}
	if value, dx, dy := Polynomial(nil).At(1, 2); value != 0 || dx != 0 || dy != 0 {
		t.Errorf("no polynomial: %v, %v, %v", value, dx, dy)
	}
}

// bent is (x + a x² + y/3, y + a x y), which folds where its determinant is zero.
type bent float64

func (b bent) Move(x, y float64) (float64, float64, Linear) {
	a := float64(b)
	return x + a*x*x + y/3, y + a*x*y, Linear{{1 + 2*a*x, 1.0 / 3}, {a * y, 1 + a*x}}
}

func TestMoveBack(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 1000 {
		m, x, y := bent(0.2*r.Float64()-0.1), 2*r.Float64()-1, 2*r.Float64()-1
		mx, my, _ := m.Move(x, y)
		if u, v, ok := MoveBack(m, mx, my, mx, my); !ok || math.Hypot(u-x, v-y) > 1e-14 {
			t.Errorf("%v: (%v, %v) comes back as (%v, %v), %v", m, x, y, u, v, ok)
		}
	}
	if u, v, ok := MoveBack(bent(0.5), -10, 0, -10, 0); ok { // x + x²/2 is at least -1/2
		t.Errorf("a point that nothing is moved to comes from (%v, %v)", u, v)
	}
	mx, my, _ := bent(0.5).Move(-1.5, 0)
	if u, v, ok := MoveBack(bent(0.5), mx, my, -1.5, 0); ok {
		t.Errorf("a point beyond the fold comes from (%v, %v)", u, v)
	}
	if u, v, ok := MoveBack(bent(0.5), math.NaN(), 0, 0, 0); ok {
		t.Errorf("NaN comes from (%v, %v)", u, v)
	}
}
