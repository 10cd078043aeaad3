package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/sim"
	"github.com/astrovit/astrovit/internal/whole"
)

// Where the simulated sky is said to be, and its scales, which are about those of SDSS frames in r.
const (
	tileSide  = 512
	ra, dec   = 150.1, 2.2   // degrees
	pixelSize = 0.396 / 3600 // degrees
	electrons = 1000         // detected per nanomaggy
)

func writeTile(folder string, seed uint64) error {
	image, truth, err := makeTile(seed)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	if err := whole.WriteBytes(filepath.Join(folder, "tile.fits"), image); err != nil {
		return err
	}
	return whole.WriteBytes(filepath.Join(folder, "truth.csv"), truth)
}

// makeTile returns a tile as a FITS file and its objects as a CSV table, in the order of a scan.
func makeTile(seed uint64) (image, truth []byte, err error) {
	field, pixels := sim.Tile(tileSide, seed)
	wcs := northUp(tileSide)
	var file, table bytes.Buffer
	if err := writeImage(&file, field, pixels, wcs, seed); err != nil {
		return nil, nil, err
	}
	rows := csv.NewWriter(&table)
	rows.Write([]string{"id_str", "x", "y", "ra", "dec", "label"})
	for i, o := range field.Objects {
		lon, lat, err := wcs.PixelToICRS(o.X, o.Y)
		if err != nil {
			return nil, nil, err
		}
		rows.Write([]string{"sim" + strconv.Itoa(i+1), decimal(o.X, 2), decimal(o.Y, 2), decimal(lon, 6), decimal(lat, 6), o.Class.String()})
	}
	rows.Flush()
	return file.Bytes(), table.Bytes(), rows.Error()
}

func decimal(v float64, digits int) string { return strconv.FormatFloat(v, 'f', digits, 64) }

// northUp returns the coordinate system of a square field: TAN, the reference in its middle.
func northUp(side int) *fits.WCS {
	middle := float64(side-1) / 2
	return fits.NewTAN(middle, middle, ra, dec, [2][2]float64{{-pixelSize, 0}, {0, pixelSize}})
}

// writeImage writes a field, whose pixels are in electrons, as FITS in nanomaggies, with cards that say that no telescope has seen it.
func writeImage(file *bytes.Buffer, f *sim.Field, pixels []float32, wcs *fits.WCS, seed uint64) error {
	cards := []fits.Card{
		{Key: "OBJECT", Value: "SIMULATED SKY", Comment: "not an observation"},
		{Key: "ORIGIN", Value: "astrovit testdata/make", Comment: "the program that made this file"},
		{Key: "SIMSEED", Value: int64(seed), Comment: "seed of the simulation"},
		{Key: "BUNIT", Value: "nanomaggy", Comment: "22.5 mag is 1; sky subtracted"},
		{Key: "GAIN", Value: float64(electrons), Comment: "electrons per unit"},
		{Key: "SKYLEVEL", Value: f.Noise.Sky, Comment: "electrons per pixel, subtracted"},
		{Key: "RDNOISE", Value: f.Noise.Read, Comment: "read noise in electrons"},
		{Key: "SKYSIGMA", Value: f.Noise.Sigma() / electrons, Comment: "standard deviation of an empty pixel"},
		{Key: "SEEING", Value: f.Seeing.FWHM(), Comment: "full width at half maximum in pixels"},
	}
	scaled := make([]float32, len(pixels))
	for i, v := range pixels {
		scaled[i] = v / electrons
	}
	return fits.WriteImages(file, fits.ImageHDU{
		Image:  &fits.Image{Shape: []int{f.Height, f.Width}, Pixels: scaled},
		Header: append(cards, wcs.Cards()...),
	})
}
