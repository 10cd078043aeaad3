package infer

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/detect"
	"github.com/astrovit/astrovit/patch"
)

const (
	mostDetected = 1 << 29 // pixels of a plane, which is held in memory while it is searched
	stripPixels  = 1 << 21 // read of it at once
)

// Detection is how sources are found in tiles; without Detect they are not looked for.
type Detection struct {
	Detect     bool          `json:"-"`
	DetectBand string        `json:"-"` // name of one of the model's bands, or its number from 0; empty: the middle one
	Sources    detect.Config `json:"-"` // what counts as one
}

// checkDetection reports what cannot be detected, and finds the band.
func (r *run) checkDetection() error {
	switch {
	case !r.Detect && r.DetectBand != "":
		return cli.Usagef("--detect-band is that of --detect, which is not asked for")
	case !r.Detect:
		return nil
	case r.Positions != "":
		return cli.Usagef("--detect and --positions both say where to look in a tile")
	case r.As == AsCutout:
		return cli.Usagef("--detect finds sources in tiles; with --as cutout there is none")
	}
	if err := r.Sources.Validate(); err != nil {
		return cli.Usagef("%v", err)
	}
	names := r.model.Recipe.Bands
	if r.DetectBand == "" {
		r.band = r.bands() / 2
		return nil
	}
	if r.band = slices.Index(names, r.DetectBand); r.band >= 0 {
		return nil
	}
	number, err := strconv.Atoi(r.DetectBand)
	if err != nil || number < 0 || number >= r.bands() {
		return cli.Usagef("--detect-band %s: %s sees %d bands, called %q; name one, or give its number from 0", r.DetectBand, r.modelName(), r.bands(), names)
	}
	r.band = number
	return nil
}

// detect looks at a tile at the sources that are found in one of its bands.
func (r *run) detect(ctx context.Context, f *shared, s source, emit emit) error {
	sources, err := r.sources(ctx, f, s)
	runtime.GC() // the plane is gone, and windows may make garbage in its place
	switch {
	case ctx.Err() != nil:
		return ctx.Err() // the tile is not to blame
	case err != nil:
		return s.failed(err, emit)
	}
	if s.named {
		r.expect(len(sources))
	}
	note := noSky(f.WCSError())
	for _, found := range sources {
		x, y := thousandths(found.X), thousandths(found.Y)
		it := r.around(f, s, x, y, found.Petrosian)
		it.row.ID = s.id + "_" + decimal(x) + "_" + decimal(y)
		it.row.Measures = measured(f.WCS(), found)
		if found.Flags != 0 {
			it.row.Flag(strings.Split(found.Flags.String(), "|")...)
		}
		it.note, note = note, ""
		if err := emit(it); err != nil {
			return err
		}
	}
	return nil
}

// thousandths of a pixel are more than is measured, and make a name that can be read.
func thousandths(v float64) float64 { return math.Round(1000*v) / 1000 }

// sources finds them in the plane of one band, which is read in strips and let go of. Pixels that the mask and the weight
// exclude are undefined.
func (r *run) sources(ctx context.Context, f *shared, s source) ([]detect.Source, error) {
	_, height, width := f.Shape()
	if height > mostDetected/width {
		return nil, &fits.UnsupportedError{File: s.name, HDU: f.HDU(),
			Reason: fmt.Sprintf("has %d x %d pixels; sources are detected in %d at most, which are held in memory", width, height, mostDetected)}
	}
	// By default there may be as much garbage as there is plane. Having no pointers, the plane costs a collector nothing.
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	band, plane := f.Only(r.band), patch.NewImage(1, height, width)
	rows := max(1, stripPixels/width)
	for y := 0; y < height && ctx.Err() == nil; y += rows {
		strip, err := band.Window(0, 0, y, min(rows, height-y), width, 0)
		if err != nil {
			return nil, err
		}
		copy(plane.Pixels[y*width:], strip.Pixels)
	}
	return detect.Sources(ctx, plane, r.Sources, r.Workers)
}
