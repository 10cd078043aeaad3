package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/sim"
	"github.com/astrovit/astrovit/internal/whole"
)

// classColours are told apart by colour-blind eyes too (Okabe & Ito 2008).
var classColours = map[string]color.RGBA{
	sim.Elliptical.String(): {230, 159, 0, 255},
	sim.Spiral.String():     {86, 180, 233, 255},
	sim.EdgeOn.String():     {0, 158, 115, 255},
	sim.Merger.String():     {204, 121, 167, 255},
	sim.Lens.String():       {240, 228, 66, 255},
	sim.Star.String():       {170, 170, 170, 255},
}

// writePicture draws a simulated tile, y upwards, with what vit-infer says of it: the central cell of every window
// that is not empty, and its label.
func writePicture(name, tile, predictions string) error {
	f, err := fits.Open(tile)
	if err != nil {
		return err
	}
	defer f.Close()
	pixels, err := f.HDU(0).Read()
	if err != nil {
		return err
	}
	sigma, err := f.HDU(0).Header().Float("SKYSIGMA")
	if err != nil {
		return err
	}
	table, err := catalog.Read(predictions)
	if err != nil {
		return err
	}
	defer table.Close()

	const zoom = 2
	height, width := pixels.Shape[0], pixels.Shape[1]
	picture := image.NewRGBA(image.Rect(0, 0, zoom*width, zoom*height))
	for i := range zoom * width * zoom * height {
		x, y := i%(zoom*width), i/(zoom*width)
		v := pixels.Pixels[(height-1-y/zoom)*width+x/zoom]
		picture.Set(x, y, asinhGrey(float64(v)/sigma))
	}
	regular, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return err
	}
	face, err := opentype.NewFace(regular, &opentype.FaceOptions{Size: 12, DPI: 72})
	if err != nil {
		return err
	}
	columns := map[string]*catalog.Column{}
	for _, column := range []string{"x", "y", "label"} {
		if columns[column], err = table.Column(column); err != nil {
			return err
		}
	}
	for row := range table.Len() {
		label := columns["label"].String(row)
		ink, ok := classColours[label]
		if !ok {
			continue
		}
		x, errX := columns["x"].Float(row)
		y, errY := columns["y"].Float(row)
		if errX != nil || errY != nil {
			return fmt.Errorf("%s %s: numbers expected", predictions, table.Place(row))
		}
		const half = sim.CellSide / 2
		middleX, middleY := int(zoom*(x+0.5)), int(zoom*(float64(height)-0.5-y))
		frame(picture, image.Rect(middleX-zoom*half+1, middleY-zoom*half+1, middleX+zoom*half-1, middleY+zoom*half-1), ink)
		text := font.Drawer{Dst: picture, Src: image.NewUniform(ink), Face: face, Dot: fixed.P(middleX-zoom*half+4, middleY-zoom*half+13)}
		text.DrawString(label)
	}
	var file bytes.Buffer
	if err := png.Encode(&file, picture); err != nil {
		return err
	}
	return whole.WriteBytes(name, file.Bytes())
}

// frame draws the rim of a rectangle.
func frame(picture *image.RGBA, r image.Rectangle, ink color.RGBA) {
	for x := r.Min.X; x < r.Max.X; x++ {
		picture.SetRGBA(x, r.Min.Y, ink)
		picture.SetRGBA(x, r.Max.Y-1, ink)
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		picture.SetRGBA(r.Min.X, y, ink)
		picture.SetRGBA(r.Max.X-1, y, ink)
	}
}
