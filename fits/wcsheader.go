package fits

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// WCS returns the celestial coordinate system of an image, from the header's primary description (Paper I; the alternate
// ones, suffix A to Z, are not read). The linear part may be given as CDi_j, as PCi_j or the older PC00i00j with CDELTi,
// or as CDELTi with CROTAi.
//
// It is ErrNoWCS when the header has none, a *FormatError when it makes no sense, and an *UnsupportedError that names the
// keyword when it needs a projection or distortion that is not understood; TAN and TAN-SIP are.
func (h *HDU) WCS() (*WCS, error) {
	if !h.IsImage() {
		return nil, ErrNoWCS
	}
	return readWCS(h.header)
}

func readWCS(h *Header) (*WCS, error) {
	w := &WCS{at: h.at}
	if err := w.findAxes(h); err != nil {
		return nil, err
	}
	code, suffix, _ := strings.Cut(strings.TrimRight(w.ctype[0][5:], "- "), "-")
	latCode, _, _ := strings.Cut(strings.TrimRight(w.ctype[1][5:], "- "), "-")
	lonKey, latKey := fmt.Sprintf("CTYPE%d", w.world[0]), fmt.Sprintf("CTYPE%d", w.world[1])
	if code != latCode {
		return nil, h.at.formatError(latKey, "projection %q, but %s has %q", latCode, lonKey, code)
	}
	projection, ok := projections[code]
	if !ok {
		return nil, h.at.unsupported(lonKey, "projection %q", w.ctype[0])
	}
	if suffix != "" && suffix != "SIP" {
		return nil, h.at.unsupported(lonKey, "distortion %q", w.ctype[0])
	}
	w.projection = projection
	if err := w.readLinear(h); err != nil {
		return nil, err
	}
	if err := w.readDistortion(h); err != nil {
		return nil, err
	}
	if err := w.readPole(h); err != nil {
		return nil, err
	}
	w.toICRS = readFrame(h, w.ctype[0][:4], lonKey)
	return w, nil
}

// findAxes finds the pair of celestial axes by their CTYPE (Paper II, section 3.1).
func (w *WCS) findAxes(h *Header) error {
	for _, c := range h.cards {
		number, ok := strings.CutPrefix(c.Key, "CTYPE")
		n, err := strconv.Atoi(number)
		ctype, isText := c.Value.(string)
		if !ok || err != nil || n < 1 || n > 999 || !isText {
			continue
		}
		ctype = strings.ToUpper(ctype)
		if which := celestial(ctype); which >= 0 && w.world[which] == 0 {
			w.world[which], w.ctype[which] = n, ctype
		}
	}
	switch {
	case w.world[0] == 0 && w.world[1] == 0:
		return ErrNoWCS
	case w.world[0] == 0:
		return h.at.formatError(fmt.Sprintf("CTYPE%d", w.world[1]), "%q has no longitude beside it", w.ctype[1])
	case w.world[1] == 0:
		return h.at.formatError(fmt.Sprintf("CTYPE%d", w.world[0]), "%q has no latitude beside it", w.ctype[0])
	}
	w.pixel = [2]int{min(w.world[0], w.world[1]), max(w.world[0], w.world[1])}
	return nil
}

// celestial returns 0 for the CTYPE of a longitude with a projection, 1 for that of a latitude, and -1 otherwise.
func celestial(ctype string) int {
	if len(ctype) < 6 || ctype[4] != '-' {
		return -1
	}
	switch name := strings.TrimRight(ctype[:4], "-"); {
	case name == "RA", strings.HasSuffix(name, "LON"), len(name) == 4 && strings.HasSuffix(name, "LN"):
		return 0
	case name == "DEC", strings.HasSuffix(name, "LAT"), len(name) == 4 && strings.HasSuffix(name, "LT"):
		return 1
	}
	return -1
}

// readLinear reads reference point and linear transformation (Paper I, sections 2.1 and 2.2).
func (w *WCS) readLinear(h *Header) (err error) {
	for k, n := range w.pixel {
		if w.crpix[k], err = h.floatOr(fmt.Sprintf("CRPIX%d", n), 0); err != nil {
			return err
		}
	}
	var m [2][2]float64
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
	if !ok {
		return 0, 0
	}
	a, b, ok := strings.Cut(rest, "_")
	if !ok && len(rest) == 6 {
		a, b = rest[:3], rest[3:]
	}
	i, errA := strconv.Atoi(a)
	j, errB := strconv.Atoi(b)
	if errA != nil || errB != nil {
		return 0, 0
	}
	return i, j
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
func (w *WCS) rotate(h *Header, m [2][2]float64) ([2][2]float64, error) {
	rota, err := h.floatOr(fmt.Sprintf("CROTA%d", w.world[1]), 0)
	if err != nil || rota == 0 {
		return m, err
	}
	// Columns of the image axes of longitude and latitude: which of them is x depends on their order.
	lon, lat := 0, 1
	if w.world[0] > w.world[1] {
		lon, lat = 1, 0
	}
	sin, cos := sincosDegrees(rota)
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

// unitInDegrees returns the factor from CUNITi to degrees, the default unit of celestial axes (Paper II, section 2.2).
func (h *Header) unitInDegrees(i int) (float64, error) {
	key := fmt.Sprintf("CUNIT%d", i)
	switch unit := strings.ToLower(strings.TrimSpace(h.text(key))); unit {
	case "", "deg", "degree", "degrees":
		return 1, nil
	case "arcmin":
		return 1.0 / 60, nil
	case "arcsec":
		return 1.0 / 3600, nil
	case "mas":
		return 1.0 / 3600e3, nil
	case "rad":
		return 1 / degree, nil
	}
	return 0, h.at.unsupported(key, "unit %q of a celestial axis", h.text(key))
}

// readDistortion reads SIP and refuses every other sign of a distortion, which to ignore would put objects in the wrong
// place: SCAMP's PVi_m on a TAN projection, and lookup tables.
func (w *WCS) readDistortion(h *Header) (err error) {
	for n, k := range w.pixel {
		for _, key := range []string{fmt.Sprintf("CPDIS%d", k), fmt.Sprintf("D2IMDIS%d", k), fmt.Sprintf("CQDIS%d", k)} {
			if h.Has(key) {
				return h.at.unsupported(key, "distortion %s of image axis %d", h.text(key), n+1)
			}
		}
	}
	if w.distortion, err = readSIP(h); err != nil || w.distortion != nil {
		if err == nil && w.pixel != [2]int{1, 2} {
			err = h.at.unsupported("A_ORDER", "SIP distortion of image axes %d and %d", w.pixel[0], w.pixel[1])
		}
		return err // where SIP is given, PVi_m are leftovers of SCAMP
	}
	for _, c := range h.cards {
		axis, m := matrixElement(c.Key, "PV")
		if !strings.Contains(c.Key, "_") || axis == 0 || axis != w.world[0] && axis != w.world[1] {
			continue
		}
		standard := 0.0
		switch {
		case axis == w.world[0] && (m == 3 || m == 4):
			continue // LONPOLE and LATPOLE
		case axis == w.world[0] && m == 2:
			standard = 90 // native latitude of the reference point (Paper II, section 2.5)
		}
		if v, err := h.floatOr(c.Key, standard); err != nil || v != standard {
			return h.at.unsupported(c.Key, "a parameter that the %s projection does not have (SCAMP's distortion?)",
				w.projection.code)
		}
	}
	return nil
}

// readPole reads LONPOLE, or PVi_3 in its place (Paper II, section 2.4 and 2.5). LATPOLE means nothing to a zenithal
// projection.
func (w *WCS) readPole(h *Header) error {
	lonpole, err := h.floatOr("LONPOLE", defaultLonpole(w.crval[1]))
	if err != nil {
		return err
	}
	if lonpole, err = h.floatOr(fmt.Sprintf("PV%d_3", w.world[0]), lonpole); err != nil {
		return err
	}
	w.setPole(lonpole)
	return nil
}

// defaultLonpole is that of a zenithal projection whose reference point is at a latitude (Paper II, equation 8).
func defaultLonpole(latitude float64) float64 {
	if latitude >= 90 {
		return 0
	}
	return 180
}
