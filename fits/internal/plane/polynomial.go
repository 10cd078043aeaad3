package plane

// A Polynomial in two variables has the coefficients of x^p y^q at [p][q]. nil is zero.
type Polynomial [][]float64

// At returns the polynomial and its partial derivatives, by Horner's rule in both variables.
func (c Polynomial) At(x, y float64) (value, dx, dy float64) {
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
