package pack

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/cutout"
	"github.com/astrovit/astrovit/internal/pixels"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/internal/progress"
)

func put(t testing.TB, data []byte, parts ...string) {
	t.Helper()
	name := filepath.Join(parts...)
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// raw is a FITS file of random pixels of a BITPIX, with more cards as they stand.
func raw(r *rand.Rand, bitpix int, shape []int, cards ...string) []byte {
	text := []string{"SIMPLE  =                    T", fmt.Sprintf("BITPIX  = %20d", bitpix), fmt.Sprintf("NAXIS   = %20d", len(shape))}
	n := 1
	for i := range shape {
		text = append(text, fmt.Sprintf("NAXIS%d  = %20d", i+1, shape[len(shape)-1-i]))
		n *= shape[i]
	}
	var b []byte
	for _, card := range append(append(text, cards...), "END") {
		b = fmt.Appendf(b, "%-80s", card)
	}
	b = fmt.Appendf(b, "%*s", (2880-len(b)%2880)%2880, "")
	for i := range n {
		v := 300 * r.NormFloat64()
		if i%13 == 5 {
			v = math.NaN()
		}
		switch bitpix {
		case 8:
			b = append(b, byte(r.IntN(256)))
		case 16:
			b = binary.BigEndian.AppendUint16(b, uint16(r.IntN(1<<16)))
		case 32:
			b = binary.BigEndian.AppendUint32(b, r.Uint32())
		case 64:
			b = binary.BigEndian.AppendUint64(b, r.Uint64())
		case -32:
			b = binary.BigEndian.AppendUint32(b, math.Float32bits(float32(v)))
		default:
			b = binary.BigEndian.AppendUint64(b, math.Float64bits(v))
		}
	}
	return append(b, make([]byte, (2880-len(b)%2880)%2880)...)
}

// tangent are the cards of a sky that is n degrees further east.
func tangent(n int) []string {
	return []string{"CTYPE1  = 'RA---TAN'", "CTYPE2  = 'DEC--TAN'", "CRPIX1  = 10.5", "CRPIX2  = 9.0", fmt.Sprintf("CRVAL1  = %d.12345", 10+n), "CRVAL2  = -5.4321",
		"CDELT1  = -0.00011", "CDELT2  = 0.00011", "CROTA2  = 3.3"}
}

// files are cutouts of all kinds, and what a catalogue says of them.
func files(t testing.TB, dir string) (catalogue string) {
	r := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	row := func(id, name, rest string) { fmt.Fprintf(&b, "%s,%s,%s\n", id, name, rest) }
	b.WriteString("name,id_str,file_loc,hdu,plane,x,y,ra,dec,label\n")
	n := 0
	add := func(data []byte, suffix, place string) {
		n++
		name := fmt.Sprintf("cutouts/%02d%s", n, suffix)
		put(t, data, dir, name)
		row(fmt.Sprintf("\"object, %d\",J%02d", n, n), name, place+",spiral")
	}
	for i, bitpix := range []int{8, 16, 32, 64, -32, -64} {
		add(raw(r, bitpix, []int{20, 24}, tangent(i)...), ".fits", ",,,,,")
	}
	scaled := append(tangent(7), "BSCALE  = 0.013", "BZERO   = 32.5", "BLANK   = -7")
	add(raw(r, 16, []int{20, 24}, scaled...), ".fits", ",,,,,")
	add(raw(r, 16, []int{20, 24}, append(tangent(8), "BZERO   = 32768")...), ".fits", ",,,,,")
	add(raw(r, -32, []int{20, 24}), ".fits", ",,,,,")                              // no sky
	add(raw(r, -32, []int{2, 20, 24}, tangent(9)...), ".fits", "0,,,,,")           // two bands
	add(raw(r, 16, []int{41, 40}, tangent(10)...), ".fits", ",,12,30.25,,")        // larger than a window of 16: at x, y
	add(raw(r, 16, []int{41, 40}, tangent(11)...), ".fits", ",,,,21.1234,-5.4324") // at ra, dec
	add(raw(r, -32, []int{2, 2, 20, 24}, tangent(12)...), ".fits", "0,1,,,,")      // of a stack
	add(raw(r, -32, []int{7, 9}, tangent(13)...), ".fits", ",,,,,")                // smaller than the window
	// A sky that cannot be turned to ICRS still has a pixel scale.
	for _, cards := range [][]string{{"CTYPE1  = 'ELON-TAN'", "CTYPE2  = 'ELAT-TAN'"}, {"RADESYS = 'GAPPT'"}} {
		add(raw(r, -32, []int{20, 24}, append(cards, tangent(14)...)...), ".fits", ",,,,,")
	}
	var packed bytes.Buffer
	im := &fits.Image{Shape: []int{20, 24}}
	for i := range 480 {
		im.Pixels = append(im.Pixels, float32(i%97-40))
	}
	if err := fits.WriteImages(&packed, fits.ImageHDU{Image: im, Packing: fits.PackInt16, Header: fits.NewTAN(3, 4, 5, 6, [2][2]float64{{-1e-4, 0}, {0, 1e-4}}).Cards()},
		fits.ImageHDU{Image: im, Packing: fits.PackQuantised}); err != nil {
		t.Fatal(err)
	}
	add(packed.Bytes(), ".fits.fz", ",,,,,")
	add(packed.Bytes(), ".fits.fz", "2,,,,,")
	photo, deep := image.NewNRGBA(image.Rect(0, 0, 24, 20)), image.NewGray16(image.Rect(0, 0, 24, 20))
	for i := range 480 {
		photo.Set(i%24, i/24, color.NRGBA{uint8(i), uint8(3 * i), uint8(7 * i), 255})
		deep.Set(i%24, i/24, color.Gray16{uint16(137 * i)})
	}
	for _, encode := range []func(w io.Writer) error{
		func(w io.Writer) error { return png.Encode(w, photo) },
		func(w io.Writer) error { return png.Encode(w, deep) },
		func(w io.Writer) error { return jpeg.Encode(w, photo, nil) },
	} {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			t.Fatal(err)
		}
		add(b.Bytes(), ".img", ",,,,,")
	}
	catalogue = filepath.Join(dir, "catalog.csv")
	put(t, b.Bytes(), catalogue)
	return catalogue
}

// run packs, and gives the log.
func run(t testing.TB, o Options) (string, error) {
	t.Helper()
	var log bytes.Buffer
	o.Log, o.Workers, o.MaxMiB = progress.NewLog(&log), max(o.Workers, 1), max(o.MaxMiB, 1)
	err := Run(context.Background(), o)
	return log.String(), err
}

func mustRun(t testing.TB, o Options) (log string) {
	t.Helper()
	log, err := run(t, o)
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	return log
}

func objects(t testing.TB, name string) (*catalog.Table, []catalog.Object) {
	t.Helper()
	table, err := catalog.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	all, _, err := table.Objects(catalog.Columns{})
	if err != nil {
		t.Fatal(err)
	}
	return table, all
}

func bits(pixels []float32) (all []uint32) {
	for _, v := range pixels {
		if v != v {
			v = float32(math.NaN()) // which one, nobody sees
		}
		all = append(all, math.Float32bits(v))
	}
	return all
}

// recipes see all, a window, and in each image a tile.
var recipes = map[string]prepare.Recipe{
	"all":    {Size: [2]int{32, 32}},
	"window": {Size: [2]int{16, 16}, Window: 16},
	"tile":   {Size: [2]int{8, 8}, Window: 8},
	"scaled": {Size: [2]int{8, 8}, Window: 8, Petrosian: 2},
}

// compare reads a row of each of two catalogues and wants the same pixels at the same place of the sky.
func compare(t *testing.T, r prepare.Recipe, a, b catalog.Object) {
	t.Helper()
	read := func(o catalog.Object) (cutout.Cutout, string) {
		c, err := cutout.Read(o, pixels.Source{Files: o.Files, HDU: o.HDU}, r)
		if err != nil {
			t.Fatalf("%s: %v", o.ID, err)
		}
		sky := "none"
		if c.WCS != nil {
			ra, dec, err := c.WCS.PixelToICRS(float64(c.X0)+1, float64(c.Y0)+2)
			sky = fmt.Sprint(math.Float64bits(ra), math.Float64bits(dec), math.Float64bits(c.WCS.PixelScale()), err != nil, c.WCSError != nil)
		}
		return c, sky
	}
	want, wantSky := read(a)
	got, gotSky := read(b)
	switch {
	case want.Photo != got.Photo, want.TopFirst != got.TopFirst, want.Unmeasured != got.Unmeasured, !reflect.DeepEqual(want.Shape, got.Shape), want.Part != got.Part:
		t.Errorf("%s: %+v, want %+v", a.ID, got, want)
	case !slices.Equal(bits(want.Pixels), bits(got.Pixels)):
		t.Errorf("%s: other pixels", a.ID)
	case wantSky != gotSky:
		t.Errorf("%s: sky %s, want %s", a.ID, gotSky, wantSky)
	}
}

// What is read of a pack is what is read of the files, to the last bit, and all columns are there.
func TestPack(t *testing.T) {
	dir := t.TempDir()
	catalogue := files(t, dir)
	table, from := objects(t, catalogue)
	for _, compress := range []bool{false, true} {
		out := filepath.Join(dir, fmt.Sprint("pack-", compress))
		log := mustRun(t, Options{Catalog: catalogue, Out: out, Compress: compress, Strict: true})
		if want := fmt.Sprintf("packed %d of %d rows, 0 of them exact copies", len(from), len(from)); !strings.Contains(log, want) {
			t.Errorf("log %q, want %q", log, want)
		}
		packed, to := objects(t, filepath.Join(out, Index))
		if len(to) != len(from) || !slices.Equal(packed.Names(), table.Names()) {
			t.Fatalf("%d rows of %q, want %d of %q", len(to), packed.Names(), len(from), table.Names())
		}
		for row := range from {
			for _, name := range []string{"name", "id_str", "x", "y", "ra", "dec", "label"} {
				a, _ := table.Column(name)
				b, _ := packed.Column(name)
				if a.String(row) != b.String(row) {
					t.Errorf("row %d, %s: %q, want %q", row, name, b.String(row), a.String(row))
				}
			}
			if to[row].Plane < 0 || to[row].HDU < 0 {
				t.Errorf("row %d: HDU %d, plane %d", row, to[row].HDU, to[row].Plane)
			}
			for name, recipe := range recipes {
				t.Run(fmt.Sprint(name, compress, row), func(t *testing.T) {
					a, b := from[row], to[row]
					if recipe.Petrosian > 0 {
						a.Radius, b.Radius = 0.9, 0.9
					}
					compare(t, recipe, a, b)
				})
			}
		}
		again := filepath.Join(dir, fmt.Sprint("again-", compress))
		mustRun(t, Options{Catalog: catalogue, Out: again, Compress: compress, Workers: 3})
		sameFolders(t, out, again)
	}
	again := filepath.Join(dir, "again")
	mustRun(t, Options{Catalog: filepath.Join(dir, "pack-false", Index), Out: again}) // a pack is a catalogue as any other
	sameFolders(t, filepath.Join(dir, "pack-false"), again)
}

func sameFolders(t *testing.T, a, b string) {
	t.Helper()
	list := func(dir string) (names []string) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	if !slices.Equal(list(a), list(b)) {
		t.Fatalf("files %q, want %q", list(b), list(a))
	}
	for _, name := range list(a) {
		x, errX := os.ReadFile(filepath.Join(a, name))
		y, errY := os.ReadFile(filepath.Join(b, name))
		if err := errors.Join(errX, errY); err != nil || !bytes.Equal(x, y) {
			t.Errorf("%s is another: %v", name, err)
		}
	}
}

// One file a band becomes one stack a band; what lies on other pixels is resampled as it is read.
func TestBands(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(5, 6))
	text := "id_str,file_g,file_r,file_i\n"
	for i := range 6 {
		names := []string{fmt.Sprintf("g%d.fits", i), fmt.Sprintf("r%d.fits", i), fmt.Sprintf("i%d.fits", i)}
		sky := tangent(i / 2)
		put(t, raw(r, 16, []int{20, 24}, sky...), dir, names[0])
		put(t, raw(r, -32, []int{20, 24}, sky...), dir, names[1])
		if i == 3 {
			sky[6] = "CDELT1  = -0.00012" // has to be resampled
		}
		put(t, raw(r, -32, []int{20, 24}, sky...), dir, names[2])
		if i == 4 {
			names[1] = ""
		}
		text += fmt.Sprintf("J%d,%s\n", i, strings.Join(names, ","))
	}
	catalogue := filepath.Join(dir, "catalog.csv")
	put(t, []byte(text), catalogue)
	out := filepath.Join(dir, "pack")
	mustRun(t, Options{Catalog: catalogue, Out: out, Strict: true})
	_, from := objects(t, catalogue)
	table, to := objects(t, filepath.Join(out, Index))
	if want := []string{"id_str", "file_g", "file_r", "file_i", "hdu", "plane"}; !slices.Equal(table.Names(), want) {
		t.Errorf("columns %q, want %q", table.Names(), want)
	}
	for row := range from {
		for _, recipe := range recipes {
			compare(t, recipe, from[row], to[row])
		}
	}
	files, err := filepath.Glob(filepath.Join(out, "*.fits"))
	if err != nil || len(files) != 5 { // the rows without r have a stack without it
		t.Errorf("stacks %q, %v", files, err)
	}
}

// A window of a tile is what a model with that window sees, and its sky and position are its own.
func TestWindow(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(7, 8))
	put(t, raw(r, 16, []int{60, 70}, tangent(0)...), dir, "tile.fits")
	put(t, raw(r, 16, []int{20, 30}, tangent(1)...), dir, "cutout.fits")
	catalogue := filepath.Join(dir, "catalog.csv")
	put(t, []byte("id_str,file_loc,x,y,ra,dec\nJ1,tile.fits,30,31,,\nJ2,tile.fits,,,10.1234,-5.4324\nJ3,tile.fits,1,2,,\nJ4,cutout.fits,1,2,,\nJ5,tile.fits,-9,2,,\n"), catalogue)
	_, err := run(t, Options{Catalog: catalogue, Out: filepath.Join(dir, "none")})
	var usage *cli.UsageError
	if !errors.As(err, &usage) || !strings.Contains(err.Error(), "J1 and J2 are at different positions of tile.fits") {
		t.Errorf("without a window: %v", err)
	}
	out := filepath.Join(dir, "pack")
	log := mustRun(t, Options{Catalog: catalogue, Out: out, Window: 16})
	if !strings.Contains(log, "left out: J5: ") || !strings.Contains(log, "packed 4 of 5 rows") {
		t.Errorf("log %q", log)
	}
	_, from := objects(t, catalogue)
	_, to := objects(t, filepath.Join(out, Index))
	if len(to) != 4 || to[0].X != 30-22 || to[0].Y != 31-23 || to[3].ID != "J4" || to[3].X != 1-7 {
		t.Fatalf("rows %+v", to)
	}
	for row := range to {
		compare(t, prepare.Recipe{Size: [2]int{16, 16}, Window: 16}, from[row], to[row])
		if row != 3 { // of the cutout, a model with a smaller window would look at x, y, where the pack has nothing
			compare(t, prepare.Recipe{Size: [2]int{10, 10}, Window: 10}, from[row], to[row])
		}
	}
}

func TestLeftOut(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(9, 9))
	good := raw(r, 16, []int{20, 24})
	put(t, good, dir, "a.fits")
	put(t, good, dir, "b.fits")
	put(t, good[:3000], dir, "short.fits")
	catalogue := filepath.Join(dir, "catalog.csv")
	put(t, []byte("id_str,file_loc,plane\nJ1,a.fits,\nJ2,short.fits,\nJ3,absent.fits,\nJ4,b.fits,0\nJ5,a.fits,3\nJ6,,\nJ7,a.fits,q\n"), catalogue)
	out := filepath.Join(dir, "pack")
	if _, err := run(t, Options{Catalog: catalogue, Out: out, Strict: true}); err == nil || !strings.Contains(err.Error(), "short.fits") {
		t.Errorf("strict: %v", err)
	}
	if left, _ := os.ReadDir(out); len(left) > 0 {
		t.Errorf("a pack that failed leaves %q", left)
	}
	log := mustRun(t, Options{Catalog: catalogue, Out: out, Workers: 3})
	for _, part := range []string{"J2: ", "J3: ", "J5: ", "J6: names no file", "J7: ", "packed 2 of 7 rows, 1 of them exact copies of others, into 1 files"} {
		if !strings.Contains(log, part) {
			t.Errorf("log %q lacks %q", log, part)
		}
	}
	_, to := objects(t, filepath.Join(out, Index))
	if len(to) != 2 || to[0].ID != "J1" || to[1].ID != "J4" || to[0].File != to[1].File || to[0].Plane != 0 || to[1].Plane != 0 {
		t.Errorf("rows %+v", to)
	}
	if _, err := run(t, Options{Catalog: catalogue, Out: out}); err == nil || !strings.Contains(err.Error(), Index) {
		t.Errorf("over another pack: %v", err)
	}
	put(t, []byte("id_str,file_loc\nJ1,absent.fits\n"), catalogue)
	if _, err := run(t, Options{Catalog: catalogue, Out: filepath.Join(dir, "other")}); err == nil || !strings.Contains(err.Error(), "absent.fits") {
		t.Errorf("nothing to pack: %v", err)
	}
}

// Stacks end where they are large enough, and a run that is stopped leaves nothing.
func TestStacks(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(9, 9))
	text := "id_str,file_loc\n"
	for i := range 60 {
		name := fmt.Sprintf("%d.fits", i)
		put(t, raw(r, -64, []int{80 + i%2, 80}), dir, name)
		text += fmt.Sprintf("J%d,%s\n", i, name)
	}
	catalogue := filepath.Join(dir, "catalog.csv")
	put(t, []byte(text), catalogue)
	for _, compress := range []bool{false, true} {
		out := filepath.Join(dir, fmt.Sprint("pack-", compress))
		mustRun(t, Options{Catalog: catalogue, Out: out, Compress: compress, MaxMiB: 1, Workers: 2})
		stacks, err := filepath.Glob(filepath.Join(out, "stack-*"))
		if err != nil || len(stacks) != 4 {
			t.Errorf("stacks %q, %v", stacks, err)
		}
		for _, name := range stacks {
			if info, err := os.Stat(name); err != nil || info.Size() > 1<<20+5760 {
				t.Errorf("%s has %d bytes, %v", name, info.Size(), err)
			}
		}
		_, from := objects(t, catalogue)
		_, to := objects(t, filepath.Join(out, Index))
		for row := range from {
			compare(t, recipes["all"], from[row], to[row])
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	out := filepath.Join(dir, "stopped")
	err := Run(ctx, Options{Catalog: catalogue, Out: out, Workers: 2, MaxMiB: 1, Log: slog.New(slog.DiscardHandler)})
	if left, _ := os.ReadDir(out); !errors.Is(err, cli.ErrInterrupted) || len(left) > 0 {
		t.Errorf("stopped: %v, and leaves %q", err, left)
	}
}
