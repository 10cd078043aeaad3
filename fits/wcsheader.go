package fits

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/astrovit/astrovit/fits/internal/distortion"
	"github.com/astrovit/astrovit/fits/internal/projection"
	"github.com/astrovit/astrovit/fits/internal/sphere"
)

// WCS returns the celestial coordinate system of an image, from the header's primary description (Paper I; the alternate
// ones, suffix A to Z, are not read). The linear part may be given as CDi_j, as PCi_j or the older PC00i00j with CDELTi,
// or as CDELTi with CROTAi. Every projection of Paper II is understood, with HPX and XPH, the older GLS and NCP, and the
// distortions SIP, TPV (SCAMP's on TAN too), TNX and ZPX, and the plate solutions of the Digitized Sky Survey. Of a cube, the
// two celestial axes are read.
//
// It is ErrNoWCS when the header has none, a *FormatError when it makes no sense, and an *UnsupportedError that names the
// keyword when it needs another projection, or a distortion by lookup tables.
func (h *HDU) WCS() (*WCS, error) {
	if !h.IsImage() {
		return nil, ErrNoWCS
	}
	return readWCS(h.header)
}

func readWCS(h *Header) (*WCS, error) {
	w := &WCS{at: h.at}
	var err error
	if h.Has("AMDX1") && h.Has("PPO3") {
		err = w.readPlate(h)
	} else {
		err = w.readAxes(h)
	}
	if err != nil {
		return nil, err
	}
	code, suffix := splitCode(w.ctype[0])
	latCode, _ := splitCode(w.ctype[1])
	lonKey := fmt.Sprintf("CTYPE%d", w.world[0])
	if code != latCode {
		return nil, h.at.formatError(fmt.Sprintf("CTYPE%d", w.world[1]), "projection %q, but %s has %q", latCode, lonKey, code)
	}
	if suffix != "" && suffix != "SIP" {
		return nil, h.at.unsupported(lonKey, "distortion %q", w.ctype[0])
	}
	if err := w.readDistortion(h, code); err != nil {
		return nil, err
	}
	if err := w.readProjection(h, code); err != nil {
		return nil, err
	}
	w.toICRS = readFrame(h, w.ctype[0][:4], lonKey)
	return w, nil
}

// readAxes reads all but projection and distortion.
func (w *WCS) readAxes(h *Header) (err error) {
	if err := w.findAxes(h); err != nil {
		return err
	}
	if err := w.readLinear(h); err != nil {
		return err
	}
	for axis, i := range w.world {
		if w.pv[axis], err = h.readParameters(i); err != nil {
			return err
		}
	}
	return nil
}

// splitCode splits a CTYPE such as RA---TAN-SIP after its coordinate.
func splitCode(ctype string) (code, suffix string) {
	code, suffix, _ = strings.Cut(strings.TrimRight(ctype[5:], "- "), "-")
	return code, suffix
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
	case latitudeOf(w.ctype[0][:4]) != w.ctype[1][:4]:
		return h.at.formatError(fmt.Sprintf("CTYPE%d", w.world[1]), "%q beside the longitude %q", w.ctype[1], w.ctype[0])
	}
	w.pixel = [2]int{min(w.world[0], w.world[1]), max(w.world[0], w.world[1])}
	return nil
}

// celestial returns 0 for the CTYPE of a longitude with a projection, 1 for that of a latitude, and -1 otherwise.
func celestial(ctype string) int {
	if len(ctype) < 6 || ctype[4] != '-' {
		return -1
	}
	switch name := ctype[:4]; {
	case name == "RA--", strings.HasSuffix(name, "LON"), strings.HasSuffix(name, "LN"):
		return 0
	case name == "DEC-", strings.HasSuffix(name, "LAT"), strings.HasSuffix(name, "LT"):
		return 1
	}
	return -1
}

// latitudeOf is what stands beside a longitude, both four characters of a CTYPE: RA-- and DEC-, xLON and xLAT, yzLN and yzLT.
func latitudeOf(longitude string) string {
	switch {
	case longitude == "RA--":
		return "DEC-"
	case longitude[1:] == "LON":
		return longitude[:1] + "LAT"
	}
	return longitude[:2] + "LT"
}

// readProjection makes the projection of its parameters, and reads where it lies on the sky.
func (w *WCS) readProjection(h *Header, code string) error {
	native, pv := w.pv[0], w.pv[1]
	if _, isTPV := w.ofPlane.(*distortion.TPV); isTPV {
		native, pv = nil, nil // they are the distortion's
	}
	w.code = code
	switch code {
	case "TPV", "TNX":
		w.code = "TAN"
	case "ZPX":
		w.code = "ZPN"
		var err error
		text := readWAT(h, w.world)
		if pv, err = text.parameters(); err != nil {
			return h.at.formatError(fmt.Sprintf("WAT%d_001", w.world[0]), "%v", err)
		}
	case "GLS": // AIPS: SFL, the plane's origin moved to the reference point (Paper II, section 6.1.4)
		w.code, native = "SFL", projection.Parameters{0: 1, 1: 0, 2: w.crval[1]}
	case "NCP": // AIPS: SIN as an array on the equator's parallel sees it (Paper II, section 6.1.2)
		sin, cos := sphere.SincosDegrees(w.crval[1])
		if sin == 0 {
			return h.at.formatError(fmt.Sprintf("CRVAL%d", w.world[1]), "want a latitude other than 0 for NCP")
		}
		w.code, pv = "SIN", projection.Parameters{2: cos / sin}
	}
	p, err := projection.New(w.code, pv)
	if errors.Is(err, projection.ErrUnknown) {
		return h.at.unsupported(fmt.Sprintf("CTYPE%d", w.world[0]), "projection %q", w.ctype[0])
	}
	for m, v := range native {
		if m > 4 && v != 0 {
			return h.at.unsupported(fmt.Sprintf("PV%d_%d", w.world[0], m), "a parameter that the %s projection does not have", w.code)
		}
	}
	var wrong *projection.ParameterError
	if errors.As(err, &wrong) {
		return h.at.formatError(fmt.Sprintf("PV%d_%d", w.world[1], wrong.M), "%v", wrong)
	}
	w.projection = p
	return w.readReference(h, native, p.Theta0())
}

// readReference reads LONPOLE and LATPOLE, and PVi_0 to PVi_4 of the longitude axis: whether the plane has its origin at
// the reference point, the point's native longitude and latitude, and in LONPOLE's and LATPOLE's place (Paper II, sections
// 2.4 and 2.5).
func (w *WCS) readReference(h *Header, native projection.Parameters, theta0 float64) (err error) {
	r := &w.reference
	r.phi, r.theta = native[1], native.Or(2, theta0)
	r.lon, r.lat = w.crval[0], w.crval[1]
	if math.Abs(r.theta) > 90 {
		return h.at.formatError(fmt.Sprintf("PV%d_2", w.world[0]), "want a latitude, have %g", r.theta)
	}
	if native[0] != 0 {
		x, y, ok := w.projection.Project(sphere.Unit(r.phi*sphere.Degree, r.theta*sphere.Degree))
		if !ok {
			return h.at.formatError(fmt.Sprintf("PV%d_0", w.world[0]), "the reference point is outside the %s projection", w.code)
		}
		w.origin = [2]float64{x, y}
	}
	if r.lonpole, err = h.floatOr("LONPOLE", r.defaultLonpole()); err != nil {
		return err
	}
	if r.latpole, err = h.floatOr("LATPOLE", 90); err != nil {
		return err
	}
	r.lonpole, r.latpole = native.Or(3, r.lonpole), native.Or(4, r.latpole)
	if w.pole, err = r.rotation(); err != nil {
		return h.at.formatError("LONPOLE", "%v", err)
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
		return 1 / sphere.Degree, nil
	}
	return 0, h.at.unsupported(key, "unit %q of a celestial axis", h.text(key))
}
