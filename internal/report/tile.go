package report

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"github.com/astrovit/astrovit/internal/pixels"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/patch"
)

// tileArea is the pixels that the pictures of all tiles have together, tileSide the
// most on a side of one.
const (
	tileArea = 1 << 21
	tileSide = 1 << 12
)

// tile is a drawn tile.
type tile struct {
	at, name      string // place of its source, and what the run calls it
	height, width int    // of the image itself
	up            bool   // row 0 is at the bottom
	picture       string // a data URL
	err           error  // why there is none
}

// draw draws the tiles with most candidates, in the order of the run.
func (r *Report) draw(ctx context.Context, chosen []*Row) ([]tile, error) {
	onTile := slices.DeleteFunc(slices.Clone(chosen), func(row *Row) bool { return !row.onTile })
	groups := grouped(onTile)
	if len(groups) > Tiles {
		slices.SortStableFunc(groups, func(a, b group) int { return cmp.Compare(len(b.rows), len(a.rows)) })
		groups = groups[:Tiles]
		slices.SortFunc(groups, func(a, b group) int { return byNumber(a.rows[0], b.rows[0]) })
	}
	tiles := make([]tile, len(groups))
	for i, g := range groups {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		t := &tiles[i]
		t.at, t.name = g.at, g.rows[0].File
		t.err = r.drawTile(t, g.rows[0].Source, tileArea/len(groups))
	}
	return tiles, nil
}

func (r *Report) drawTile(t *tile, s pixels.Source, area int) error {
	s.Kernel = pixels.Bilinear // pixels are averaged, so a better one would not show
	f, err := pixels.Open(s)
	if err != nil {
		return err
	}
	defer f.Close()
	_, t.height, t.width = f.Shape()
	small, err := shrink(f, area)
	if err != nil {
		return err
	}
	p := prepare.Picture{Image: small, Photo: f.Photo()}
	if r.Colour != nil {
		r.Colour(&p)
	}
	if t.up = !f.Photo(); t.up {
		p.Image = p.Image.Flipped()
	}
	if !p.Photo {
		p.Image = prepare.InColour(p.Image, r.Bands)
	}
	shown, err := shade(p)
	if err != nil {
		return fmt.Errorf("%s: %w", t.name, err)
	}
	t.picture = encode(shown)
	return nil
}

// shrink is an image averaged in square blocks, of which there are at most area.
// It is read in strips. Undefined pixels take no part in the means.
func shrink(f *pixels.File, area int) (patch.Image, error) {
	bands, height, width := f.Shape()
	block := max(1, (max(height, width)+tileSide-1)/tileSide)
	blocks := func(n int) int { return (n + block - 1) / block }
	for blocks(height)*blocks(width) > area {
		block++
	}
	// Tiles of a compressed image are decompressed for each strip that meets them.
	const strip = 256
	rows := block * max(1, strip/block)

	small := patch.NewImage(bands, blocks(height), blocks(width))
	for y0 := 0; y0 < height; y0 += rows {
		part, err := f.Window(0, 0, y0, min(rows, height-y0), width, float32(math.NaN()))
		if err != nil {
			return patch.Image{}, err
		}
		for c := range bands {
			for y := y0; y < y0+part.Shape[1]; y += block {
				lines := part.Band(c)[(y-y0)*width : min(y-y0+block, part.Shape[1])*width]
				means(small.Band(c)[y/block*blocks(width):][:blocks(width)], lines, width, block)
			}
		}
	}
	return small, nil
}

// means writes the means of the blocks in some lines of an image to dst.
func means(dst, lines []float32, width, block int) {
	for i := range dst {
		sum, n := 0.0, 0
		for at := 0; at < len(lines); at += width {
			for _, v := range lines[at:][i*block : min((i+1)*block, width)] {
				if v-v == 0 {
					sum += float64(v)
					n++
				}
			}
		}
		dst[i] = float32(sum / float64(n)) // NaN of none
	}
}

// shade brings a picture to the screen: photos as they are; others so that faint and bright things
// are seen, three bands in colours after Lupton et al. (2004), any other number as grey, by asinh of the mean.
func shade(p prepare.Picture) (*image.RGBA, error) {
	im, white := p.Image, float32(255)
	if bands := im.Bands(); !p.Photo {
		white = 1
		kind := patch.Lupton
		if bands != 3 {
			kind, im = patch.Asinh, patch.MeanBand(im)
		}
		sample := make([][]float32, im.Bands())
		for c := range sample {
			sample[c] = im.Band(c)
		}
		stretch, err := patch.FitStretch(kind, patch.Background, sample)
		if err != nil {
			return nil, err
		}
		stretch.Fill(im) // the policy refuses nothing
		stretch.Apply(im)
	}
	height, width := im.Shape[1], im.Shape[2]
	shown := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range height * width {
		var rgb [3]uint8
		for c := range rgb {
			if v := im.Band(c % im.Bands())[i] / white; v > 0 { // not NaN
				rgb[c] = uint8(255*min(v, 1) + 0.5)
			}
		}
		shown.SetRGBA(i%width, i/width, color.RGBA{rgb[0], rgb[1], rgb[2], 255})
	}
	return shown, nil
}
