package fits

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
)

// TestBandsOfSDSS cuts objects out of the five frames of a field, whose pixels are offset, and compares with where the
// survey measured each object in each band.
func TestBandsOfSDSS(t *testing.T) {
	long(t)
	var bands []*HDU
	for _, band := range "ugriz" {
		f, err := Open(oneOf(t, fmt.Sprintf("sdss-tile/frame-%c-*.fits.bz2", band)))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		bands = append(bands, f.HDU(0))
	}
	f, err := Open(oneOf(t, "sdss-tile/photoObj-*.fits"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, err := f.HDU(1).Table()
	if err != nil {
		t.Fatal(err)
	}
	column := func(name string) []float64 {
		c, err := table.Column(name)
		if err != nil {
			t.Fatal(err)
		}
		return c.Floats
	}
	ra, dec, rowc, colc, flux := column("RA"), column("DEC"), column("ROWC"), column("COLC"), column("PSFFLUX")
	const size = 21
	var wrong, away []float64
	offset := 0
	for i := range table.Rows {
		if slices.Min(flux[5*i:5*i+5]) < 5 {
			continue // too faint in some band to say where it is
		}
		cuts, err := CutoutBands(bands, ra[i], dec[i], size, size, Padded)
		if errors.Is(err, ErrNoOverlap) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for k, c := range cuts {
			if !slices.Equal(c.Shape, []int{size, size}) || math.Abs(c.ResidualX) > 0.5 || math.Abs(c.ResidualY) > 0.5 {
				t.Errorf("object %d, band %d: shape %v, residual (%v, %v)", i, k, c.Shape, c.ResidualX, c.ResidualY)
			}
			// SDSS counts pixel edges: the centre of the first pixel is 0.5. What the first band's cutout has at its middle is
			// here moved by the residual.
			first := cuts[0]
			dx := colc[5*i+k] - float64(c.X0) - (colc[5*i] - float64(first.X0))
			dy := rowc[5*i+k] - float64(c.Y0) - (rowc[5*i] - float64(first.Y0))
			if k > 0 {
				wrong = append(wrong, math.Hypot(dx-c.ResidualX, dy-c.ResidualY))
			}
			if c.X0 != first.X0 || c.Y0 != first.Y0 {
				offset++
			}
			im, err := bands[k].Cutout(float64(c.X0+size/2), float64(c.Y0+size/2), size, size, Padded)
			if err != nil {
				continue // this band shows nothing of it
			}
			for p, v := range im.Pixels {
				if v != c.Pixels[p] && v == v {
					t.Fatalf("object %d, band %d: pixel %d is %v, want %v", i, k, p, c.Pixels[p], v)
				}
			}
			x, y, err := c.WCS.ICRSToPixel(ra[i], dec[i])
			if err != nil {
				t.Fatal(err)
			}
			away = append(away, math.Hypot(colc[5*i+k]-0.5-float64(c.X0)-x, rowc[5*i+k]-0.5-float64(c.Y0)-y))
		}
	}
	slices.Sort(wrong)
	slices.Sort(away)
	// Some objects move between the exposures of the bands, and some measurements are of a neighbour: the median is robust.
	if len(wrong) < 400 || offset < len(wrong)/2 || wrong[len(wrong)/2] > 0.25 || away[len(away)/2] > 0.5 {
		t.Errorf("%d cutouts, %d of them offset, registered to %v pixels, %v from the catalogue's place (medians)", len(wrong), offset,
			wrong[len(wrong)/2], away[len(away)/2])
	}
	t.Logf("%d cutouts beside that of u, %d offset, registered to %.3f pixels, %.3f from the catalogue's place (medians)", len(wrong),
		offset, wrong[len(wrong)/2], away[len(away)/2])
}

// TestBandsAtEdges has a second band that lies 4 pixels to the right and 2.3 above, and one far away.
func TestBandsAtEdges(t *testing.T) {
	const size, scale = 12, 1e-4
	band := func(x, y float64, frame string) *HDU {
		im := &Image{Shape: []int{size, size}, Pixels: make([]float32, size*size)}
		for i := range im.Pixels {
			im.Pixels[i] = float32(i)
		}
		cards := NewTAN(x, y, 150, 2, [2][2]float64{{-scale, 0}, {0, scale}}).Cards()
		for i := range cards {
			if cards[i].Key == "RADESYS" {
				cards[i].Value = frame
			}
		}
		var b bytes.Buffer
		if err := WriteImages(&b, ImageHDU{Image: im, Header: cards}); err != nil {
			t.Fatal(err)
		}
		return openBytes(t, b.Bytes()).HDU(0)
	}
	first, second, far := band(6, 5, "ICRS"), band(10, 7.3, "ICRS"), band(900, 5, "ICRS")
	cut := func(mode EdgeMode, bands ...*HDU) ([]BandCutout, error) {
		return CutoutBands(bands, 150, 2, 5, 5, mode)
	}
	if _, err := cut(Strict, first, second); !errors.Is(err, ErrOverEdge) {
		t.Errorf("strict: %v", err)
	}
	if _, err := cut(Partial, first, far); !errors.Is(err, ErrNoOverlap) {
		t.Errorf("partial, with a band that shows nothing: %v", err)
	}
	if _, err := cut(Padded, first, openBytes(t, rawImage(8, []int{1, 1}, []byte{0})).HDU(0)); !errors.Is(err, ErrNoWCS) {
		t.Errorf("a band without coordinates: %v", err)
	}
	cuts, err := cut(Partial, first, second)
	if err != nil {
		t.Fatal(err)
	}
	for k, c := range cuts {
		y0, x0 := 3+2*k, 4+4*k
		if !slices.Equal(c.Shape, []int{5, 4}) || c.X0 != x0 || c.Y0 != y0 || c.Overlap != 0.8 || c.Pixels[0] != float32(y0*size+x0) {
			t.Errorf("partial, band %d: %+v", k, c)
		}
		if x, y, err := c.WCS.SkyToPixel(150, 2); err != nil || math.Abs(x-2) > 1e-6 || math.Abs(y-2-c.ResidualY) > 1e-6 {
			t.Errorf("partial, band %d: the object is at (%v, %v): %v", k, x, y, err)
		}
	}
	if c := cuts[1]; math.Abs(c.ResidualX) > 1e-6 || math.Abs(c.ResidualY-0.3) > 1e-6 {
		t.Errorf("residual (%v, %v), want (0, 0.3)", c.ResidualX, c.ResidualY)
	}
	if cuts, err = cut(Padded, first, second, far); err != nil {
		t.Fatal(err)
	}
	for k, overlap := range []float64{1, 0.8, 0} {
		c, undefined := cuts[k], 0
		for _, v := range c.Pixels {
			if v != v {
				undefined++
			}
		}
		if !slices.Equal(c.Shape, []int{5, 5}) || c.Overlap != overlap || undefined != 25-int(25*overlap) {
			t.Errorf("padded, band %d: %+v", k, c)
		}
	}
	ofFirst, _ := first.WCS()
	ofFK4, _ := band(6, 5, "FK4").WCS() // at another place on the sky
	u, v, err := ofFirst.PixelIn(ofFK4, 6, 5)
	if err != nil {
		t.Fatal(err)
	}
	ra, dec, err := ofFK4.PixelToICRS(u, v)
	if err != nil || math.Abs(ra-150) > 1e-9 || math.Abs(dec-2) > 1e-9 || math.Hypot(u-6, v-5) < 1000 {
		t.Errorf("(6, 5) is (%v, %v) of a band in FK4, which is at (%v, %v): %v", u, v, ra, dec, err)
	}
}
