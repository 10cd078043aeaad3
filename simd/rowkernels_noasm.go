//go:build (!amd64 && !arm64) || purego || race

package simd

func dot(x, y []float32) float64                 { return dotGeneric(x, y) }
func sum(x []float32) float64                    { return sumGeneric(x) }
func squares(x []float32) float64                { return squaresGeneric(x) }
func axpy(alpha float32, x, y []float32)         { axpyGeneric(alpha, x, y) }
func add(dst, x, y []float32)                    { addGeneric(dst, x, y) }
func scale(alpha float32, x []float32)           { scaleGeneric(alpha, x) }
func gelu(dst, x []float32)                      { geluGeneric(dst, x) }
func geluBackward(dx, x, dy []float32)           { geluBackwardGeneric(dx, x, dy) }
func geluBoth(y, dx, h, dy []float32)            { geluBothGeneric(y, dx, h, dy) }
func adamW(w, g, m, v []float32, f adamWFactors) { adamWGeneric(w, g, m, v, f) }

func addColumns(sums *wide, x []float32, rows, cols, stride int) {
	addColumnsGeneric(sums, x, rows, cols, stride)
}

func largestRows(top []float32, x Matrix) { largestRowsGeneric(top, x) }
func expRows(sums []float64, top []float32, x Matrix, scale float32) {
	expRowsGeneric(sums, top, x, scale)
}
func divideRows(sums []float64, x Matrix) { divideRowsGeneric(sums, x) }
func dotRows(dots []float32, x, y Matrix) { dotRowsGeneric(dots, x, y) }
func centreRows(means []float32, dst, p, y Matrix, scale float32) {
	centreRowsGeneric(means, dst, p, y, scale)
}

func meanRows(mean, x []float32, n int) { meanRowsGeneric(mean, x, n) }

func momentRows(mean, rstd, shift, centre, x []float32, eps float32) {
	momentRowsGeneric(mean, rstd, shift, centre, x, eps)
}

func normalizeRows(dst, x, gamma, beta, centre, rstd, shift []float32) {
	normalizeRowsGeneric(dst, x, gamma, beta, centre, rstd, shift)
}

func normSumsRows(terms []normTerms, dy, x, gamma, mean, rstd []float32) {
	normSumsRowsGeneric(terms, dy, x, gamma, mean, rstd)
}

func normGradientsRows(terms []normTerms, dx, dgamma, dbeta, dy, x, gamma []float32, n int) {
	normGradientsRowsGeneric(terms, dx, dgamma, dbeta, dy, x, gamma, n)
}

func filterInputs(v, x [4]Matrix)            { filterInputsGeneric(v, x) }
func filterOutputs(y [2]Matrix, m [4]Matrix) { filterOutputsGeneric(y, m) }
func filterSlopes(dm, dy [2]Matrix)          { filterSlopesGeneric(dm, dy) }
