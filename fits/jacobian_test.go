package fits_test

import (
	"math"
	"testing"

	"github.com/astrovit/astrovit/fits"
)

// The Jacobian is the CD matrix at the reference point, and anywhere the inverse of how pixels move with the sky.
func TestJacobian(t *testing.T) {
	cd := [2][2]float64{{-1.1e-4, 2e-5}, {3e-5, 1.2e-4}}
	for _, dec := range []float64{0, -47.2, 89.99} {
		w := fits.NewTAN(100.5, 80, 203.4, dec, cd)
		j, err := w.Jacobian(100.5, 80)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 4 {
			if d := j[i/2][i%2] - cd[i/2][i%2]; math.Abs(d) > 1e-12 {
				t.Errorf("declination %g: element %d is off by %g", dec, i, d)
			}
		}
		const x, y, step = -1500, 2300, 1e-5
		if j, err = w.Jacobian(x, y); err != nil {
			t.Fatal(err)
		}
		ra, dec, err := w.PixelToICRS(x, y)
		if err != nil {
			t.Fatal(err)
		}
		det := j[0][0]*j[1][1] - j[0][1]*j[1][0]
		for i, move := range [2][2]float64{{step / math.Cos(dec*math.Pi/180), 0}, {0, step}} {
			px, py, err := w.ICRSToPixel(ra+move[0], dec+move[1])
			if err != nil {
				t.Fatal(err)
			}
			mx, my, err := w.ICRSToPixel(ra-move[0], dec-move[1])
			if err != nil {
				t.Fatal(err)
			}
			want := [2]float64{j[1][1] / det, -j[1][0] / det}
			if i == 1 {
				want = [2]float64{-j[0][1] / det, j[0][0] / det}
			}
			got := [2]float64{(px - mx) / (2 * step), (py - my) / (2 * step)}
			if math.Hypot(got[0]-want[0], got[1]-want[1]) > 1e-5*math.Hypot(want[0], want[1]) {
				t.Errorf("declination %g: a degree along axis %d is %v pixels, want %v", dec, i, got, want)
			}
		}
	}
	if _, err := fits.NewTAN(0, 0, 0, 0, [2][2]float64{{1, 0}, {0, 1}}).Jacobian(1e9, math.NaN()); err == nil {
		t.Error("no error where there is no sky")
	}
}
