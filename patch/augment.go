package patch

import (
	"math"
	"math/rand/v2"
)

// Augment is how a normalised training image [C, H, W] is varied: what a
// telescope could have seen of the same source. What is zero is left out.
type Augment struct {
	Flip   bool     // left to right, half of the time
	Rotate Rotation // which turns
	Shift  int      // by up to so many pixels along each axis; whole ones where neither an angle nor a zoom interpolates
	Zoom   float64  // by a factor from 1/(1+Zoom) to 1+Zoom, uniform in its logarithm
	Exact  float64  // probability that an angle is one of the quarter turns and there is no zoom, so that nothing is interpolated
	Blur   float64  // by a Gaussian with a sigma of up to so many pixels, as a point spread function would where the stretch is straight
	Noise  float64  // Gaussian, with a sigma of up to so many standard deviations, which are 1 in a normalised image
	Erase  float64  // probability that a rectangle becomes 0, the mean (random erasing)
}

// Rotation is a choice of turns.
type Rotation string

const (
	NoTurn       Rotation = "none" // as is the empty string
	QuarterTurns Rotation = "quarter"
	AnyAngle     Rotation = "any"
)

// Scratch is the memory of one goroutine's calls of [Augment.Apply]; a zero
// Scratch is ready.
type Scratch struct{ kernel, line, plane []float32 }

// Apply writes a random variation of src [C, H', W'] to dst [C, H, W], which is
// other memory: a geometry, interpolated once at most, then blur, noise and
// erasing. The same state of r gives the same variation. It allocates only
// what s keeps for the next.
//
// dst is the middle of src, as [Image.CenterCrop] has it, moved: of a src that
// is larger than dst it shows more where turns, shifts and zooms reach over the
// edge. Beyond src's own edge the nearest pixel is repeated. Zero would be the
// mean of skies and sources, a wedge that is brighter than the sky around it.
//
// Quarter turns, flips and shifts by whole pixels copy pixels as they are; other
// geometries blur a little, which no image is that a model is asked about. Of an
// oblong dst the quarter turns are half turns.
func (a Augment) Apply(dst, src Image, s *Scratch, r *rand.Rand) {
	if dst.Bands() != src.Bands() {
		panic("patch: images of different bands")
	}
	height, width := dst.plane()
	a.pose(height == width, r).resample(dst, src)
	if a.Blur > 0 {
		s.blur(dst, a.Blur*r.Float64())
	}
	if a.Noise > 0 {
		sigma := a.Noise * r.Float64()
		for i := range dst.Pixels {
			dst.Pixels[i] += float32(sigma * r.NormFloat64())
		}
	}
	if a.Erase > 0 && r.Float64() < a.Erase {
		erase(dst, r)
	}
}

// pose draws a geometry.
func (a Augment) pose(square bool, r *rand.Rand) pose {
	if a.Exact > 0 && r.Float64() < a.Exact {
		a.Zoom = 0
		if a.Rotate == AnyAngle {
			a.Rotate = QuarterTurns
		}
	}
	p := pose{zoom: 1, flip: a.Flip && r.IntN(2) == 1}
	switch a.Rotate {
	case NoTurn, "":
	case QuarterTurns:
		turns := r.IntN(4)
		if !square {
			turns &= 2
		}
		p.angle = float64(turns) * math.Pi / 2
	case AnyAngle:
		p.angle = 2 * math.Pi * r.Float64()
	default:
		panic("patch: no such rotation")
	}
	switch whole := a.Rotate != AnyAngle && a.Zoom == 0; {
	case a.Shift <= 0:
	case whole:
		p.dx, p.dy = float64(r.IntN(2*a.Shift+1)-a.Shift), float64(r.IntN(2*a.Shift+1)-a.Shift)
	default:
		p.dx, p.dy = float64(a.Shift)*symmetric(r), float64(a.Shift)*symmetric(r)
	}
	if a.Zoom > 0 {
		p.zoom = math.Exp(math.Log1p(a.Zoom) * symmetric(r))
	}
	return p
}

// symmetric is uniform from -1 to 1.
func symmetric(r *rand.Rand) float64 { return 2*r.Float64() - 1 }

// The parts of an image that are erased, the least height to width of one, and
// how often one that fits is sought.
const (
	leastErased, mostErased = 0.02, 0.4
	flattestErased          = 0.3
	eraseTries              = 10
)

// erase sets a rectangle of all bands to 0 (Zhong et al. 2017, arXiv:1708.04896,
// algorithm 1, but that height to width is uniform in its logarithm, so that
// neither is preferred).
func erase(im Image, r *rand.Rand) {
	h, w := im.plane()
	for range eraseTries {
		area := (leastErased + (mostErased-leastErased)*r.Float64()) * float64(h*w)
		root := math.Exp(0.5 * math.Log(flattestErased) * symmetric(r))
		height, width := int(math.Sqrt(area)*root+0.5), int(math.Sqrt(area)/root+0.5)
		if height > h || width > w {
			continue
		}
		x, y := r.IntN(w-width+1), r.IntN(h-height+1)
		for c := range im.Bands() {
			for row := y; row < y+height; row++ {
				clear(im.Band(c)[row*w+x:][:width])
			}
		}
		return
	}
}
