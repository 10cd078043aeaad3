package sim_test

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/sim"
)

// The committed tile is the one that the simulator makes today. If this fails after a change of the simulator, run
//
//	go run ./testdata/make tile
//
// from the root and retrain the embedded model if its training set changed too.
func TestCommittedTile(t *testing.T) {
	field, pixels := sim.Tile(512, 1)
	file, err := fits.Open("../../testdata/sky/tile.fits")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	hdu := file.HDU(0)
	image, err := hdu.Read()
	if err != nil {
		t.Fatal(err)
	}
	wcs, err := hdu.WCS()
	if err != nil {
		t.Fatal(err)
	}
	gain, err := hdu.Header().Float("GAIN")
	if err != nil {
		t.Fatal(err)
	}
	if len(image.Pixels) != len(pixels) {
		t.Fatalf("the committed tile has %d pixels, want %d", len(image.Pixels), len(pixels))
	}
	// Another architecture fuses multiply-add, which may move a photon of a few pixels.
	const few = 20
	differ := 0
	for i, v := range image.Pixels {
		if math.Abs(float64(v)*gain-float64(pixels[i])) > 0.01 {
			differ++
		}
	}
	if differ > few {
		t.Errorf("%d pixels of the committed tile differ from the simulated ones", differ)
	}

	table, err := os.Open("../../testdata/sky/truth.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	rows, err := csv.NewReader(table).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows)-1 != len(field.Objects) {
		t.Fatalf("truth.csv has %d objects, want %d", len(rows)-1, len(field.Objects))
	}
	for i, o := range field.Objects {
		row := rows[i+1]
		ra, dec, err := wcs.PixelToICRS(o.X, o.Y)
		if err != nil {
			t.Fatal(err)
		}
		for k, want := range []float64{o.X, o.Y, ra, dec} {
			got, err := strconv.ParseFloat(row[k+1], 64)
			if tolerance := []float64{0.0051, 0.0051, 1e-6, 1e-6}[k]; err != nil || math.Abs(got-want) > tolerance {
				t.Errorf("truth.csv row %d: %s is %s, want %.6f", i+1, rows[0][k+1], row[k+1], want)
			}
		}
		if row[5] != o.Class.String() {
			t.Errorf("truth.csv row %d: label %s, want %s", i+1, row[5], o.Class)
		}
	}
}
