package train

import (
	"context"
	"fmt"
	"io"
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
	if _, err := readLabels(o); err != nil {
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
			read, err := readLabels(o)
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
