package infer

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// The shares of a scan's windows, and of the windows with an object, that the
// built-in model must label right. It reaches more; see the test's log.
const windowFloor, objectFloor = 0.85, 0.7

// The built-in model finds what the simulator put into the tile: the window in
// whose central cell an object lies has that object's label, all others are empty.
func TestBuiltInModel(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole scan, for minutes under the race detector")
	}
	sky := filepath.Join("..", "..", "testdata", "sky")
	f, err := os.Open(filepath.Join(sky, "truth.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	truth, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := mustPredict(t, Options{Inputs: []string{filepath.Join(sky, "tile.fits")}, Batch: 32, Workers: 2})

	// Windows stand half a window of 64 pixels apart.
	const cell = 32
	want := make(map[[2]int]string)
	sights := make(map[[2]int][2]float64)
	for _, row := range truth[1:] {
		x, y, label := decimalOf(t, row[1]), decimalOf(t, row[2]), row[5]
		at := cellOf(x, y, cell)
		if want[at] != "" {
			t.Fatalf("%s shares its cell with another object", row[0])
		}
		want[at] = label
		sights[at] = [2]float64{decimalOf(t, row[3]), decimalOf(t, row[4])}
	}
	right, found, objects := 0, 0, 0
	for _, row := range out.rows {
		at := cellOf(number(t, row, "x"), number(t, row, "y"), cell)
		label, object := want[at]
		if object {
			objects++
			// Half a cell's diagonal, in degrees, at 0.3 arcsec a pixel or about that.
			const radius = 0.71 * cell * 0.4 / 3600
			ra, dec := number(t, row, "ra"), number(t, row, "dec")
			if d := math.Hypot((ra-sights[at][0])*math.Cos(dec*math.Pi/180), dec-sights[at][1]); d > radius {
				t.Errorf("%s is %.4f degrees from its object", row["id_str"], d)
			}
		} else {
			label = "empty"
		}
		if row["label"] == label {
			right++
			if object {
				found++
			}
		}
	}
	if objects != len(truth)-1 {
		t.Errorf("%d of %d objects are in a window's central cell", objects, len(truth)-1)
	}
	share := float64(right) / float64(len(out.rows))
	t.Logf("%d of %d windows (%.1f %%) and %d of %d objects are labelled right", right, len(out.rows), 100*share, found, objects)
	if share < windowFloor {
		t.Errorf("%.1f %% of the windows are labelled right, less than %.1f %%", 100*share, 100*windowFloor)
	}
	if share := float64(found) / float64(objects); share < objectFloor {
		t.Errorf("%.1f %% of the objects are labelled right, less than %.1f %%", 100*share, 100*objectFloor)
	}
}

// cellOf is the square that a position lies in, cell pixels wide.
func cellOf(x, y, cell float64) [2]int {
	return [2]int{int(math.Floor((x + 0.5) / cell)), int(math.Floor((y + 0.5) / cell))}
}

func decimalOf(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
