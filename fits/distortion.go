package fits

import (
	"fmt"
	"math"
	"strconv"
)

// A distortion moves the points of a plane: SIP those of the pixels, before the linear transformation, the others those of
// the sky, after it.
type distortion interface {
	mover
	cards() []Card
}

type mover interface {
	// move returns where a point comes to lie, and the partial derivatives: {{∂mx/∂x, ∂mx/∂y}, {∂my/∂x, ∂my/∂y}}.
	move(x, y float64) (mx, my float64, slope [2][2]float64)
}

// moveBack finds the point that is moved to (x, y), by Newton's method from (u, v). It must be on the same side of any
// fold as the origin: beyond, a polynomial that was fitted to an image means nothing.
func moveBack(m mover, x, y, u, v float64) (float64, float64, bool) {
	_, _, slope := m.move(0, 0)
	side := determinant(slope)
	for range 50 {
		mx, my, s := m.move(u, v)
		ex, ey, det := mx-x, my-y, determinant(s)
		du, dv := (s[1][1]*ex-s[0][1]*ey)/det, (s[0][0]*ey-s[1][0]*ex)/det
		u, v = u-du, v-dv
		size := math.Hypot(du, dv)
		if !isFinite(size) {
			return 0, 0, false
		}
		if size <= 1e-12*(1+math.Hypot(u, v)) { // convergence is quadratic: what is left is far less
			return u, v, det*side > 0
		}
	}
	return 0, 0, false
}

// bivariate is a polynomial in two variables: the coefficients of x^p y^q at [p][q]. nil is zero.
type bivariate [][]float64

// at returns the polynomial and its partial derivatives, by Horner's rule in both variables.
func (c bivariate) at(x, y float64) (value, dx, dy float64) {
	for p := len(c) - 1; p >= 0; p-- {
		inner, innerDY := 0.0, 0.0
		for q := len(c[p]) - 1; q >= 0; q-- {
			innerDY = innerDY*y + inner
			inner = inner*y + c[p][q]
		}
		dx = dx*x + value
		value = value*x + inner
		dy = dy*x + innerDY
	}
	return value, dx, dy
}

// readDistortion reads SIP, TPV, TNX and ZPX, and refuses every other sign of a distortion, which to ignore would put
// objects in the wrong place: lookup tables.
func (w *WCS) readDistortion(h *Header, code string) (err error) {
	for _, axis := range w.pixel {
		for _, key := range []string{"CPDIS", "D2IMDIS", "CQDIS"} {
			if key += strconv.Itoa(axis); h.Has(key) {
				return h.at.unsupported(key, "distortion %s of image axis %d", h.text(key), axis)
			}
		}
	}
	for _, key := range []string{"D2IMARR", "AXISCORR"} {
		if h.Has(key) {
			return h.at.unsupported(key, "distortion by a lookup table")
		}
	}
	sip, err := readSIP(h)
	if err != nil {
		return err
	}
	if sip != nil {
		if w.pixel != [2]int{1, 2} {
			return h.at.unsupported("A_ORDER", "SIP distortion of image axes %d and %d", w.pixel[0], w.pixel[1])
		}
		w.ofPixels = sip
	}
	switch code {
	case "TNX", "ZPX":
		w.ofPlane, err = readWAT(h, w.world)
	case "TPV":
		w.ofPlane = newTPV(w.pv)
	case "TAN":
		switch {
		case sip != nil:
			w.pv = [2]parameters{} // leftovers of SCAMP
		case isSCAMP(w.pv):
			w.ofPlane = newTPV(w.pv)
		}
	}
	return err
}

// readParameters reads PVi_m of an axis (Paper II, section 2.3), with m up to 39 as TPV has them.
func (h *Header) readParameters(axis int) (parameters, error) {
	pv := parameters{}
	prefix := fmt.Sprintf("PV%d", axis)
	for _, c := range h.cards {
		i, m, ok := indices(c.Key, "PV")
		if !ok || i != axis || c.Value == nil {
			continue
		}
		if m > 39 {
			return nil, h.at.unsupported(c.Key, "a parameter beyond %s_39", prefix)
		}
		v, err := h.floatOr(c.Key, 0)
		if err != nil {
			return nil, err
		}
		pv[m] = v
	}
	return pv, nil
}
