package catalog

import (
	"bytes"
	"slices"
	"testing"

	"github.com/astrovit/astrovit/fits"
)

// TestWriteMoved moves the objects of a FITS table, whose columns keep their names, order and digits.
func TestWriteMoved(t *testing.T) {
	table := fromFITS(t, []fits.Column{
		{Name: "OBJECT_ID", Ints: []int64{1237648720142401611, 2, 3}},
		{Name: "HDU", Ints: []int64{1, 1, 1}},
		{Name: "file_r", Strings: []string{"a_r.fits", "b_r.fits", ""}},
		{Name: "features", Floats: []float64{1, 2, 3, 4, 5, 6}, Shape: []int{2}},
		{Name: "file_g", Strings: []string{"a_g.fits", "b_g.fits", "c_g.fits"}},
		{Name: "x", Floats: []float64{10.1, 20, 30}},
		{Name: "z", Floats: []float64{0.1, 1e-9, 1.0 / 3}},
	})
	var out bytes.Buffer
	lost, err := table.WriteMoved(&out, Columns{}, func(row int) (Place, bool) {
		return Place{Files: []string{"stack-r.fits", "stack,g.fits"}, HDU: 0, Plane: 7 + row, DX: 4 * row, DY: 1}, row != 1
	})
	if err != nil || !slices.Equal(lost, []string{"features"}) {
		t.Errorf("lost %q, %v", lost, err)
	}
	want := "OBJECT_ID,HDU,file_r,file_g,x,z,plane\n" +
		"1237648720142401611,0,stack-r.fits,\"stack,g.fits\",10.1,0.1,7\n3,0,stack-r.fits,\"stack,g.fits\",22,0.3333333333333333,9\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}
