package cutout

import (
	"math"

	"github.com/astrovit/astrovit/internal/pixels"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/patch"
)

const (
	finest     = 8       // pixels of an image, along a side, to one of the model's input; more are averaged as they are read
	coarsest   = 64      // the most that are believed: an object larger than that is none
	stripWidth = 1 << 18 // pixels that are read at once to be averaged
)

// scaled is the part of a tile around (x, y) that is as wide as the recipe says in units of a Petrosian radius, of so many
// pixels. Its sides need not be whole pixels; where they are more than finest times those of the model's input, blocks of
// k x k pixels are averaged as they are read, so that it takes finest squared times the memory of the input at most.
func scaled(f *pixels.File, x, y, radius float64, r prepare.Recipe) (Cutout, error) {
	c := blank(f, x, y)
	pitch := r.Petrosian * radius / float64(r.Size[1]) // pixels of the image to one of the input
	if !(pitch > 0 && pitch <= coarsest) {
		c.Unmeasured = true
		return c, nil
	}
	k := int(math.Ceil(pitch / finest))
	height, width := pitch*float64(r.Size[0]), pitch*float64(r.Size[1])
	left, top := x+0.5-width/2, y+0.5-height/2 // of the image's corner
	x0, columns, partX := axis(left, width, pitch, k)
	y0, rows, partY := axis(top, height, pitch, k)
	c.Part = patch.Part{X: partX, Y: partY, Width: width / float64(k), Height: height / float64(k)}

	bands, _, _ := f.Shape()
	c.Image = patch.NewImage(bands, rows, columns)
	strip := rows
	if k > 1 {
		strip = max(1, stripWidth/(k*k*columns))
	}
	for row := 0; row < rows; row += strip {
		n := min(strip, rows-row)
		var part prepare.Picture
		var err error
		if part.Image, err = f.Window(0, x0, y0+k*row, k*n, k*columns, float32(math.NaN())); err != nil {
			return Cutout{}, err
		}
		c.Excluded += pixels.Excluded(part.Pixels)
		r.Colour(&part)
		for band := range bands {
			average(c.Band(band)[row*columns:(row+n)*columns], part.Band(band), columns, k)
		}
	}
	c.Photo = r.RGB != ""
	c.Outside = outside(f, x0, y0, k*rows, k*columns) / (k * k)
	c.Excluded /= k * k
	return c, nil
}

// axis is the blocks of k pixels, n from pixel first on, that an extent is made of by a kernel of twice the larger pitch in
// width; it begins at block begin.
func axis(start, extent, pitch float64, k int) (first, n int, begin float64) {
	reach := k * int(math.Ceil(max(1, pitch/float64(k))))
	first = int(math.Floor(start)) - reach
	begin = (start - float64(first)) / float64(k)
	return first, int(math.Ceil(begin + (extent+float64(reach))/float64(k))), begin
}

// average writes the means of the blocks of k x k pixels of src, so many of them a row. Undefined pixels take no part; a
// block of them is undefined.
func average(dst, src []float32, columns, k int) {
	if k == 1 {
		copy(dst, src)
		return
	}
	for i := range dst {
		first := i/columns*k*k*columns + i%columns*k
		sum, n := 0.0, 0
		for j := range k * k {
			if v := src[first+j/k*k*columns+j%k]; v-v == 0 {
				sum, n = sum+float64(v), n+1
			}
		}
		dst[i] = float32(sum / float64(n)) // 0/0 where there is none
	}
}
