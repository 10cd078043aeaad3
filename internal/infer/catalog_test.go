package infer

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/patch"
	"github.com/astrovit/astrovit/vit"
)

// shelf is a folder with a catalogue of cutouts of many kinds, and what the
// model sees of each.
func shelf(t *testing.T) (name string, images []patch.Image) {
	dir := t.TempDir()
	plain, large, small, second, stack := noise(1, side, side), noise(2, 13, 11), noise(3, 5, 6), noise(4, side, side), noise(5, 3, 1, side, side)
	putFITS(t, filepath.Join(dir, "cutouts", "plain.fits"), plain)
	putFITS(t, filepath.Join(dir, "cutouts", "large.fits"), large,
		fits.NewTAN(5, 6, 150, 2, [2][2]float64{{-1e-4, 0}, {0, 1e-4}}).Cards()...)
	putFITS(t, filepath.Join(dir, "small.fits"), small)
	putFITS(t, filepath.Join(dir, "stack.fits"), stack)
	file := encodeFITS(t, plain)
	extension := append([]byte(nil), encodeFITS(t, second)...)
	copy(extension, fmt.Sprintf("%-80s", "XTENSION= 'IMAGE   '"))
	put(t, filepath.Join(dir, "two.fits"), append(file, extension...))

	rows := `id_str,file_loc,hdu,plane,x,y,ra,dec
b,cutouts/plain.fits,,,,,,
a,cutouts/large.fits,,,,,,
c,small.fits,0,,12.5,-3,10.25,-45
d,two.fits,1,,,,,
e,stack.fits,,2,,,,
b,` + filepath.Join(dir, "two.fits") + `,,,,,1,2
`
	last := patch.Image{Shape: []int{1, side, side}, Pixels: stack.Pixels[2*side*side:]}
	return put(t, filepath.Join(dir, "objects.csv"), []byte(rows)),
		[]patch.Image{banded(plain), banded(large), banded(small), banded(second), last, banded(plain)}
}

func TestCatalogue(t *testing.T) {
	m := tinyModel(t, 1)
	model := save(t, m)
	name, images := shelf(t)
	out := mustPredict(t, Options{Model: model, Inputs: []string{name}})
	if want := strings.Split("id_str,file_loc,hdu,x,y,ra,dec,label,p_disc,p_ring,p_smooth,flags", ","); !slices.Equal(out.header, want) {
		t.Errorf("columns %q, want %q", out.header, want)
	}
	for i, row := range out.rows {
		sameProbabilities(t, row, look(t, m, images[i], false))
	}
	two := filepath.Join(filepath.Dir(name), "two.fits")
	for name, want := range map[string][]string{
		"id_str":   {"b", "a", "c", "d", "e", "b"},
		"file_loc": {"cutouts/plain.fits", "cutouts/large.fits", "small.fits", "two.fits", "stack.fits", two},
		"hdu":      {"0", "0", "0", "1", "0", "0"},
		"x":        {"3.5", "5", "12.5", "3.5", "3.5", "3.5"},
		"y":        {"3.5", "6", "-3", "3.5", "3.5", "3.5"},
		"ra":       {"NaN", "150.000000000", "10.250000000", "NaN", "NaN", "1.000000000"},
		"dec":      {"NaN", "2.000000000", "-45.000000000", "NaN", "NaN", "2.000000000"},
		"flags":    {"", "", "padded", "", "", ""},
	} {
		if got := column(out, name); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}

	for _, workers := range []int{1, 2, 3} {
		for _, batch := range []int{1, 2, 3, 50} {
			again := mustPredict(t, Options{Model: model, Inputs: []string{name}, Workers: workers, Batch: batch})
			if again.text != out.text {
				t.Errorf("--workers %d --batch %d gives other bytes:\n%s\n%s", workers, batch, again.text, out.text)
			}
		}
	}
	where := mustPredict(t, Options{Model: model, Inputs: []string{name}, Where: []string{"id_str=b", "ra=1"}})
	if len(where.rows) != 1 || where.rows[0]["file_loc"] != two {
		t.Errorf("--where leaves %v", where.rows)
	}
}

// Predictions are catalogues too: FITS and Parquet ones give the same rows again.
func TestCatalogueFormats(t *testing.T) {
	m := tinyModel(t, 1)
	model := save(t, m)
	dir := t.TempDir()
	var rows strings.Builder
	rows.WriteString("object_id,path\n")
	for i := range 5 {
		putFITS(t, filepath.Join(dir, fmt.Sprintf("%d.fits", i)), noise(uint64(i), side, side))
		fmt.Fprintf(&rows, "12376487201424016%02d,%d.fits\n", i, i)
	}
	input := put(t, filepath.Join(dir, "in.csv"), []byte(rows.String()))
	want := mustPredict(t, Options{Model: model, Inputs: []string{input}})
	for _, format := range []string{"csv", "fits", "parquet"} {
		out := filepath.Join(dir, "out."+format)
		if mustPredict(t, Options{Model: model, Inputs: []string{input}, Out: out}).text != "" {
			t.Errorf("%s: rows on standard output as well", format)
		}
		table, err := catalog.Read(out)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(table.Names(), want.header) {
			t.Errorf("%s: columns %q", format, table.Names())
		}
		for _, name := range want.header {
			c, err := table.Column(name)
			if err != nil {
				t.Fatal(err)
			}
			for row := range c.Len() {
				if !strings.HasPrefix(name, "p_") {
					if got := c.String(row); got != want.rows[row][name] && !(got == "" && want.rows[row][name] == "NaN") {
						t.Errorf("%s: %s of row %d is %q, want %q", format, name, row, got, want.rows[row][name])
					}
				} else if v, err := c.Float(row); err != nil || !near(v, number(t, want.rows[row], name), 1e-9) {
					t.Errorf("%s: %s of row %d is %v (%v), want %s", format, name, row, v, err, want.rows[row][name])
				}
			}
		}
		table.Close()
		if again := mustPredict(t, Options{Model: model, Inputs: []string{out}}); again.text != want.text {
			t.Errorf("the catalogue as %s gives\n%s\nwant\n%s", format, again.text, want.text)
		}
	}
}

func TestFileABand(t *testing.T) {
	m := tinyModel(t, 2)
	dir := t.TempDir()
	both := noise(1, 2, side, side)
	putFITS(t, filepath.Join(dir, "g.fits"), patch.Image{Shape: []int{side, side}, Pixels: both.Pixels[:side*side]})
	putFITS(t, filepath.Join(dir, "r.fits"), patch.Image{Shape: []int{side, side}, Pixels: both.Pixels[side*side:]})
	input := put(t, filepath.Join(dir, "in.csv"), []byte("id,file_g,file_r\n1,g.fits,r.fits\n2,g.fits,\n"))
	out := mustPredict(t, Options{Model: save(t, m), Inputs: []string{input}})
	half := patch.Image{Shape: both.Shape, Pixels: slices.Concat(both.Pixels[:side*side], make([]float32, side*side))}
	sameProbabilities(t, out.rows[0], look(t, m, both, false))
	sameProbabilities(t, out.rows[1], look(t, m, half, false))
	if got := column(out, "file_loc"); !slices.Equal(got, []string{"g.fits|r.fits", "g.fits"}) {
		t.Errorf("file_loc %q", got)
	}
	if got := column(out, "flags"); !slices.Equal(got, []string{"", "nan"}) {
		t.Errorf("flags %q", got)
	}
}

// The model's bands are found by their names, wherever their columns stand.
func TestOrderOfBands(t *testing.T) {
	m := tinyModel(t, 2)
	m.Recipe.Bands = []string{"g", "r"}
	model, dir := save(t, m), t.TempDir()
	both := noise(1, 2, side, side)
	for i, band := range []string{"g", "r", "i"} {
		putFITS(t, filepath.Join(dir, band+".fits"), patch.Image{Shape: []int{side, side}, Pixels: both.Pixels[i%2*side*side:][:side*side]})
	}
	for name, c := range map[string]struct{ header, row, file string }{
		"reversed":      {"id,file_r,file_g", "1,r.fits,g.fits", ""},
		"another band":  {"id,file_i,FILE_G,file_r", "1,i.fits,g.fits,r.fits", ""},
		"listed":        {"id,file_g,file_r", "1,g.fits,r.fits", "file_r,file_g"},
		"other columns": {"id,blue,red", "1,g.fits,r.fits", "blue,red"},
	} {
		t.Run(name, func(t *testing.T) {
			input := put(t, filepath.Join(dir, name+".csv"), []byte(c.header+"\n"+c.row+"\n"))
			out := mustPredict(t, Options{Model: model, Inputs: []string{input}, FileColumn: c.file})
			sameProbabilities(t, out.rows[0], look(t, m, both, false))
		})
	}
	input := put(t, filepath.Join(dir, "lacking.csv"), []byte("id,file_i,file_r\n1,i.fits,r.fits\n"))
	fails(t, Options{Model: model, Inputs: []string{input}}, 1, "lacking.csv", `band "g"`, "file_i, file_r")
}

func TestOtherTasks(t *testing.T) {
	name := putFITS(t, filepath.Join(t.TempDir(), "a.fits"), noise(1, side, side))

	m := tinyModel(t, 1)
	m.Task = catalog.MultiLabel
	out := mustPredict(t, Options{Model: save(t, m), Inputs: []string{name}})
	var labels []string
	for i, p := range look(t, m, banded(noise(1, side, side)), false) {
		if got := number(t, out.rows[0], "p_"+classes[i]); !near(got, p, 1e-9) {
			t.Errorf("p_%s is %v, want %v", classes[i], got, p)
		}
		if p >= 0.5 {
			labels = append(labels, classes[i])
		}
	}
	if want := strings.Join(labels, "|"); out.rows[0]["label"] != want {
		t.Errorf("labels %q, want %q", out.rows[0]["label"], want)
	}

	m = tinyModel(t, 1)
	config := m.Net.Config
	config.Classes = 2 // a number and the logarithm of its variance
	m.Task, m.Labels, m.Columns = catalog.Regress, []string{"redshift"}, []modeldir.Column{{Name: "redshift", Mean: 0.5, Std: 0.25}}
	net, err := vit.New(config, 1)
	if err != nil {
		t.Fatal(err)
	}
	head, _ := net.Params.Tensor("classifier.weight")
	for i := range head.Data {
		head.Data[i] = float32(i%5) - 2
	}
	m.Net = net
	out = mustPredict(t, Options{Model: save(t, m), Inputs: []string{name}})
	if want := strings.Split("id_str,file_loc,hdu,x,y,ra,dec,label,redshift,redshift_sigma,flags", ","); !slices.Equal(out.header, want) {
		t.Errorf("columns %q, want %q", out.header, want)
	}
	seen, _, err := m.Recipe.Prepare(prepare.Picture{Image: banded(noise(1, side, side))})
	if err != nil {
		t.Fatal(err)
	}
	patches := make([]float32, config.Grid.Pixels())
	config.Grid.Extract(patches, seen.Pixels)
	values, sigmas := m.Predict(m.Net.Forward(m.Net.NewWorkspace(1), patches))
	if got := number(t, out.rows[0], "redshift"); got != values[0] {
		t.Errorf("redshift %v, want %v", got, values[0])
	}
	if got := number(t, out.rows[0], "redshift_sigma"); got != sigmas[0] || !(got > 0) {
		t.Errorf("its sigma %v, want %v", got, sigmas[0])
	}
	if out.rows[0]["label"] != "" || out.rows[0]["flags"] != "" {
		t.Errorf("label %q, flags %q", out.rows[0]["label"], out.rows[0]["flags"])
	}
}

func TestPredictionsMustNotReplaceInputs(t *testing.T) {
	name, _ := shelf(t)
	_, err := predict(t, Options{Inputs: []string{name}, Out: filepath.Join(filepath.Dir(name), ".", "objects.csv")})
	if err == nil || !strings.Contains(err.Error(), "would be overwritten") {
		t.Errorf("error %v", err)
	}
	out := filepath.Join(t.TempDir(), "p.csv")
	if _, err = predict(t, Options{Inputs: []string{name}, Out: out, Regions: name}); err == nil || !strings.Contains(err.Error(), "--regions "+name+" is an input") {
		t.Errorf("regions: %v", err)
	}
	if _, err = predict(t, Options{Inputs: []string{name}, Out: out, Regions: filepath.Dir(out) + "/./p.csv"}); err == nil || !strings.Contains(err.Error(), "--out and --regions are both") {
		t.Errorf("predictions and regions in one file: %v", err)
	}
}
