package patch

import (
	"math"

	"golang.org/x/image/draw"
)

// Filter is an interpolation kernel.
type Filter string

const (
	// Bilinear is the triangle.
	Bilinear Filter = "bilinear"
	// Bicubic is Keys' cubic with a = -1/2 (Keys 1981), also called
	// Catmull-Rom: that of Pillow, and of torch with antialias.
	Bicubic Filter = "bicubic"
	// Bicubic75 is the cubic with a = -3/4: that of torch without antialias.
	Bicubic75 Filter = "bicubic75"
)

func (f Filter) kernel() draw.Kernel {
	switch f {
	case Bilinear:
		return *draw.BiLinear
	case Bicubic:
		return *draw.CatmullRom
	case Bicubic75:
		return draw.Kernel{Support: 2, At: cubic75}
	}
	panic("patch: no such filter")
}

func cubic75(t float64) float64 {
	const a = -0.75
	if t < 1 {
		return ((a+2)*t-(a+3))*t*t + 1
	}
	return ((t-5)*t+8)*t*a - 4*a
}

// Resize interpolates every band of im [C, H, W] to height x width, in float,
// with pixel centres at half-integers. Undefined pixels spread as far as the
// kernel reaches.
//
// With antialias the kernel widens where the image shrinks, and is cut and
// normalised at the edges, as in Pillow and in torch's antialias=True. Without
// it the edge pixels are repeated, as in torch's interpolate with
// align_corners=False.
func Resize(im Image, height, width int, filter Filter, antialias bool) Image {
	h, w := im.plane()
	return ResizePart(im, Part{Width: float64(w), Height: float64(h)}, height, width, filter, antialias)
}

// A Part is a rectangle of an image, in pixels from the outer corner of the first one, whose centre is (0.5, 0.5).
type Part struct{ X, Y, Width, Height float64 }

// ResizePart is [Resize] of a part of im, which need not begin or end with a pixel. Pixels beyond the part that the kernel
// reaches take part, too.
func ResizePart(im Image, part Part, height, width int, filter Filter, antialias bool) Image {
	h, w := im.plane()
	out := NewImage(im.Bands(), height, width)
	rows, cols := taps(part.Y, part.Height, h, height, filter.kernel(), antialias), taps(part.X, part.Width, w, width, filter.kernel(), antialias)
	line := make([]float64, width)
	narrow := make([]float64, h*width)
	for c := range im.Bands() {
		src, dst := im.Band(c), out.Band(c)
		for y := range h {
			for x, t := range cols {
				sum := 0.0
				for i, weight := range t.weights {
					sum += weight * float64(src[y*w+t.at[i]])
				}
				narrow[y*width+x] = sum
			}
		}
		for y, t := range rows {
			clear(line)
			for i, weight := range t.weights {
				for x, v := range narrow[t.at[i]*width:][:width] {
					line[x] += weight * v
				}
			}
			for x, v := range line {
				dst[y*width+x] = float32(v)
			}
		}
	}
	return out
}

// tap is where an output pixel comes from.
type tap struct {
	at      []int
	weights []float64
}

// taps are where "to" pixels of an extent that begins at start come from, of an axis of "from" pixels.
func taps(start, extent float64, from, to int, kernel draw.Kernel, antialias bool) []tap {
	scale := extent / float64(to)
	widen := 1.0
	if antialias {
		widen = math.Max(1, scale)
	}
	support := kernel.Support * widen
	list := make([]tap, to)
	for i := range list {
		centre := start + (float64(i)+0.5)*scale - 0.5
		var t tap
		total := 0.0
		for j := int(math.Ceil(centre - support)); float64(j) <= centre+support; j++ {
			weight := 0.0
			if d := math.Abs(float64(j)-centre) / widen; d < kernel.Support {
				weight = kernel.At(d)
			}
			at := min(max(j, 0), from-1)
			if weight == 0 || antialias && at != j {
				continue
			}
			t.at, t.weights = append(t.at, at), append(t.weights, weight)
			total += weight
		}
		for k := range t.weights {
			t.weights[k] /= total
		}
		list[i] = t
	}
	return list
}
