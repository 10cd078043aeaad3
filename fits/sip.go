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
	f, err := readSIPPolynomial(h, "A")
	if err != nil {
		return nil, nil, err
	}
	g, err := readSIPPolynomial(h, "B")
	if err != nil || f == nil && g == nil {
		return nil, nil, err
	}
	return &distortion.SIP{F: f, G: g}, append(sipCards("A", f), sipCards("B", g)...), nil
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

// sipCards are the cards of a polynomial.
func sipCards(name string, c plane.Polynomial) []Card {
	cards := []Card{{name + "_ORDER", max(0, len(c)-1), "SIP distortion"}}
	for p := range c {
		for q, v := range c[p] {
			if v != 0 {
				cards = append(cards, Card{fmt.Sprintf("%s_%d_%d", name, p, q), v, ""})
			}
		}
	}
	return cards
}
