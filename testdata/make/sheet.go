package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"

	"github.com/astrovit/astrovit/internal/sim"
	"github.com/astrovit/astrovit/internal/whole"
)

// writeSheet draws cutouts of each class side by side, y upwards, on an asinh scale that shows the noise faintly.
func writeSheet(name string, columns int, seed uint64) error {
	const zoom, gap = 2, 4
	const cell = zoom*sim.WindowSide + gap
	sheet := image.NewGray(image.Rect(0, 0, columns*cell-gap, sim.Classes*cell-gap))
	for row := range sim.Classes {
		for column := range columns {
			i := column*sim.Classes + row // the same cutouts as in a set of this seed
			field, pixels := sim.Window(cutoutClass(i), seed, uint64(i))
			for k := range pixels {
				y := field.Height - 1 - k/field.Width
				grey := asinhGrey(float64(pixels[k]) / field.Noise.Sigma())
				for z := range zoom * zoom {
					sheet.SetGray(column*cell+k%field.Width*zoom+z%zoom, row*cell+y*zoom+z/zoom, grey)
				}
			}
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, sheet); err != nil {
		return err
	}
	return whole.WriteBytes(name, file.Bytes())
}

// asinhGrey maps a pixel in units of the noise: -1 is black, 60 white.
func asinhGrey(v float64) color.Gray {
	const low, high, soft = -1, 60, 3
	bottom, top := math.Asinh(low/soft), math.Asinh(high/soft)
	return color.Gray{Y: uint8(255 * min(1, max(0, (math.Asinh(v/soft)-bottom)/(top-bottom))))}
}
