package distortion

import (
	"fmt"
	"math"

	"github.com/astrovit/astrovit/fits/internal/plane"
)

// Surfaces are the distortion of IRAF's TNX and ZPX (the TNX and ZPX conventions of the registry of FITS conventions): to
// each plane coordinate, in degrees, a surface over both is added.
type Surfaces [2]Surface

// Move implements plane.Map.
func (s *Surfaces) Move(x, y float64) (mx, my float64, slope plane.Linear) {
	f, fx, fy := s[0].at(x, y)
	g, gx, gy := s[1].at(x, y)
	return x + f, y + g, plane.Linear{{1 + fx, fy}, {gx, 1 + gy}}
}

// A Surface is a polynomial of x and y, perhaps mapped to -1 to 1. The zero Surface is flat: zero everywhere.
type Surface struct {
	c      plane.Polynomial
	middle [2]float64
	scale  [2]float64
}

const maxTerms = 16 // in x and in y

// NewSurface takes: the kind (1 Chebyshev, 2 Legendre, 3 plain), the numbers of terms in x and y, which products of them
// there are (0 none, 1 all, 2 those of no higher degree than the longer side), the limits in x and in y, the coefficients
// with x running fastest.
func NewSurface(v []float64) (Surface, error) {
	s := Surface{scale: [2]float64{1, 1}}
	if len(v) < 8 {
		return s, fmt.Errorf("want 8 numbers and coefficients, have %d", len(v))
	}
	kind, nx, ny, cross := v[0], int(v[1]), int(v[2]), v[3]
	if !(v[1] >= 1 && v[1] <= maxTerms && v[2] >= 1 && v[2] <= maxTerms) {
		return s, fmt.Errorf("want 1 to %d terms, have %v by %v", maxTerms, v[1], v[2])
	}
	if kind != 1 && kind != 2 && kind != 3 || cross != 0 && cross != 1 && cross != 2 {
		return s, fmt.Errorf("surface of kind %v with cross terms %v", kind, cross)
	}
	if kind != 3 {
		for axis := range s.middle {
			lo, hi := v[4+2*axis], v[5+2*axis]
			s.middle[axis], s.scale[axis] = lo+(hi-lo)/2, 2/(hi-lo)
			if !(hi > lo) || math.IsInf(hi-lo, 0) || math.IsInf(s.scale[axis], 0) {
				return s, fmt.Errorf("limits %v to %v", lo, hi)
			}
		}
	}
	inX, inY := basis(int(kind), nx), basis(int(kind), ny)
	s.c = make(plane.Polynomial, nx)
	for p := range s.c {
		s.c[p] = make([]float64, ny)
	}
	rest := v[8:]
	for j := range ny {
		terms := nx
		switch {
		case cross == 0 && j > 0:
			terms = 1
		case cross == 2:
			terms = min(nx, max(nx, ny)-j)
		}
		if len(rest) < terms {
			return s, fmt.Errorf("coefficients end in row %d of %d", j+1, ny)
		}
		for i, c := range rest[:terms] {
			for p, a := range inX[i] {
				for q, b := range inY[j] {
					s.c[p][q] += c * a * b
				}
			}
		}
		rest = rest[terms:]
	}
	return s, nil
}

// basis returns the first n Chebyshev (kind 1), Legendre (2) or plain (3) polynomials by their coefficients.
func basis(kind, n int) [][]float64 {
	b := make([][]float64, n)
	for k := range b {
		b[k] = make([]float64, k+1)
		if k < 2 || kind == 3 {
			b[k][k] = 1
			continue
		}
		up, down := 2.0, 1.0 // T_k = 2 x T_{k-1} - T_{k-2}
		if kind == 2 {       // k P_k = (2k-1) x P_{k-1} - (k-1) P_{k-2}
			up, down = float64(2*k-1)/float64(k), float64(k-1)/float64(k)
		}
		for p, c := range b[k-1] {
			b[k][p+1] += up * c
		}
		for p, c := range b[k-2] {
			b[k][p] -= down * c
		}
	}
	return b
}

// at returns the surface and its partial derivatives.
func (s *Surface) at(x, y float64) (value, dx, dy float64) {
	value, dx, dy = s.c.At((x-s.middle[0])*s.scale[0], (y-s.middle[1])*s.scale[1])
	return value, dx * s.scale[0], dy * s.scale[1]
}
