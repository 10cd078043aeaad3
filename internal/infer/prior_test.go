package infer

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/astrovit/astrovit/internal/cli"
)

// Half as many rings and the rest for the others: their odds halve, and more.
func TestPrior(t *testing.T) {
	m := tinyModel(t, 1)
	unknown := save(t, m)
	m.Calibration.Prior = []float64{0.5, 0.4, 0.1} // disc, ring, smooth
	o := Options{Model: save(t, m), Batch: 1, Workers: 1, Inputs: []string{putFITS(t, filepath.Join(t.TempDir(), "a.fits"), noise(7, 1, side, side))}}
	odds := func(o Options, class string) float64 {
		row := mustPredict(t, o).rows[0]
		return number(t, row, "p_"+class) / number(t, row, "p_disc")
	}
	rare := o
	rare.Prior = []string{"ring=0.2"} // disc 2/3, smooth 2/15
	for class, want := range map[string]float64{"ring": 0.2 / 0.4 * 0.5 * 3 / 2, "smooth": 1} {
		if got := odds(rare, class) / odds(o, class); math.Abs(got-want) > 1e-5 {
			t.Errorf("the odds of %s to disc change by %g, want %g", class, got, want)
		}
	}
	for _, c := range []struct {
		model, prior, want string
	}{
		{o.Model, "ring", "want CLASS=FRACTION"},
		{o.Model, "arc=0.1", `no such class; there are ["disc" "ring" "smooth"]`},
		{o.Model, "ring=few", `"few" is not a number`},
		{o.Model, "ring=1", "a fraction is 1"},
		{unknown, "ring=0.1", "does not say how frequent"},
		{save(t, regression(t, tinyModel(t, 1))), "ring=0.1", "classes that exclude each other"},
	} {
		wrong := o
		wrong.Model, wrong.Prior = c.model, []string{c.prior}
		fails(t, wrong, cli.WrongUsage, "--prior", c.want)
	}
	wrong := o
	wrong.Prior = []string{"ring=0.1", "ring=0.2"}
	fails(t, wrong, cli.WrongUsage, "two fractions")
}
