package cutout

import (
	"math"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/prepare"
)

// OffScale tells whether a pixel scale is more than a tenth off that of training, in the same unit.
func OffScale(scale, training float64) bool { return math.Abs(scale/training-1) > 0.1 }

// Describe fills in what a row says of its cutout: the HDU, the pixel and the sky position that the row lacks, and flags.
func (c Cutout) Describe(row *catalog.Prediction, r prepare.Recipe) {
	row.HDU = c.HDU
	c.locate(row)
	switch {
	case c.Unmeasured:
		row.Flag(catalog.FlagRadius)
		return
	case c.Pixels == nil:
		row.Flag(catalog.FlagOutside)
		return
	case c.Outside > 0:
		row.Flag(catalog.FlagEdge)
	}
	if c.offScale(r) {
		row.Flag(prepare.FlagScale)
	}
}

// locate fills in what a row lacks of its pixel and its sky position: either from the other, and both from the cutout's middle.
func (c Cutout) locate(row *catalog.Prediction) {
	pixel, sky := !math.IsNaN(row.X) && !math.IsNaN(row.Y), !math.IsNaN(row.RA) && !math.IsNaN(row.Dec)
	if !pixel {
		row.X, row.Y = c.X, c.Y
	}
	switch { // where the projection is not defined, what is not given stays so
	case c.WCS == nil:
	case !sky:
		row.RA, row.Dec, _ = c.WCS.PixelToICRS(row.X, row.Y)
	case !pixel:
		row.X, row.Y, _ = c.WCS.ICRSToPixel(row.RA, row.Dec)
	}
}

// offScale tells whether the pixels are known not to be those of training, or the window ought to have been scaled and is not.
func (c Cutout) offScale(r prepare.Recipe) bool {
	return r.PixelScale > 0 && c.WCS != nil && OffScale(3600*c.WCS.PixelScale(), r.PixelScale) ||
		r.Petrosian > 0 && !c.TopFirst && !c.Scaled()
}
