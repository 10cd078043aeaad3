package metrics

import "math"

// Confusion counts decisions: Confusion[i][j] rows of true class i were given
// class j. It is square, [N][N].
type Confusion [][]int

// NewConfusion returns an empty matrix of n classes.
func NewConfusion(n int) Confusion {
	c := make(Confusion, n)
	for i := range c {
		c[i] = make([]int, n)
	}
	return c
}

// Correct is the number of rows on the diagonal.
func (c Confusion) Correct() int {
	n := 0
	for i := range c {
		n += c[i][i]
	}
	return n
}

// Support is the number of rows whose true class is i.
func (c Confusion) Support(i int) int {
	n := 0
	for _, k := range c[i] {
		n += k
	}
	return n
}

// Predicted is the number of rows that were given class j.
func (c Confusion) Predicted(j int) int {
	n := 0
	for i := range c {
		n += c[i][j]
	}
	return n
}

// Normalised divides each row by its support: the entry [i][j] is the fraction
// of true class i that was given class j. The row of an absent class is NaN.
func (c Confusion) Normalised() [][]float64 {
	f := make([][]float64, len(c))
	for i, row := range c {
		f[i] = make([]float64, len(row))
		support := float64(c.Support(i))
		for j, k := range row {
			f[i][j] = math.NaN()
			if support > 0 {
				f[i][j] = float64(k) / support
			}
		}
	}
	return f
}
