package infer

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/prepare"
)

// galaxyZoo is how Galaxy Zoo's pictures are seen: 423 pixels of 0.024 Petrosian radii, of which the set has the middle 256,
// halved.
var galaxyZoo = prepare.Recipe{Bands: prepare.SDSSBands, RGB: prepare.SDSS, Size: [2]int{128, 128}, Petrosian: 256 * 0.024}

// realFolder is a folder of ../shared/data beside the repository.
func realFolder(t *testing.T, set string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "data", set)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("real data %s are not here", set)
	}
	return dir
}

// sdssFrames are an SDSS field's in i, r and g.
func sdssFrames(t *testing.T) (files []string) {
	t.Helper()
	field := realFolder(t, "sdss-tile")
	if testing.Short() {
		t.Skip("unfolding bzip2 takes seconds")
	}
	for _, band := range prepare.SDSSBands {
		files = append(files, filepath.Join(field, "frame-"+band+"-000094-1-0012.fits.bz2"))
	}
	return files
}

// A known object is one of SDSS's own catalogue.
type known struct {
	ra, dec          float64 // degrees
	model, petrosian float64 // magnitudes in r
	radius           float64 // Petrosian, arcsec
	galaxy, primary  bool    // primary objects are of this field, and not of the overlap with the next
}

// photoObj is SDSS's own catalogue of the field, of each object one row.
func photoObj(t *testing.T) (all []known) {
	t.Helper()
	f, err := fits.Open(filepath.Join(realFolder(t, "sdss-tile"), "photoObj-000094-1-0012.fits"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, err := f.HDU(1).Table()
	if err != nil {
		t.Fatal(err)
	}
	column := func(name string) *fits.Column {
		c, err := table.Column(name)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	ra, dec, children, mode, flags := column("RA"), column("DEC"), column("NCHILD"), column("MODE"), column("OBJC_FLAGS")
	kind, model, flux, radius := column("OBJC_TYPE"), column("MODELMAG"), column("PETROFLUX"), column("PETROTHETA")
	const r, bands = 2, 5 // of ugriz
	for i := range table.Rows {
		const bright = 1 << 1 // measured once more before the faint ones were looked for
		if children.Float(i) > 0 || int(flags.Float(i))&bright != 0 {
			continue
		}
		all = append(all, known{ra.Floats[i], dec.Floats[i], model.Floats[bands*i+r], 22.5 - 2.5*math.Log10(flux.Floats[bands*i+r]),
			radius.Floats[bands*i+r], kind.Float(i) == 3, mode.Float(i) == 2})
	}
	return all
}

// All objects that SDSS has down to 20th magnitude in r get a row, where SDSS has them and as large, but for what it takes
// for one of magnitude 16 in the light of a star of magnitude 10. Nobody says where to look.
func TestDetectInSDSS(t *testing.T) {
	files := sdssFrames(t)
	m := tinyModel(t, 3)
	size, window := m.Recipe.Size, galaxyZoo.Petrosian
	m.Recipe.Bands, m.Recipe.RGB, m.Recipe.Petrosian, m.Recipe.Size = galaxyZoo.Bands, galaxyZoo.RGB, window, size
	pattern := filepath.Join(filepath.Dir(files[0]), "frame-{band}-000094-1-0012.fits.bz2")
	out := mustPredict(t, Options{Model: save(t, m), Inputs: []string{pattern}, Detection: detecting(""), Batch: 32, Workers: 2})

	ids := column(out, "id_str")
	slices.Sort(ids)
	if n := len(slices.Compact(ids)); n != len(out.rows) {
		t.Errorf("%d rows have %d ids", len(out.rows), n)
	}
	listed, missed, unmeasured := 0, 0, 0
	var offsets, sizes []float64
	for _, o := range photoObj(t) {
		if !o.primary || !(o.model < 20) {
			continue
		}
		listed++
		best, offset := -1, 2.0 // arcsec
		for i, row := range out.rows {
			dx, dy := (number(t, row, "ra")-o.ra)*math.Cos(o.dec*math.Pi/180), number(t, row, "dec")-o.dec
			if d := 3600 * math.Hypot(dx, dy); d < offset {
				best, offset = i, d
			}
		}
		if best < 0 {
			missed++
			t.Logf("SDSS has %.6f %.6f of magnitude %.2f, no row has", o.ra, o.dec, o.model)
			continue
		}
		offsets = append(offsets, offset)
		row := out.rows[best]
		if row["label"] == "" {
			unmeasured++
			t.Logf("%s of magnitude %.2f has no prediction: %s", row["id_str"], o.model, row["flags"])
		}
		if o.galaxy && o.radius > 0 {
			sizes = append(sizes, number(t, row, "petrosian_radius")/o.radius)
		}
	}
	slices.Sort(offsets)
	slices.Sort(sizes)
	offset, ratio := offsets[len(offsets)/2], sizes[len(sizes)/2]
	t.Logf("%d rows; of %d objects %d have none and %d no prediction; positions are off by %.3f arcsec, Petrosian radii of galaxies %.3f times SDSS's, in medians",
		len(out.rows), listed, missed, unmeasured, offset, ratio)
	if listed < 100 || missed > 1 || unmeasured > 0 || offset > 0.1 || !(ratio > 0.9 && ratio < 1.1) {
		t.Error("that is not what is promised")
	}
}
