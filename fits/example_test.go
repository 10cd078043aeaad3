package fits_test

import (
	"bytes"
	"fmt"
	"log"

	"github.com/astrovit/astrovit/fits"
)

// Write a small image with sky coordinates, and read a part of it back.
func Example() {
	image := &fits.Image{Shape: []int{100, 200}, Pixels: make([]float32, 100*200)}
	image.Pixels[50*200+120] = 7
	wcs := fits.NewTAN(99.5, 49.5, 150, 2, [2][2]float64{{-1e-4, 0}, {0, 1e-4}})
	var file bytes.Buffer
	if err := fits.WriteImages(&file, fits.ImageHDU{Image: image, Header: wcs.Cards()}); err != nil {
		log.Fatal(err)
	}

	f, err := fits.New(bytes.NewReader(file.Bytes()), int64(file.Len()), "example.fits")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	h := f.HDU(0)
	section, err := h.Section([]int{50, 118}, []int{52, 122})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(h.Shape(), section.Shape, section.Pixels)
	sky, err := h.WCS()
	if err != nil {
		log.Fatal(err)
	}
	ra, dec, err := sky.PixelToICRS(120, 50)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.5f %.5f\n", ra, dec)
	// Output:
	// [100 200] [2 4] [0 0 7 0 0 0 0 0]
	// 149.99795 2.00005
}

// Write a catalogue and read one of its columns.
func ExampleWriteTable() {
	var file bytes.Buffer
	err := fits.WriteTable(&file, "PREDICTIONS", []fits.Column{
		{Name: "id_str", Strings: []string{"a", "b"}},
		{Name: "ra", Unit: "deg", Floats: []float64{150.1, 150.2}},
	})
	if err != nil {
		log.Fatal(err)
	}
	f, err := fits.New(bytes.NewReader(file.Bytes()), int64(file.Len()), "predictions.fits")
	if err != nil {
		log.Fatal(err)
	}
	table, err := f.HDU(1).Table()
	if err != nil {
		log.Fatal(err)
	}
	ra, err := table.Column("ra")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(table.Rows, table.Names(), ra.Floats, ra.Unit)
	// Output: 2 [id_str ra] [150.1 150.2] deg
}

// Find where a position lies in an all-sky map in galactic coordinates, and what its corners show.
func ExampleWCS() {
	header := []fits.Card{
		{Key: "CTYPE1", Value: "GLON-AIT"}, {Key: "CTYPE2", Value: "GLAT-AIT"},
		{Key: "CRPIX1", Value: 180.5}, {Key: "CRPIX2", Value: 90.5},
		{Key: "CDELT1", Value: -1.0}, {Key: "CDELT2", Value: 1.0},
	}
	var file bytes.Buffer
	image := &fits.Image{Shape: []int{180, 360}, Pixels: make([]float32, 180*360)}
	if err := fits.WriteImages(&file, fits.ImageHDU{Image: image, Header: header}); err != nil {
		log.Fatal(err)
	}
	f, err := fits.New(bytes.NewReader(file.Bytes()), int64(file.Len()), "sky.fits")
	if err != nil {
		log.Fatal(err)
	}
	sky, err := f.HDU(0).WCS()
	if err != nil {
		log.Fatal(err)
	}
	x, y, err := sky.ICRSToPixel(83.6331, 22.0145) // the Crab
	if err != nil {
		log.Fatal(err)
	}
	lon, lat, err := sky.PixelToSky(x, y)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("pixel (%.3f, %.3f), l = %.4f, b = %.4f\n", x, y, lon, lat)
	_, _, err = sky.PixelToSky(0, 0)
	fmt.Println(err)
	// Output:
	// pixel (337.509, 81.490), l = 184.5575, b = -5.7843
	// sky.fits: HDU 0: outside the AIT projection: pixel (0, 0)
}

// A source at the edge of an image is cut out and written with its own coordinates.
func ExampleHDU_CutoutICRS() {
	image := &fits.Image{Shape: []int{100, 200}, Pixels: make([]float32, 100*200)}
	sky := fits.NewTAN(99.5, 49.5, 150, 2, [2][2]float64{{-1e-4, 0}, {0, 1e-4}})
	var file bytes.Buffer
	if err := fits.WriteImages(&file, fits.ImageHDU{Image: image, Header: sky.Cards()}); err != nil {
		log.Fatal(err)
	}
	f, err := fits.New(bytes.NewReader(file.Bytes()), int64(file.Len()), "tile.fits")
	if err != nil {
		log.Fatal(err)
	}
	cutout, err := f.HDU(0).CutoutICRS(150.0099, 2, 32, 32, fits.Padded)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%v pixels from (%d, %d) on, %.1f %% of them on the tile\n", cutout.Shape, cutout.X0, cutout.Y0, 100*cutout.Overlap)
	var out bytes.Buffer
	if err := fits.WriteImages(&out, fits.ImageHDU{Image: &cutout.Image, Header: cutout.WCS.Cards()}); err != nil {
		log.Fatal(err)
	}
	_, err = f.HDU(0).CutoutICRS(150.02, 2, 32, 32, fits.Padded)
	fmt.Println(err)
	// Output:
	// [32 32] pixels from (-15, 34) on, 53.1 % of them on the tile
	// tile.fits: HDU 0: cutout lies beside the image: 32 × 32 pixels from (-116, 34) on, of an image of shape [100 200]
}
