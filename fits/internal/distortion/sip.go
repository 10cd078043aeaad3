// Package distortion has maps of a plane that make up for what a telescope, its detector and the atmosphere do to a
// projection: SIP, TPV, and the surfaces of TNX and ZPX. Each is a plane.Map, inverted by plane.MoveBack.
package distortion

import "github.com/astrovit/astrovit/fits/internal/plane"

// SIP is the Simple Imaging Polynomial (Shupe et al. 2005, ASP Conf. Ser. 347, 491): pixel offsets (u, v) from the
// reference pixel become (u + F(u, v), v + G(u, v)).
type SIP struct{ F, G plane.Polynomial }

// Move implements plane.Map.
func (s *SIP) Move(u, v float64) (mu, mv float64, slope plane.Linear) {
	f, fu, fv := s.F.At(u, v)
	g, gu, gv := s.G.At(u, v)
	return u + f, v + g, plane.Linear{{1 + fu, fv}, {gu, 1 + gv}}
}
