package similar

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/infer"
	"github.com/astrovit/astrovit/internal/sim"
	"github.com/astrovit/astrovit/patch"
)

// search runs and gives the rows below the header.
func search(t *testing.T, o Options) ([][]string, error) {
	t.Helper()
	var out bytes.Buffer
	o.Stdout = &out
	if err := Run(t.Context(), o); err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(rows[0], ","); got != "id_str,rank,neighbour,similarity,file_loc,ra,dec" {
		t.Errorf("columns %s", got)
	}
	return rows[1:], nil
}

func put(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "features.csv")
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

// Lengths do not count, equals come in the file's order, and what has no
// direction is nobody's neighbour.
func TestByHand(t *testing.T) {
	name := put(t, `id,file_loc,ra,dec,feat_0,feat_1
a,a.fits,1.5,2,1,0
north,n.fits,3,4,0,7
a again,b.fits,5,6,1e-20,0
zero,z.fits,,,0,0
nothing,y.fits,,,NaN,NaN
half,"h,1.fits",,8,3,3
a far,c.fits,9,10,1e30,0
back,d.fits,11,12,-2,0
`)
	got, err := search(t, Options{Embeddings: name, IDs: []string{"north", "a"}, Neighbours: 4})
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"north", "1", "half", "0.707107", "h,1.fits", "NaN", "8"},
		{"north", "2", "a", "0.000000", "a.fits", "1.5", "2"},
		{"north", "3", "a again", "0.000000", "b.fits", "5", "6"},
		{"north", "4", "a far", "0.000000", "c.fits", "9", "10"},
		{"a", "1", "a again", "1.000000", "b.fits", "5", "6"},
		{"a", "2", "a far", "1.000000", "c.fits", "9", "10"},
		{"a", "3", "half", "0.707107", "h,1.fits", "NaN", "8"},
		{"a", "4", "north", "0.000000", "n.fits", "3", "4"},
	}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%q, want %q", got, want)
	}
	if got, err = search(t, Options{Embeddings: name, IDs: []string{"back"}, Neighbours: 100}); err != nil || len(got) != 5 || got[4][3] != "-1.000000" {
		t.Errorf("%q, %v", got, err)
	}
}

// The neighbours are those of float64 sums and a full sort.
func TestAgainstSorting(t *testing.T) {
	const rows, width, k = 3*blockRows + 17, 33, 20
	r := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, rows*width)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	copy(x[5*width:6*width], x[2000*width:2001*width]) // twins
	copy(x[3000*width:3001*width], x[2000*width:2001*width])
	queries := []int{0, 2000, rows - 1, 700, 2000}
	normalise(x, width)
	found, err := nearest(t.Context(), x, width, queries, k)
	if err != nil {
		t.Fatal(err)
	}
	for i, q := range queries {
		cosine := make([]float64, rows)
		order := make([]int, 0, rows)
		for row := range rows {
			for j := range width {
				cosine[row] += float64(x[q*width+j]) * float64(x[row*width+j])
			}
			if row != q {
				order = append(order, row)
			}
		}
		slices.SortStableFunc(order, func(a, b int) int {
			switch {
			case cosine[a] > cosine[b]:
				return -1
			case cosine[a] < cosine[b]:
				return 1
			}
			return 0
		})
		if len(found[i]) != k {
			t.Fatalf("%d neighbours", len(found[i]))
		}
		for rank, n := range found[i] {
			if n.row != order[rank] || math.Abs(float64(n.similarity)-cosine[n.row]) > 1e-6 {
				t.Errorf("query %d, rank %d: row %d (%v), want row %d (%v)", q, rank, n.row, n.similarity, order[rank], cosine[order[rank]])
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := nearest(ctx, x, width, queries, k); err == nil {
		t.Error("a search that is stopped goes on")
	}
}

func TestRefusals(t *testing.T) {
	name := put(t, "id_str,feat_0\n1237648720142401611,1\n1237648720142401999,2\ntwin,1\ntwin,2\nlate,NaN\n")
	bare := put(t, "id_str,p_a\nx,1\n")
	nameless := put(t, "what,feat_0\nx,1\n")
	for _, test := range []struct {
		o     Options
		code  int
		words []string
	}{
		{Options{Embeddings: name, IDs: []string{"1237648720142401600"}, Neighbours: 1}, cli.Failed, []string{"features.csv", `no object "1237648720142401600"`, `is "1237648720142401611"`}},
		{Options{Embeddings: name, IDs: []string{"twin"}, Neighbours: 1}, cli.Failed, []string{"features.csv", "rows 3 and 4", `"twin"`}},
		{Options{Embeddings: name, IDs: []string{"late"}, Neighbours: 1}, cli.Failed, []string{"features.csv", "row 5", "no features to compare"}},
		{Options{Embeddings: bare, IDs: []string{"x"}, Neighbours: 1}, cli.Failed, []string{"no features", "feat_0", "id_str, p_a"}},
		{Options{Embeddings: nameless, IDs: []string{"x"}, Neighbours: 1}, cli.Failed, []string{"no id column", "--id-column"}},
		{Options{Embeddings: bare + ".no.csv", IDs: []string{"x"}, Neighbours: 1}, cli.Failed, []string{"no such file"}},
		{Options{IDs: []string{"x"}, Neighbours: 1}, cli.WrongUsage, []string{"--embeddings"}},
		{Options{Embeddings: name, Neighbours: 1}, cli.WrongUsage, []string{"ids"}},
		{Options{Embeddings: name, IDs: []string{"x"}}, cli.WrongUsage, []string{"--k"}},
	} {
		_, err := search(t, test.o)
		if err == nil {
			t.Errorf("%+v: no error", test.o)
			continue
		}
		for _, w := range test.words {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("error %q does not say %q", err, w)
			}
		}
		if got := cli.Code(err); got != test.code {
			t.Errorf("exit status %d, want %d: %v", got, test.code, err)
		}
	}
	if _, err := search(t, Options{Embeddings: nameless, IDs: []string{"x"}, Neighbours: 1, IDColumn: "what"}); err != nil {
		t.Error(err)
	}
}

// Among simulated objects of the sky that the built-in model knows, the nearest
// to each is its own turned copy under other noise.
func TestFindsTurnedCopies(t *testing.T) {
	const (
		objects     = 14
		nanomaggies = 1e-3 // an electron, to the model
	)
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(3, 4))
	var copies, files, ids []string
	for i := range objects {
		_, pixels := sim.Window(sim.Class(i%int(sim.Empty)), 5, uint64(i))
		im := patch.Image{Shape: []int{1, sim.WindowSide, sim.WindowSide}, Pixels: pixels}
		other := patch.NewImage(im.Shape...)
		patch.Variant(other, im, 1+i%7)
		for k := range im.Pixels {
			im.Pixels[k] *= nanomaggies
			other.Pixels[k] = (other.Pixels[k] + float32(0.2*sim.DarkSky.Sigma()*r.NormFloat64())) * nanomaggies
		}
		id := fmt.Sprintf("J%02d", i)
		for name, image := range map[string]patch.Image{id: im, id + "turned": other} {
			var b bytes.Buffer
			if err := fits.WriteImages(&b, fits.ImageHDU{Image: &fits.Image{Shape: image.Shape, Pixels: image.Pixels}}); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name+".fits"), b.Bytes(), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		ids, copies = append(ids, id), append(copies, id+"turned")
		files = append(files, filepath.Join(dir, id+".fits"), filepath.Join(dir, id+"turned.fits"))
	}
	o := infer.Options{Inputs: files, Samples: 8, Embeddings: filepath.Join(dir, "e.parquet"), Batch: 32, Workers: 2, Stdout: io.Discard, Log: slog.New(slog.DiscardHandler)}
	if err := infer.Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	rows, err := search(t, Options{Embeddings: o.Embeddings, IDs: ids, Neighbours: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		if row[0] != ids[i] || row[2] != copies[i] || row[4] != filepath.Join(dir, copies[i]+".fits") {
			t.Errorf("%q, want %s", row, copies[i])
		}
	}
}
