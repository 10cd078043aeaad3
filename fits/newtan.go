package fits

import (
	"fmt"
	"math"
)

// NewTAN returns a gnomonic coordinate system in ICRS. (x, y) is the 0-based pixel position of the reference point,
// (ra, dec) its direction in degrees, and cd the linear transformation in degrees per pixel, with rows right ascension
// and declination and columns x and y: north up and east left at a scale s is {{-s, 0}, {0, s}}.
//
// A singular matrix, a declination beyond the poles and numbers that are not finite are a panic.
func NewTAN(x, y, ra, dec float64, cd [2][2]float64) *WCS {
	for _, v := range []float64{x, y, ra, dec} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			panic("fits: NewTAN needs finite numbers")
		}
	}
	if math.Abs(dec) > 90 {
		panic("fits: NewTAN needs a declination within 90 degrees")
	}
	w := &WCS{
		at:         place{"NewTAN", -1},
		ctype:      [2]string{"RA---TAN", "DEC--TAN"},
		pixel:      [2]int{1, 2},
		world:      [2]int{1, 2},
		crpix:      [2]float64{x + 1, y + 1},
		crval:      [2]float64{ra, dec},
		projection: projections["TAN"],
		toICRS:     icrs,
	}
	if !w.setMatrix(cd) {
		panic("fits: NewTAN needs a matrix with an inverse")
	}
	w.setPole(defaultLonpole(dec))
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
		{"LONPOLE", w.lonpole, ""},
	}
	if w.toICRS.system != "" {
		cards = append(cards, Card{"RADESYS", w.toICRS.system, ""})
	}
	if w.toICRS.equinox != 0 {
		cards = append(cards, Card{"EQUINOX", w.toICRS.equinox, ""})
	}
	if w.distortion != nil {
		cards = append(cards, w.distortion.f.cards("A")...)
		cards = append(cards, w.distortion.g.cards("B")...)
	}
	return cards
}

func (c sipPolynomial) cards(name string) []Card {
	cards := []Card{{name + "_ORDER", max(len(c)-1, 0), "SIP distortion"}}
	for p := range c {
		for q, v := range c[p] {
			if v != 0 {
				cards = append(cards, Card{fmt.Sprintf("%s_%d_%d", name, p, q), v, ""})
			}
		}
	}
	return cards
}
