package train

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
)

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
