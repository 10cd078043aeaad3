// Package detect finds the sources on one plane of an image and measures them, much as SExtractor does (Bertin &
// Arnouts 1996, A&AS 117, 393; "B&A"):
//
//	mesh       the background and its noise, cell by cell, and a smooth surface through them
//	filter     the plane less its background, convolved with a pyramid; the runs of pixels above the threshold
//	islands    runs that touch, in a row or across corners
//	deblend    islands taken apart into objects
//	clean      objects that are a brighter neighbour's wings
//	measure    fluxes, radii and positions, on stamps of the unfiltered plane
//
// Pixel positions are 0-based, the centre of the first pixel being 0; lengths are pixels, fluxes the plane's unit times
// pixels, angles radians from the x axis towards the y axis.
//
// # Memory
//
// Beside the plane, which is only read, and whose size in bytes is S: a dozen rows a worker; 4 bytes a pixel above the
// threshold and 60 a run of such; 600 a source, of which there is one in a dozen pixels at most with the default
// MinArea; and a worker's island, 60 bytes a pixel of 4 million at most, and stamp, 40 MiB at most. On an SDSS frame,
// with 2 % of its pixels above the threshold, all this is S/5 at a time, and S/2 if nothing is ever collected. No plane
// makes it more than 20 S.
package detect

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/astrovit/astrovit/patch"
)

// Config is what counts as a source.
type Config struct {
	Cell      int     // side of the background's cells in pixels, roughly: an image is divided evenly
	Threshold float64 // for filtered pixels, in standard deviations of the unfiltered ones
	MinArea   int     // pixels above the threshold
	Levels    int     // of deblending, spaced exponentially from the threshold to the peak; 1: none
	Contrast  float64 // the share of an island's flux that a part needs to be a source of its own
}

// Default is the configuration that SExtractor comes with, but for MinArea, which it has since lowered to 3.
var Default = Config{Cell: 64, Threshold: 1.5, MinArea: 5, Levels: 32, Contrast: 0.005}

// Validate reports what cannot be.
func (c Config) Validate() error {
	for _, check := range []struct {
		ok   bool
		what string
		have any
	}{
		{c.Cell >= 8, "the cell of the background must have 8 pixels a side at least", c.Cell},
		{c.Threshold > 0, "the threshold must be positive", c.Threshold},
		{c.MinArea >= 1, "a source must have a pixel at least", c.MinArea},
		{c.Levels >= 1 && c.Levels <= 255, "the levels of deblending must be from 1 to 255", c.Levels},
		{c.Contrast >= 0 && c.Contrast <= 1, "the contrast of deblending must be from 0 to 1", c.Contrast},
	} {
		if !check.ok {
			return fmt.Errorf("detection: %s, not %v", check.what, check.have)
		}
	}
	return nil
}

// Flags say what to keep in mind about a source.
type Flags uint8

// The flags.
const (
	Edge      Flags = 1 << iota // it reaches the image's border, or its Kron aperture does
	Masked                      // there are undefined pixels in it or in its Kron aperture
	Deblended                   // it was one with others above the threshold
)

// String is the flags' words, joined by |.
func (f Flags) String() string {
	var words []string
	for i, word := range []string{"edge", "masked", "deblended"} {
		if f&(1<<i) != 0 {
			words = append(words, word)
		}
	}
	return strings.Join(words, "|")
}

// A Source is what was found.
type Source struct {
	X, Y       float64 // centroid under a Gaussian window as wide as the light (SExtractor's XWIN), or XIso, YIso
	XIso, YIso float64 // centroid of the filtered pixels above the threshold

	A, B  float64 // standard deviations of these along the major and the minor axis
	Theta float64 // angle of the major axis, from -pi/2 to pi/2
	Area  int     // their number

	IsoFlux    float64 // sum of these pixels, unfiltered
	KronFlux   float64 // within the ellipse of A and B whose semi-major axis is KronRadius (SExtractor's FLUX_AUTO)
	KronRadius float64 // 2.5 Kron radii (Kron 1980), at least 3.5 A
	HalfLight  float64 // radius of the circle that holds half of KronFlux
	Petrosian  float64 // radius around (X, Y), as SDSS defines it; NaN where there is none within 1.5 KronRadius

	Flags Flags
}

// Sources finds the sources on an image [1, H, W], in the order of the first pixel of their islands. NaN, infinite and
// absurd pixels (beyond 1e30) are undefined. They are bridged along their row if they are few, as in a star's saturated
// core, and are background otherwise.
//
// The same image gives the same sources for any number of workers. An image without noise has no sources. When ctx ends,
// its error is returned, after a row of cells, a strip of rows or an island at most.
func Sources(ctx context.Context, im patch.Image, c Config, workers int) ([]Source, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if len(im.Shape) != 3 || im.Shape[0] != 1 {
		panic("detect: an image that is not [1, H, W]")
	}
	if len(im.Pixels) == 0 {
		return nil, nil
	}
	if im.Shape[1] > maxSide || im.Shape[2] > maxSide {
		return nil, errors.New("detection: an image with more than 16777216 pixels a side")
	}
	p := &plane{width: im.Shape[2], height: im.Shape[1], pixels: im.Pixels}
	if !p.measureSky(ctx, c.Cell, workers) || ctx.Err() != nil {
		return nil, ctx.Err()
	}
	found := p.detect(ctx, c.Threshold, workers)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	islands := found.islands(c.MinArea)
	parts := make([][]object, len(islands))
	each(ctx, len(islands), workers, func() func(int) {
		return func(i int) { parts[i] = found.objects(islands[i], c) }
	})
	var objects []object
	for _, part := range parts {
		objects = append(objects, part...)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	objects = clean(objects)
	owners := newOwners(objects, p.height)
	sources := make([]Source, len(objects))
	each(ctx, len(objects), workers, func() func(int) {
		st := &stamp{plane: p, owners: owners}
		return func(i int) { sources[i] = st.measure(&objects[i], int32(i)) }
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return sources, nil
}

// maxSide keeps runs in 32 bits.
const maxSide = 1 << 24

// each calls do for 0 <= i < n, until ctx ends, on several goroutines; start makes each of them its own, with what it
// works in.
func each(ctx context.Context, n, workers int, start func() (do func(i int))) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(n, max(1, workers)) {
		wait.Go(func() {
			do := start()
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wait.Wait()
}

// sized is a slice of n numbers in the memory of another, if that is large enough.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
