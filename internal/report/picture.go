package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"slices"

	"golang.org/x/image/draw"

	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/patch"
)

const (
	mostSide = 128     // of a candidate's picture, in pixels
	exact    = 1 << 14 // bytes of a PNG; what needs more is a JPEG
	quality  = 85      // of that
)

// picture is what a candidate looks like, as URLs of their own content.
type picture struct {
	image, heat string
	err         error // why there is none
}

// picture draws what the model sees and what it attends to.
func (r *Report) picture(s Sight) picture {
	im, heat := prepare.InColour(s.Image, r.Bands), s.Heat
	if !s.Photo {
		im, heat = im.Flipped(), heat.Flipped()
	}
	return picture{image: encode(fit(patch.Preview(im), mostSide)), heat: encode(patch.Heat(heat.Pixels, heat.Shape[1], heat.Shape[2]))}
}

// fit is a picture whose longer side has at most side pixels.
func fit(im *image.RGBA, side int) *image.RGBA {
	size := im.Bounds().Size()
	longer := max(size.X, size.Y)
	if longer <= side {
		return im
	}
	small := image.NewRGBA(image.Rect(0, 0, max(1, size.X*side/longer), max(1, size.Y*side/longer)))
	draw.CatmullRom.Scale(small, small.Bounds(), im, im.Bounds(), draw.Src, nil)
	return small
}

// encode is a picture as a data URL: a small one as PNG, unless that takes more
// bytes than one would think, others as JPEG.
func encode(im *image.RGBA) string {
	var shown image.Image = im
	if isGrey(im) {
		grey := image.NewGray(im.Bounds())
		draw.Draw(grey, grey.Bounds(), im, im.Bounds().Min, draw.Src)
		shown = grey
	}
	var b bytes.Buffer
	kind := "png"
	if small := max(im.Bounds().Dx(), im.Bounds().Dy()) <= mostSide; small {
		compress := png.Encoder{CompressionLevel: png.BestCompression}
		compress.Encode(&b, shown) // to memory, and of a picture with a size: nothing can go wrong
	}
	if b.Len() == 0 || b.Len() > exact {
		b.Reset()
		kind = "jpeg"
		jpeg.Encode(&b, shown, &jpeg.Options{Quality: quality})
	}
	return fmt.Sprintf("data:image/%s;base64,%s", kind, base64.StdEncoding.EncodeToString(b.Bytes()))
}

func isGrey(im *image.RGBA) bool {
	for p := range slices.Chunk(im.Pix, 4) {
		if p[0] != p[1] || p[1] != p[2] {
			return false
		}
	}
	return true
}
