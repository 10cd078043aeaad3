package catalog

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// realData returns a folder of ../shared/data beside the repository, or skips.
func realData(t *testing.T, set string) string {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(root)
		if parent == root {
			t.Fatal("no go.mod above the working folder")
		}
		root = parent
	}
	dir := filepath.Join(root, "..", "shared", "data", set)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("real data %s are not here", set)
	}
	return dir
}

// TestRealCatalogues counts classes as the data's own notes do.
func TestRealCatalogues(t *testing.T) {
	for _, test := range []struct {
		set, label string
		counts     map[string]int
	}{
		{"mirabest", "morphology", map[string]int{"FRI": 553, "FRII": 581, "hybrid": 34}},
		{"first4", "morphology", map[string]int{"FRI": 411, "FRII": 827, "Compact": 341, "Bent": 298}},
		{"gz1", "morphology", map[string]int{"elliptical": 3741, "spiral": 649, "edge-on": 804, "merger": 86}},
		{"sled", "lens", map[string]int{"lensed_galaxy": 275, "lensed_quasar": 213}},
	} {
		t.Run(test.set, func(t *testing.T) {
			table, err := Read(filepath.Join(realData(t, test.set), "catalog.csv"))
			if err != nil {
				t.Fatal(err)
			}
			objects, bands, err := table.Objects(Columns{})
			if err != nil || bands != nil {
				t.Fatal(bands, err)
			}
			for _, o := range objects {
				if _, err := os.Stat(o.Files[0]); err != nil {
					t.Fatal(err)
				}
			}
			classes, err := table.Classes(test.label)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]int{}
			for i, name := range classes.Names {
				got[name] = classes.Counts[i]
			}
			if !reflect.DeepEqual(got, test.counts) {
				t.Errorf("classes %v, want %v", got, test.counts)
			}
		})
	}
}

func TestRealSelection(t *testing.T) {
	table, err := Read(filepath.Join(realData(t, "mirabest"), "catalog.csv"))
	if err != nil {
		t.Fatal(err)
	}
	published, err := table.Where(Where{"published_train", "1"}, Where{"confidence", "confident"})
	if err != nil {
		t.Fatal(err)
	}
	classes, err := published.Classes("morphology")
	if err != nil || !reflect.DeepEqual(classes.Names, []string{"FRI", "FRII"}) {
		t.Errorf("%v, %v", classes, err)
	}
	gz1, err := Read(filepath.Join(realData(t, "gz1"), "catalog.csv"))
	if err != nil {
		t.Fatal(err)
	}
	objects, _, err := gz1.Objects(Columns{})
	if err != nil {
		t.Fatal(err)
	}
	if stem := strings.TrimSuffix(filepath.Base(objects[0].File), ".jpg"); objects[0].ID != stem || len(stem) != 18 {
		t.Errorf("id %s of file %s", objects[0].ID, objects[0].File)
	}
}

func TestRealRegression(t *testing.T) {
	table, err := Read(filepath.Join(realData(t, "cosmos"), "catalog.csv"))
	if err != nil {
		t.Fatal(err)
	}
	targets, err := table.Numbers([]string{"mag_auto", "flux_radius", "axis_ratio_est"})
	if err != nil || len(targets.Values) != 3*173 || targets.Empty != 0 {
		t.Fatalf("%d values, %v", len(targets.Values), err)
	}
	if v := targets.Row(0); v[0] != 23.335756301879883 {
		t.Errorf("first row %v", v)
	}
}

// TestRealFITSTable reads positions from an SDSS photometric catalogue: FITS,
// names in capitals, columns of five values among them.
func TestRealFITSTable(t *testing.T) {
	table, err := Read(filepath.Join(realData(t, "sdss-tile"), "photoObj-000094-1-0012.fits"))
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	galaxies, err := table.Where(Where{"OBJC_TYPE", "3"})
	if err != nil {
		t.Fatal(err)
	}
	objects, err := table.Positions(Columns{ID: "OBJID"})
	if err != nil {
		t.Fatal(err)
	}
	if len(objects) != 999 || len(objects[0].ID) != 19 || galaxies.Len() == 0 || galaxies.Len() == 999 {
		t.Errorf("%d objects, %d galaxies, first id %q", len(objects), galaxies.Len(), objects[0].ID)
	}
	for _, o := range objects {
		if !(o.RA >= 0 && o.RA < 360 && o.Dec >= -90 && o.Dec <= 90) {
			t.Fatalf("%+v", o)
		}
	}
	_, err = table.Column("PSFFLUX")
	wantError(t, err, "PSFFLUX", "several values a row")
}
