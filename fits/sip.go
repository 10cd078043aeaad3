package fits

import (
	"fmt"
	"math"
)

// sip is the Simple Imaging Polynomial distortion (Shupe et al. 2005, ASP Conf. Ser. 347, 491): pixel offsets (u, v)
// from the reference pixel become (u + f(u, v), v + g(u, v)) before the linear transformation.
type sip struct {
	f, g sipPolynomial
}

// sipPolynomial holds the coefficients of u^p v^q at [p][q]; nil is zero.
type sipPolynomial [][]float64

const maxSIPOrder = 9 // the limit that the convention states

// readSIP returns the distortion of a header, or nil when it has none. The inverse polynomials AP and BP are not read:
// they are approximations, and inverting the forward ones is exact.
func readSIP(h *Header) (*sip, error) {
	f, err := readSIPPolynomial(h, "A")
	if err != nil {
		return nil, err
	}
	g, err := readSIPPolynomial(h, "B")
	if err != nil || f == nil && g == nil {
		return nil, err
	}
	return &sip{f, g}, nil
}

func readSIPPolynomial(h *Header, name string) (sipPolynomial, error) {
	order, err := h.intOr(name+"_ORDER", 0)
	if err != nil {
		return nil, err
	}
	if order < 0 || order > maxSIPOrder {
		return nil, h.at.formatError(name+"_ORDER", "want 0 to %d, have %d", maxSIPOrder, order)
	}
	if order == 0 {
		return nil, nil
	}
	c := make(sipPolynomial, order+1)
	for p := range c {
		c[p] = make([]float64, int(order)-p+1)
		for q := range c[p] {
			if c[p][q], err = h.floatOr(fmt.Sprintf("%s_%d_%d", name, p, q), 0); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

// at returns the polynomial and its partial derivatives, by Horner's rule in both variables.
func (c sipPolynomial) at(u, v float64) (value, du, dv float64) {
	for p := len(c) - 1; p >= 0; p-- {
		inner, innerDV := 0.0, 0.0
		for q := len(c[p]) - 1; q >= 0; q-- {
			innerDV = innerDV*v + inner
			inner = inner*v + c[p][q]
		}
		du = du*u + value
		value = value*u + inner
		dv = dv*u + innerDV
	}
	return value, du, dv
}

func (s *sip) apply(u, v float64) (float64, float64) {
	f, _, _ := s.f.at(u, v)
	g, _, _ := s.g.at(u, v)
	return u + f, v + g
}

// invert finds (u, v) that apply takes to (x, y), by Newton's method from the undistorted position.
func (s *sip) invert(x, y float64) (u, v float64, ok bool) {
	u, v = x, y
	for range 50 {
		f, fu, fv := s.f.at(u, v)
		g, gu, gv := s.g.at(u, v)
		ex, ey := u+f-x, v+g-y
		d := (1+fu)*(1+gv) - fv*gu
		du, dv := ((1+gv)*ex-fv*ey)/d, ((1+fu)*ey-gu*ex)/d
		u, v = u-du, v-dv
		if math.IsNaN(u) || math.IsInf(u, 0) || math.IsNaN(v) || math.IsInf(v, 0) {
			return 0, 0, false
		}
		if math.Hypot(du, dv) <= 1e-11+1e-14*math.Hypot(u, v) {
			return u, v, true
		}
	}
	return 0, 0, false
}
