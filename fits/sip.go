package fits

import (
	"fmt"

	"github.com/astrovit/astrovit/fits/internal/plane"
)

// sip is the Simple Imaging Polynomial distortion (Shupe et al. 2005, ASP Conf. Ser. 347, 491): pixel offsets (u, v)
// from the reference pixel become (u + f(u, v), v + g(u, v)) before the linear transformation.
type sip struct{ f, g plane.Polynomial }

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

func readSIPPolynomial(h *Header, name string) (plane.Polynomial, error) {
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
	c := make(plane.Polynomial, order+1)
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

func (s *sip) Move(u, v float64) (mu, mv float64, slope plane.Linear) {
	f, fu, fv := s.f.At(u, v)
	g, gu, gv := s.g.At(u, v)
	return u + f, v + g, plane.Linear{{1 + fu, fv}, {gu, 1 + gv}}
}

func (s *sip) cards() []Card { return append(sipCards("A", s.f), sipCards("B", s.g)...) }

func sipCards(name string, c plane.Polynomial) []Card {
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
