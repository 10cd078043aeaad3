package fits

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/astrovit/astrovit/fits/internal/projection"
)

// NewTAN returns a gnomonic coordinate system in ICRS. (x, y) is the 0-based pixel position of the reference point,
// (ra, dec) its direction in degrees, and cd the linear transformation in degrees per pixel, with rows right ascension
// and declination and columns x and y: north up and east left at a scale s is {{-s, 0}, {0, s}}.
//
// A singular matrix, a declination beyond the poles and numbers that are not finite are a panic.
func NewTAN(x, y, ra, dec float64, cd [2][2]float64) *WCS {
	if !isFinite(x, y, ra, dec) {
		panic("fits: NewTAN needs finite numbers")
	}
	if math.Abs(dec) > 90 {
		panic("fits: NewTAN needs a declination within 90 degrees")
	}
	w := &WCS{
		at:        place{"NewTAN", -1},
		ctype:     [2]string{"RA---TAN", "DEC--TAN"},
		pixel:     [2]int{1, 2},
		world:     [2]int{1, 2},
		crpix:     [2]float64{x + 1, y + 1},
		crval:     [2]float64{ra, dec},
		code:      "TAN",
		reference: reference{theta: 90, lon: ra, lat: dec, latpole: 90},
		toICRS:    icrs,
	}
	if !w.setMatrix(cd) {
		panic("fits: NewTAN needs a matrix with an inverse")
	}
	w.projection, _ = projection.New("TAN", nil)
	w.reference.lonpole = w.reference.defaultLonpole()
	w.pole, _ = w.reference.rotation() // a zenithal projection always has one
	return w
}

// Shift returns the coordinate system of a section of the image, whose pixel (0, 0) is pixel (x, y) of the image.
func (w *WCS) Shift(x, y float64) *WCS {
	s := *w
	s.crpix[0] -= x
	s.crpix[1] -= y
	return &s
}

// Cards returns header cards that describe the coordinate system, for WriteImages. Longitude becomes axis 1 and x image
// axis 1, units are degrees and the linear transformation is CDi_j, whatever form it was read from.
func (w *WCS) Cards() []Card {
	cards := []Card{
		{"WCSAXES", 2, "number of coordinate axes"},
		{"CTYPE1", w.ctype[0], ""},
		{"CTYPE2", w.ctype[1], ""},
		{"CUNIT1", "deg", ""},
		{"CUNIT2", "deg", ""},
		{"CRPIX1", w.crpix[0], "reference pixel, 1-based"},
		{"CRPIX2", w.crpix[1], ""},
		{"CRVAL1", w.crval[0], "longitude of the reference pixel"},
		{"CRVAL2", w.crval[1], "latitude of the reference pixel"},
		{"CD1_1", w.matrix[0][0], "degrees per pixel"},
		{"CD1_2", w.matrix[0][1], ""},
		{"CD2_1", w.matrix[1][0], ""},
		{"CD2_2", w.matrix[1][1], ""},
		{"LONPOLE", w.reference.lonpole, ""},
		{"LATPOLE", w.reference.latpole, ""},
	}
	for axis, pv := range w.pv {
		for _, m := range slices.Sorted(maps.Keys(pv)) {
			cards = append(cards, Card{fmt.Sprintf("PV%d_%d", axis+1, m), pv[m], ""})
		}
	}
	if w.toICRS.system != "" {
		cards = append(cards, Card{"RADESYS", w.toICRS.system, ""})
	}
	if w.toICRS.equinox != 0 {
		cards = append(cards, Card{"EQUINOX", w.toICRS.equinox, ""})
	}
	return slices.Concat(cards, w.sip, w.wat)
}
