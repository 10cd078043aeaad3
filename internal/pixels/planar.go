package pixels

import (
	"image"
	"image/color"
)

// planar copies a decoded image into planes of float32 from 0 to 255. It sets
// s.bands to 1 for grey images.
func planar(im image.Image, s *shape, grey bool) []float32 {
	n := s.height * s.width
	switch im := im.(type) {
	case *image.Gray:
		s.bands = 1
		return deinterleave8(im.Pix, im.Stride, 1, s)
	case *image.Gray16:
		s.bands = 1
		return deinterleave16(im.Pix, im.Stride, 2, s)
	}
	if grey {
		s.bands = 1
	}
	switch im := im.(type) {
	case *image.RGBA:
		return deinterleave8(im.Pix, im.Stride, 4, s)
	case *image.NRGBA:
		return deinterleave8(im.Pix, im.Stride, 4, s)
	case *image.RGBA64:
		return deinterleave16(im.Pix, im.Stride, 8, s)
	case *image.NRGBA64:
		return deinterleave16(im.Pix, im.Stride, 8, s)
	}

	// YCbCr and CMYK of JPEG, palettes of PNG and TIFF: eight bits a channel.
	out := make([]float32, s.bands*n)
	b := im.Bounds()
	at := 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.NRGBAModel.Convert(im.At(x, y)).(color.NRGBA)
			out[at] = float32(c.R)
			if s.bands == 3 {
				out[n+at], out[2*n+at] = float32(c.G), float32(c.B)
			}
			at++
		}
	}
	return out
}

// deinterleave8 takes the first s.bands of the step bytes of each pixel.
func deinterleave8(pix []uint8, stride, step int, s *shape) []float32 {
	out := make([]float32, s.bands*s.height*s.width)
	at := 0
	for band := range s.bands {
		for y := range s.height {
			row := pix[y*stride:]
			for x := range s.width {
				out[at] = float32(row[x*step+band])
				at++
			}
		}
	}
	return out
}

// deinterleave16 is deinterleave8 for big-endian channels of two bytes, in the
// units of one: 65535 is 255.
func deinterleave16(pix []uint8, stride, step int, s *shape) []float32 {
	out := make([]float32, s.bands*s.height*s.width)
	at := 0
	for band := range s.bands {
		for y := range s.height {
			row := pix[y*stride:]
			for x := range s.width {
				k := x*step + 2*band
				out[at] = float32(uint16(row[k])<<8|uint16(row[k+1])) / 257
				at++
			}
		}
	}
	return out
}
