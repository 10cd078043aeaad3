package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"

	"github.com/astrovit/astrovit/internal/arcs"
	"github.com/astrovit/astrovit/internal/whole"
)

// writeArcSheet draws cutouts in the colours of g, r and i, y upwards: rows of
// lenses, the Einstein radius growing from row to row, then of what has no arc,
// a row a kind.
func writeArcSheet(name string, maker *arcs.Maker, seed uint64) error {
	const zoom, gap, columns, lensRows = 2, 4, 10, 4
	const cell = zoom*arcs.Side + gap
	kinds := []arcs.Kind{arcs.Plain, arcs.Companions, arcs.EdgeOn, arcs.Spiral, arcs.Ring, arcs.Tail}
	sheet := image.NewRGBA(image.Rect(0, 0, columns*cell-gap, (lensRows+len(kinds))*cell-gap))
	maker.Lookalikes = 0.9
	filled := make([]int, lensRows+len(kinds))
	for i, left := uint64(0), columns*len(filled); left > 0; i++ {
		scene := maker.Make(i%2 == 0, rand.New(rand.NewPCG(seed, i)))
		row := int(lensRows * (scene.ThetaE - arcs.Radii[0]) / (arcs.Radii[1] - arcs.Radii[0]))
		for k, kind := range kinds {
			if scene.Kind == kind {
				row = lensRows + k
			}
		}
		if filled[row] == columns {
			continue
		}
		drawScene(sheet, scene, filled[row]*cell, row*cell, zoom)
		filled[row]++
		left--
	}
	var file bytes.Buffer
	if err := png.Encode(&file, sheet); err != nil {
		return err
	}
	return whole.WriteBytes(name, file.Bytes())
}

// drawScene draws a scene as Lupton et al. 2004 do: an asinh of the intensity,
// the same for all colours.
func drawScene(sheet *image.RGBA, scene arcs.Scene, left, top, zoom int) {
	const soft, top8 = 15, 5
	weights := [3]float64{1, 1.4, 2.2} // of i, r and g
	for k := range arcs.Side * arcs.Side {
		var v [3]float64
		mean := 0.0
		for c := range v {
			v[c] = weights[c] * float64(scene.Images[2-c][k])
			mean += v[c] / 3
		}
		factor := 0.0
		if mean > 0 {
			factor = 255 * math.Asinh(mean/soft) / mean / top8
		}
		ink := color.RGBA{A: 255}
		for c, to := range []*uint8{&ink.R, &ink.G, &ink.B} {
			*to = uint8(min(255, max(0, v[c]*factor)))
		}
		y := arcs.Side - 1 - k/arcs.Side
		for z := range zoom * zoom {
			sheet.SetRGBA(left+k%arcs.Side*zoom+z%zoom, top+y*zoom+z/zoom, ink)
		}
	}
}
