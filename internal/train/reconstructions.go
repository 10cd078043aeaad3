package train

import (
	"fmt"
	"image"
	"image/color"
	imagedraw "image/draw"
	"io"
	"path/filepath"

	"github.com/astrovit/astrovit/internal/plots"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/internal/whole"
	"github.com/astrovit/astrovit/patch"
)

const (
	reconstructionsFile = "reconstructions.png"
	reconstructed       = 8 // images in it
)

// maskedColour is that of patches which are not seen.
var maskedColour = color.RGBA{0x70, 0x78, 0x84, 0xff}

// report draws the curves, and what the last weights make of some images.
func (p *pretraining) report() error {
	for name, plot := range map[string]func(io.Writer) error{"curves.png": p.curves, reconstructionsFile: p.reconstructions} {
		if err := whole.Write(filepath.Join(p.Out, name), plot); err != nil {
			return err
		}
	}
	p.Log.Info(fmt.Sprintf("the encoder of the %s is in %s: fine-tune it with vit-train --init", p.kept(), filepath.Join(p.Out, "best")), "epoch", p.state.BestEpoch)
	return nil
}

// reconstructions draws validation images, what the encoder sees of them, and what the decoder makes of that.
func (p *pretraining) reconstructions(w io.Writer) error {
	l := *p.val
	n := min(reconstructed, len(p.val.examples))
	l.examples, l.batch = nil, n
	for i := range n {
		l.examples = append(l.examples, p.val.examples[i*len(p.val.examples)/n])
	}
	rows := []plots.Row{
		{Title: "validation images"},
		{Title: "what the encoder sees"},
		{Title: "reconstructed; each hidden patch in units of its own mean and standard deviation"},
	}
	for batch, err := range l.epoch(-1, 0) {
		if err != nil {
			return err
		}
		p.mask(&batch, -1, 0)
		patches := make([]float32, n*p.auto.Encoder.Config.Grid.Pixels())
		p.masked.Reconstruct(patches, batch)
		for i := range n {
			for k, picture := range p.pictures(&l.examples[i], patches, i, batch.Order) {
				rows[k].Pictures = append(rows[k].Pictures, picture)
			}
		}
	}
	return plots.Gallery(w, rows)
}

// pictures are the three of image i of a batch whose reconstructed patches are given.
func (p *pretraining) pictures(e *example, patches []float32, i int, order []int32) [3]image.Image {
	grid, seen := p.auto.Encoder.Config.Grid, p.auto.Config.Seen
	h, w := grid.Shape[0], grid.Shape[1]
	original, err := p.val.pictures.read(e)
	if err != nil {
		original = make([]float32, grid.Pixels()) // it could be read before
	}
	made := make([]float32, grid.Pixels())
	grid.Assemble(made, patches[i*grid.Pixels():][:grid.Pixels()])
	// Side by side they get the same limits and colours.
	both := patch.NewImage(grid.Channels, h, 2*w)
	recipe := p.model.Recipe
	for row := range grid.Channels * h {
		mean, std := float32(recipe.Mean[row/h]), float32(recipe.Std[row/h])
		for x := range w {
			both.Pixels[2*row*w+x], both.Pixels[(2*row+1)*w+x] = mean+std*original[row*w+x], mean+std*made[row*w+x]
		}
	}
	hidden := patch.NewImage(1, h, w)
	one := make([]float32, h*w)
	for _, n := range order[i*grid.Patches():][seen:grid.Patches()] {
		length := grid.Patch[0] * grid.Patch[1]
		for k := range length {
			one[int(n)*length+k] = 1
		}
	}
	grid.Channels = 1
	grid.Assemble(hidden.Pixels, one)
	if !p.val.pictures.photo { // row 0 is at the bottom
		both, hidden = both.Flipped(), hidden.Flipped()
	}
	look := patch.Preview(prepare.InColour(both, recipe.Bands))
	part := func(left int) *image.RGBA {
		to := image.NewRGBA(image.Rect(0, 0, w, h))
		imagedraw.Draw(to, to.Bounds(), look, image.Pt(left, 0), imagedraw.Src)
		return to
	}
	shown := part(0)
	for k, v := range hidden.Pixels {
		if v == 1 {
			shown.SetRGBA(k%w, k/w, maskedColour)
		}
	}
	return [3]image.Image{part(0), shown, part(w)}
}
