package pixels

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/astrovit/astrovit/fits"
)

// A Plane is the rule by which an image's mask or weight is found: another
// extension of its file, as [MASK] or [2], or another file, as OLD=NEW, which
// says what to replace where it last occurs in the image's name. With both,
// image.fits=mask.fits[DQ] makes tile-mask.fits[DQ] of tile-image.fits. The empty
// Plane is none.
type Plane string

// Validate reports a rule that is neither.
func (p Plane) Validate() error {
	old, _, replaces := strings.Cut(string(p), "=")
	if p == "" || p.extension() != "" || replaces && old != "" {
		return nil
	}
	return fmt.Errorf("%q must be an extension, such as [MASK] or [2], or OLD=NEW, what to replace in the name of the image", string(p))
}

// extension is the one of the image's own file that is meant; empty if another file is.
func (p Plane) extension() string {
	if len(p) > 2 && p[0] == '[' && p[len(p)-1] == ']' {
		return string(p[1 : len(p)-1])
	}
	return ""
}

// of is the name of an image's plane.
func (p Plane) of(name string) (string, error) {
	if p.extension() != "" {
		path, _ := Split(name)
		return path + string(p), nil
	}
	old, new, _ := strings.Cut(string(p), "=")
	at := strings.LastIndex(name, old)
	if at < 0 {
		return "", fmt.Errorf("%s: there is no %q in the name to be replaced by %q", name, old, new)
	}
	return name[:at] + new + name[at+len(old):], nil
}

// Paths are the files that an image is read from, with those of its masks and
// weights, each once. What a rule finds no name for is left out.
func (s Source) Paths() (paths []string) {
	add := func(name string) {
		if path, _ := Split(name); path != "" && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	for _, name := range s.Files {
		add(name)
		for _, p := range []Plane{s.Mask, s.Weight} {
			if p == "" || name == "" {
				continue
			}
			if of, err := p.of(name); err == nil {
				add(of)
			}
		}
	}
	return paths
}

// plane is a mask or a weight.
type plane struct {
	*layer
	excludes func(v float32) (bool, error)
	onto     *mapping // from the pixels of its image; nil where it lies pixel on pixel
}

// planes opens the mask and the weight of an image.
func (fs *files) planes(l *layer, s Source) error {
	for _, p := range []struct {
		what     string
		rule     Plane
		excludes func(float32) (bool, error)
	}{
		{"mask", s.Mask, bad(s.MaskBits)},
		{"weight", s.Weight, func(v float32) (bool, error) { return !(v > 0), nil }},
	} {
		if p.rule == "" {
			continue
		}
		name, err := p.rule.of(l.name)
		var of *layer
		if err == nil {
			of, err = fs.layer(name, s.HDU, len(s.Files) > 1)
		}
		if err != nil {
			return fmt.Errorf("%s of %s: %w", p.what, l.name, err)
		}
		same := l.shape
		if of.shape.bands == 1 {
			same.bands = 1
		}
		onto, err := of.onto(l)
		if err != nil {
			return fmt.Errorf("%s of %s: %w", p.what, l.name, err)
		}
		switch {
		case of.shape == same && (onto == nil || onto.whole && onto.dx == 0 && onto.dy == 0):
			onto = nil
		case onto == nil || of.shape.bands != same.bands:
			return of.formatError("%s, where %s is %s; a %s without sky coordinates that tell where it lies has the shape of its image, or that without bands",
				of.describe(), l.name, l.describe(), p.what)
		default:
			onto.finer = 1 // flags have no mean
		}
		l.planes = append(l.planes, plane{of, p.excludes, onto})
	}
	return nil
}

// exactInteger is the least whole number that float32 rounds others to.
const exactInteger = 1 << 24

// bad tells whether a mask's value has one of the bits, or with none any at all.
func bad(bits uint32) func(float32) (bool, error) {
	if bits == 0 {
		return func(v float32) (bool, error) { return v != 0, nil } // NaN too
	}
	return func(v float32) (bool, error) {
		if v != v {
			return true, nil
		}
		if !(v < exactInteger && v > -exactInteger) {
			return false, fmt.Errorf("%g is too large a number for its bits to be known", v)
		}
		return int64(v)&int64(bits) != 0, nil
	}
}

// exclude makes the pixels that the plane excludes undefined. Pixels are those of
// the image in the rows and columns of one cutout, of all bands.
func (p plane) exclude(pixels []float32, cutout, y0, y1, x0, x1 int) error {
	values, err := p.values(cutout, box{x0, y0, x1, y1})
	if err != nil {
		return err
	}
	for i, v := range values {
		out, err := p.excludes(v)
		if err != nil {
			return &fits.UnsupportedError{File: p.name, HDU: p.hduIndex(), Reason: err.Error()}
		}
		for k := i; out && k < len(pixels); k += len(values) { // in all bands, of a plane for all
			pixels[k] = excluded
		}
	}
	return nil
}

// values are those of the plane at the pixels b of one cutout of its image: of all bands, or of the plane for all.
func (p plane) values(cutout int, b box) ([]float32, error) {
	if p.onto == nil {
		return p.read(cutout, b.y0, b.y1, b.x0, b.x1)
	}
	n := b.width() * b.height()
	values := make([]float32, p.shape.bands*n)
	for band := range p.shape.bands {
		w := warp{layer: p.only(band), cutout: cutout, mapping: p.onto, kernel: nearest}
		if err := w.fill(values[band*n:], b.width(), b); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// excluded is the value of an excluded pixel: a NaN with 1954 for its payload,
// which R has for values that are missing.
var excluded = math.Float32frombits(0x7fc00000 | 1954)

// Excluded counts the pixels of a window that masks and weights exclude. Of a band that was
// resampled, they are those that are undefined with an excluded pixel under the kernel.
func Excluded(pixels []float32) (n int) {
	for _, v := range pixels {
		if isExcluded(v) {
			n++
		}
	}
	return n
}

func isExcluded(v float32) bool { return math.Float32bits(v) == math.Float32bits(excluded) }
