package fits

import (
	"fmt"

	"github.com/astrovit/astrovit/fits/internal/distortion"
	"github.com/astrovit/astrovit/fits/internal/plane"
)

const maxSIPOrder = 9 // the limit that the convention states

// readSIP returns the distortion of a header and the cards that say it, or nil when it has none. The inverse polynomials
// AP and BP are not read: they are approximations, and inverting the forward ones is exact.
func readSIP(h *Header) (*distortion.SIP, []Card, error) {
	f, cards, err := readSIPPolynomial(h, "A")
	if err != nil {
		return nil, nil, err
	}
	g, more, err := readSIPPolynomial(h, "B")
	if err != nil || f == nil && g == nil {
		return nil, nil, err
	}
	return &distortion.SIP{F: f, G: g}, append(cards, more...), nil
}

func readSIPPolynomial(h *Header, name string) (plane.Polynomial, []Card, error) {
	order, err := h.intOr(name+"_ORDER", 0)
	if err != nil {
		return nil, nil, err
	}
	if order < 0 || order > maxSIPOrder {
		return nil, nil, h.at.formatError(name+"_ORDER", "want 0 to %d, have %d", maxSIPOrder, order)
	}
	cards := []Card{{name + "_ORDER", int(order), "SIP distortion"}}
	if order == 0 {
		return nil, cards, nil
	}
	c := make(plane.Polynomial, order+1)
	for p := range c {
		c[p] = make([]float64, int(order)-p+1)
		for q := range c[p] {
			key := fmt.Sprintf("%s_%d_%d", name, p, q)
			if c[p][q], err = h.floatOr(key, 0); err != nil {
				return nil, nil, err
			}
			if c[p][q] != 0 {
				cards = append(cards, Card{key, c[p][q], ""})
			}
		}
	}
	return c, cards, nil
}
