package pack

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/catalog"
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
