package fits

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
)

// An EdgeMode says what becomes of a cutout that reaches beyond its image.
type EdgeMode uint8

const (
	Strict  EdgeMode = iota // it is an error
	Partial                 // it is trimmed to the image
	Padded                  // it keeps its size; what is beyond the edge is NaN
)

// ErrNoOverlap reports a cutout that has no pixel in common with its image, in every EdgeMode.
var ErrNoOverlap = errors.New("cutout lies beside the image")

// ErrOverEdge reports a Strict cutout that is not all on its image.
var ErrOverEdge = errors.New("cutout reaches over the edge of the image")

// A Cutout is a part of an image, and where it is.
type Cutout struct {
	Image
	X0, Y0  int     // pixel of the parent that is the cutout's first; negative where a padded one begins before the image
	Overlap float64 // how much of the area that was asked for is on the image, up to 1
	WCS     *WCS    // of the cutout's own pixels; nil where the image has none that can be read
}

// Cutout reads height × width pixels around the 0-based pixel position (x, y), x along NAXIS1; axes beyond the second are
// kept whole. It begins at pixel ceil(x - width/2), ceil(y - height/2), as Cutout2D of astropy does: an odd width is
// centred on the pixel nearest to x, an even one on the nearest edge between two pixels; half way between, on the lower one.
//
// It reads no more than Section does. A cutout beside the image is ErrNoOverlap, a Strict one over its edge ErrOverEdge.
func (h *HDU) Cutout(x, y float64, height, width int, mode EdgeMode) (*Cutout, error) {
	w, err := h.wcs()
	if err != nil {
		w = nil // pixels are there without
	}
	return h.cutoutAround([2]int{1, 2}, w, x, y, height, width, mode)
}

// CutoutSky is Cutout around a longitude and latitude in the header's own frame, in degrees. Height and width are along y
// and x of the WCS. It is ErrNoWCS, or the error of WCS or SkyToPixel, where there is no such pixel.
func (h *HDU) CutoutSky(lon, lat float64, height, width int, mode EdgeMode) (*Cutout, error) {
	return h.cutoutAt((*WCS).SkyToPixel, lon, lat, height, width, mode)
}

// CutoutICRS is CutoutSky around a right ascension and declination in the ICRS, in degrees.
func (h *HDU) CutoutICRS(ra, dec float64, height, width int, mode EdgeMode) (*Cutout, error) {
	return h.cutoutAt((*WCS).ICRSToPixel, ra, dec, height, width, mode)
}

func (h *HDU) cutoutAt(toPixel func(w *WCS, lon, lat float64) (x, y float64, err error), lon, lat float64,
	height, width int, mode EdgeMode) (*Cutout, error) {
	w, err := h.sky()
	if err != nil {
		return nil, err
	}
	x, y, err := toPixel(w, lon, lat)
	if err != nil {
		return nil, err
	}
	return h.cutoutAround(w.pixel, w, x, y, height, width, mode)
}

// prepareWCS has the coordinate system read when the first cutout asks for it.
func (h *HDU) prepareWCS() { h.wcs = sync.OnceValues(h.WCS) }

// sky returns the coordinate system, or an error that names the file.
func (h *HDU) sky() (*WCS, error) {
	w, err := h.wcs()
	if err == ErrNoWCS {
		err = h.at.wrap(err)
	}
	return w, err
}

func (h *HDU) cutoutAround(axes [2]int, w *WCS, x, y float64, height, width int, mode EdgeMode) (*Cutout, error) {
	asked, err := h.windowAround(x, y, height, width)
	if err != nil {
		return nil, err
	}
	whole, err := h.frame(axes)
	if err == nil && asked.and(whole).area() == 0 {
		err = h.beside(asked)
	}
	if err != nil {
		return nil, err
	}
	return h.cut(axes, w, asked, mode)
}

func (h *HDU) beside(asked window) error {
	return h.at.wrap(fmt.Errorf("%w: %v, of an image of shape %v", ErrNoOverlap, asked, h.shape))
}

// A window is a rectangle of pixels.
type window struct{ x0, y0, height, width int }

// farthest bounds positions and sizes, so that their sums do not overflow.
const farthest = 1 << 30

// windowAround returns the window of a cutout around a pixel.
func (h *HDU) windowAround(x, y float64, height, width int) (window, error) {
	if height < 1 || width < 1 || height > farthest || width > farthest {
		return window{}, h.at.wrap(fmt.Errorf("cutout of %d × %d pixels", height, width))
	}
	x0, y0 := math.Ceil(x-float64(width)/2), math.Ceil(y-float64(height)/2)
	if !(math.Abs(x0) < farthest && math.Abs(y0) < farthest) {
		return window{}, h.at.wrap(fmt.Errorf("%w: around pixel (%g, %g)", ErrNoOverlap, x, y))
	}
	return window{int(x0), int(y0), height, width}, nil
}

// and returns what two windows have in common; it has no area where they have nothing.
func (w window) and(v window) window {
	x0, y0 := max(w.x0, v.x0), max(w.y0, v.y0)
	return window{x0, y0, max(0, min(w.y0+w.height, v.y0+v.height)-y0), max(0, min(w.x0+w.width, v.x0+v.width)-x0)}
}

func (w window) area() float64 { return float64(w.height) * float64(w.width) }

func (w window) String() string {
	return fmt.Sprintf("%d × %d pixels from (%d, %d) on", w.height, w.width, w.x0, w.y0)
}

// frame returns the window that is the whole image in two of its axes, x and y by their 1-based numbers.
func (h *HDU) frame(axes [2]int) (window, error) {
	if err := h.readable(); err != nil {
		return window{}, err
	}
	n := len(h.shape)
	if n < max(2, axes[0], axes[1]) {
		return window{}, h.at.wrap(fmt.Errorf("cutout in axes %d and %d of an image of shape %v", axes[0], axes[1], h.shape))
	}
	return window{0, 0, min(h.shape[n-axes[1]], math.MaxInt32), min(h.shape[n-axes[0]], math.MaxInt32)}, nil
}

// cut reads a window in two axes of the image, x and y by their 1-based numbers. A Padded one may be beside the image.
func (h *HDU) cut(axes [2]int, w *WCS, asked window, mode EdgeMode) (*Cutout, error) {
	whole, err := h.frame(axes)
	if err != nil {
		return nil, err
	}
	there := asked.and(whole)
	overlap := there.area() / asked.area()
	switch {
	case overlap == 0 && mode == Padded && whole.area() > 0:
		there = window{0, 0, 1, 1} // for proof that the other axes are as long as the header says
	case overlap == 0:
		return nil, h.beside(asked)
	case mode == Strict && there != asked:
		return nil, h.at.wrap(fmt.Errorf("%w: %v, of an image of shape %v", ErrOverEdge, asked, h.shape))
	}
	row, column := len(h.shape)-axes[1], len(h.shape)-axes[0] // of the shape
	lo, hi := make([]int, len(h.shape)), h.Shape()
	lo[row], hi[row] = there.y0, there.y0+there.height
	lo[column], hi[column] = there.x0, there.x0+there.width
	im, err := h.Section(lo, hi)
	if err != nil {
		return nil, err
	}
	if overlap == 0 {
		im.Pixels = nil
	}
	got := there
	if mode == Padded && there != asked {
		got = asked
		shape := slices.Clone(im.Shape)
		shape[row], shape[column] = got.height, got.width
		at := make([]int, len(shape))
		at[row], at[column] = there.y0-got.y0, there.x0-got.x0
		im = im.padded(shape, at)
	}
	c := &Cutout{Image: *im, X0: got.x0, Y0: got.y0, Overlap: overlap}
	if w != nil {
		begin := map[int]int{axes[0]: got.x0, axes[1]: got.y0}
		c.WCS = w.Shift(float64(begin[w.pixel[0]]), float64(begin[w.pixel[1]]))
	}
	return c, nil
}

// padded returns a larger image of NaN that has im from an index on.
func (im *Image) padded(shape, at []int) *Image {
	out := undefined(shape)
	last := len(shape) - 1
	run := im.Shape[last]
	index, zero := make([]int, last), make([]int, last)
	for src := im.Pixels; len(src) > 0; src = src[run:] {
		to := 0
		for k, i := range index {
			to = (to + at[k] + i) * shape[k+1]
		}
		copy(out.Pixels[to+at[last]:], src[:run])
		advance(index, zero, im.Shape[:last])
	}
	return out
}

// undefined returns an image of NaN.
func undefined(shape []int) *Image {
	n := 1
	for _, length := range shape {
		n *= length
	}
	im := &Image{Shape: shape, Pixels: newPixels(n)}
	for i := range im.Pixels {
		im.Pixels[i] = float32(math.NaN())
	}
	return im
}
