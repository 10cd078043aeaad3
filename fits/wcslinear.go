package fits

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/astrovit/astrovit/fits/internal/plane"
	"github.com/astrovit/astrovit/fits/internal/sphere"
)

// readLinear reads reference point and linear transformation (Paper I, sections 2.1 and 2.2).
func (w *WCS) readLinear(h *Header) (err error) {
	for k, n := range w.pixel {
		if w.crpix[k], err = h.floatOr(fmt.Sprintf("CRPIX%d", n), 0); err != nil {
			return err
		}
	}
	var m plane.Linear
	for row, i := range w.world {
		factor, err := h.unitInDegrees(i)
		if err != nil {
			return err
		}
		value, err := h.floatOr(fmt.Sprintf("CRVAL%d", i), 0)
		if err != nil {
			return err
		}
		w.crval[row] = value * factor
		for column, j := range w.pixel {
			element, err := h.linear(i, j)
			if err != nil {
				return err
			}
			m[row][column] = element * factor
		}
		if err := w.checkSeparable(h, i); err != nil {
			return err
		}
	}
	if !h.hasMatrix("PC") && !h.hasMatrix("CD") {
		if m, err = w.rotate(h, m); err != nil {
			return err
		}
	}
	if !isFinite(w.crval[0]) {
		return h.at.formatError(fmt.Sprintf("CRVAL%d", w.world[0]), "want a longitude, have %g", w.crval[0])
	}
	if math.Abs(w.crval[1]) > 90 {
		return h.at.formatError(fmt.Sprintf("CRVAL%d", w.world[1]), "want a latitude, have %g", w.crval[1])
	}
	if !w.setMatrix(m) {
		return h.at.formatError("CDELT", "the linear transformation %v has no inverse", m)
	}
	return nil
}

// hasMatrix reports whether any element of the PC or CD matrix is given, in today's form or the old one.
func (h *Header) hasMatrix(name string) bool {
	for _, c := range h.cards {
		if i, j := matrixElement(c.Key, name); i > 0 && j > 0 {
			return true
		}
	}
	return false
}

// matrixElement parses PCi_j and PC00i00j; it returns zeros for other keywords.
func matrixElement(key, name string) (i, j int) {
	rest, ok := strings.CutPrefix(key, name)
	if !ok { // most are others, and each is looked at many times
		return 0, 0
	}
	if i, j, ok := indices(key, name); ok {
		return i, j
	}
	if len(rest) != 6 {
		return 0, 0
	}
	i, errI := strconv.Atoi(rest[:3])
	j, errJ := strconv.Atoi(rest[3:])
	if errI != nil || errJ != nil {
		return 0, 0
	}
	return i, j
}

// indices parses a keyword of a name and two numbers, such as PVi_m.
func indices(key, name string) (i, m int, ok bool) {
	rest, ok := strings.CutPrefix(key, name)
	if !ok {
		return 0, 0, false
	}
	a, b, hasBoth := strings.Cut(rest, "_")
	if !hasBoth {
		return 0, 0, false
	}
	i, errI := strconv.Atoi(a)
	m, errM := strconv.Atoi(b)
	return i, m, errI == nil && errM == nil && i > 0 && m >= 0
}

// linear returns element i, j of the linear transformation in units of the world axis per pixel. PC wins over CD, and
// CD over CROTA, which is not looked at here, as in WCSLIB.
func (h *Header) linear(i, j int) (float64, error) {
	if !h.hasMatrix("PC") && h.hasMatrix("CD") {
		return h.matrixValue("CD", i, j, 0)
	}
	delta, err := h.floatOr(fmt.Sprintf("CDELT%d", i), 1)
	if err != nil {
		return 0, err
	}
	identity := 0.0
	if i == j {
		identity = 1
	}
	element, err := h.matrixValue("PC", i, j, identity)
	return delta * element, err
}

func (h *Header) matrixValue(name string, i, j int, otherwise float64) (float64, error) {
	if old := fmt.Sprintf("%s%03d%03d", name, i, j); h.Has(old) {
		return h.floatOr(old, otherwise)
	}
	return h.floatOr(fmt.Sprintf("%s%d_%d", name, i, j), otherwise)
}

// rotate applies CROTA of the latitude axis to a matrix that is CDELT alone (Paper II, section 6.1, equation 187).
func (w *WCS) rotate(h *Header, m plane.Linear) (plane.Linear, error) {
	rota, err := h.floatOr(fmt.Sprintf("CROTA%d", w.world[1]), 0)
	if err != nil || rota == 0 {
		return m, err
	}
	// Columns of the image axes of longitude and latitude: which of them is x depends on their order.
	lon, lat := 0, 1
	if w.world[0] > w.world[1] {
		lon, lat = 1, 0
	}
	sin, cos := sphere.SincosDegrees(rota)
	deltaLon, deltaLat := m[0][lon], m[1][lat]
	m[0][lon], m[0][lat] = deltaLon*cos, -deltaLat*sin
	m[1][lon], m[1][lat] = deltaLon*sin, deltaLat*cos
	return m, nil
}

// checkSeparable refuses a celestial axis that depends on image axes other than its two: a cube whose sky turns from
// plane to plane has no single map from (x, y).
func (w *WCS) checkSeparable(h *Header, i int) error {
	for _, c := range h.cards {
		for _, name := range []string{"PC", "CD"} {
			row, j := matrixElement(c.Key, name)
			if row != i || j < 1 || j == w.pixel[0] || j == w.pixel[1] {
				continue
			}
			if v, err := h.floatOr(c.Key, 0); err != nil || v != 0 {
				return h.at.unsupported(c.Key, "sky positions that depend on image axis %d", j)
			}
		}
	}
	return nil
}
