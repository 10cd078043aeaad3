package fits

import (
	"fmt"
	"math"
	"strings"

	"github.com/astrovit/astrovit/fits/internal/plane"
	"github.com/astrovit/astrovit/fits/internal/projection"
)

// readPlate reads the astrometric solution of a plate of the Digitized Sky Survey: a polynomial that takes millimetres on
// the plate to arcseconds on the tangent plane (Lasker et al. 1990, AJ 99, 2019; the DSS handbook, appendix C). It is
// turned into the TPV distortion that says the same. Where such a solution stands beside a CTYPE of TAN, that is an
// approximation, and the solution counts, as in WCSLIB.
func (w *WCS) readPlate(h *Header) error {
	number := func(key string) (float64, error) {
		if !h.Has(key) {
			return 0, h.at.formatError(key, "missing from the plate solution")
		}
		return h.floatOr(key, 0)
	}
	values := map[string]float64{}
	for _, key := range []string{"AMDX1", "PPO3", "PPO6", "XPIXELSZ", "YPIXELSZ", "CNPIX1", "CNPIX2", "PLTRAH", "PLTRAM", "PLTRAS",
		"PLTDECD", "PLTDECM", "PLTDECS"} {
		v, err := number(key)
		if err != nil {
			return err
		}
		values[key] = v
	}
	for _, key := range []string{"AMDX1", "XPIXELSZ", "YPIXELSZ"} {
		if values[key] == 0 {
			return h.at.formatError(key, "want a scale, have 0")
		}
	}
	w.ctype = [2]string{"RA---TPV", "DEC--TPV"}
	w.pixel, w.world = [2]int{1, 2}, [2]int{1, 2}
	w.crval[0] = 15 * (values["PLTRAH"] + values["PLTRAM"]/60 + values["PLTRAS"]/3600)
	w.crval[1] = values["PLTDECD"] + values["PLTDECM"]/60 + values["PLTDECS"]/3600
	if strings.TrimSpace(h.text("PLTDECSN")) == "-" {
		w.crval[1] = -w.crval[1]
	}
	if !isFinite(w.crval[0]) || !(math.Abs(w.crval[1]) <= 90) {
		return h.at.formatError("PLTRAH", "want a position in PLTRA and PLTDEC, have (%g, %g)", w.crval[0], w.crval[1])
	}
	w.crpix[0] = values["PPO3"]/values["XPIXELSZ"] - values["CNPIX1"] + 0.5
	w.crpix[1] = values["PPO6"]/values["YPIXELSZ"] - values["CNPIX2"] + 0.5
	scale := values["AMDX1"] / 3600 // degrees per millimetre
	micron := scale / 1000
	if !w.setMatrix(plane.Linear{{-micron * values["XPIXELSZ"], 0}, {0, micron * values["YPIXELSZ"]}}) {
		return h.at.formatError("XPIXELSZ", "the plate's scale has no inverse")
	}
	for axis, name := range []string{"AMDX", "AMDY"} {
		pv := projection.Parameters{1: 0}
		for k, terms := range plateTerms {
			a, err := h.floatOr(fmt.Sprintf("%s%d", name, k+1), 0)
			if err != nil {
				return err
			}
			for _, t := range terms {
				unit := 3600.0
				for range t.degree {
					unit *= scale
				}
				pv[t.m] += t.factor * a / unit
			}
		}
		w.pv[axis] = pv
	}
	return nil
}

// plateTerm is a term of TPV of some degree, PVi_m.
type plateTerm struct {
	m, degree int
	factor    float64
}

// plateTerms are those of AMDX1 to AMDX13, and of AMDY likewise: with o the axis' own coordinate, t the other and r their
// distance, o, t, 1, o², ot, t², r², o³, o²t, ot², t³, or², or⁴.
var plateTerms = [13][]plateTerm{
	{{1, 1, 1}}, {{2, 1, 1}}, {{0, 0, 1}}, {{4, 2, 1}}, {{5, 2, 1}}, {{6, 2, 1}}, {{4, 2, 1}, {6, 2, 1}},
	{{7, 3, 1}}, {{8, 3, 1}}, {{9, 3, 1}}, {{10, 3, 1}}, {{7, 3, 1}, {9, 3, 1}}, {{17, 5, 1}, {19, 5, 2}, {21, 5, 1}},
}
