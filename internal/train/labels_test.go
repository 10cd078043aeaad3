package train

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/fits"
)

// Catalogues that stay open while columns are read are closed in the end.
func TestCataloguesAreClosed(t *testing.T) {
	files := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("this system does not tell how many files are open")
		}
		return len(entries)
	}
	dir := t.TempDir()
	catalogue := func(name string) string {
		var ids, paths, classes []string
		for i := range 12 {
			ids, paths, classes = append(ids, fmt.Sprintf("%s%d", name, i)), append(paths, "a.fits"), append(classes, fmt.Sprint("class", i%2))
		}
		file := filepath.Join(dir, name+".fits")
		write(t, file, func(w io.Writer) error {
			return fits.WriteTable(w, "OBJECTS", []fits.Column{{Name: "id", Strings: ids}, {Name: "file", Strings: paths}, {Name: "class", Strings: classes}})
		})
		return file
	}
	o := options(t, catalogue("main"), "class", "")
	o.ValCatalog, o.TestCatalog = catalogue("val"), catalogue("test")
	before := files()
	if _, err := readLabels(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	if n := files(); n > before {
		t.Errorf("%d files are open, %d before", n, before)
	}
}

// Validation and test pictures have the bands of the training ones, in their
// order, however the columns of their catalogues stand.
func TestOrderOfBands(t *testing.T) {
	catalogue := bandCatalogue(t)
	other := rewrite(t, catalogue, func(row int, line string) string {
		cells := strings.Split(line, ",")
		if row > 0 {
			cells[0] = "v" + cells[0]
		}
		cells[1], cells[2] = cells[2], cells[1]
		return strings.Join(cells, ",")
	})
	for name, data := range map[string]func(*Options){
		"validation": func(o *Options) { o.Catalog, o.ValCatalog = catalogue, other },
		"test":       func(o *Options) { o.Catalog, o.TestCatalog = catalogue, other },
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t, "", "class", t.TempDir())
			data(&o)
			read, err := readLabels(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range append(read.val, read.test...) {
				if base := filepath.Base(e.object.Files[0]); !strings.HasSuffix(base, "_g.fits") {
					t.Fatalf("%s: the first band, %q, is %s", e.object.ID, read.bands[0], base)
				}
			}
		})
	}
	o := options(t, catalogue, "class", t.TempDir())
	o.ValCatalog = rewrite(t, other, func(row int, line string) string { return strings.Replace(line, "file_g", "file_u", 1) })
	wantError(t, Run(context.Background(), o), 1, `band "g"`, "file_u")
}

// Rows to validate and test on can be told by a column; none is trained on.
func TestSetsByWhere(t *testing.T) {
	o := options(t, cutouts(t, 40, 1, ".fits"), "ring, bright", "")
	o.Task, o.ValWhere, o.TestWhere = "multilabel", []string{"id_str=o01", "id_str=o02"}, []string{"id_str=o03"}
	l, err := readLabels(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(l.train) != 37 || len(l.val) != 2 || len(l.test) != 1 || l.val[1].object.ID != "o02" {
		t.Errorf("%d, %d and %d rows", len(l.train), len(l.val), len(l.test))
	}
}

// A row that is skipped may lack anything.
func TestSkippedRows(t *testing.T) {
	o := options(t, rewrite(t, cutouts(t, 20, 1, ".fits"), func(row int, line string) string {
		switch row {
		case 3:
			return "o05,,,,," // the id of another, no file, no label
		case 4:
			return "o20,images/o03.fits,ring,1,0,1\no21,none,,,,\no21,,,,,"
		}
		return line
	}), "class", "")
	l, err := readLabels(context.Background(), o)
	if err != nil || l.empty != 3 || len(l.train)+len(l.val) != 19 {
		t.Fatalf("%+v, %v", l, err)
	}
	o.Catalog = rewrite(t, o.Catalog, func(row int, line string) string {
		if row == 1 {
			return strings.Replace(line, "o00,", "o05,", 1)
		}
		return line
	})
	if _, err := readLabels(context.Background(), o); err == nil || !strings.Contains(err.Error(), `"o05"`) {
		t.Errorf("an id twice: %v", err)
	}
}

// A cutout without a defined pixel teaches nothing.
func TestEmptyCutouts(t *testing.T) {
	long(t)
	catalogue := cutouts(t, 24, 1, ".fits")
	empty := make([]float32, side*side)
	for i := range empty {
		empty[i] = float32(math.NaN())
	}
	writePicture(t, filepath.Join(filepath.Dir(catalogue), "images", "o04.fits"), empty)
	o := options(t, catalogue, "class", t.TempDir())
	if log := mustRun(t, o); !strings.Contains(log, "left out: o04: ") || !strings.Contains(log, "1 of 24 pictures are left out: there are ") || !strings.Contains(log, "no pixel is defined") {
		t.Errorf("the log:\n%s", log)
	}
	o.Out, o.Strict = t.TempDir(), true
	wantError(t, Run(context.Background(), o), 1, "o04", "no pixel is defined")
}
