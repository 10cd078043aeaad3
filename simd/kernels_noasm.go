//go:build (!amd64 && !arm64) || purego || race

package simd

// Without assembly every kernel is its reference.

func supported() []level { return []level{generic} }

func (s stack) tiles(height, count int) {
	if len(s.q.b) > 0 {
		s.byteTilesGeneric(height, count)
	} else {
		s.tilesGeneric(height, count)
	}
}

func transpose8(dst []float32, ldd int, src []float32, lds, blocks int) {
	transpose8Generic(dst, ldd, src, lds, blocks)
}

func dot(x, y []float32) float64                    { return dotGeneric(x, y) }
func sum(x []float32) float64                       { return sumGeneric(x) }
func squares(x []float32, centre float64) float64   { return squaresGeneric(x, centre) }
func axpy(alpha float32, x, y []float32)            { axpyGeneric(alpha, x, y) }
func add(dst, x, y []float32)                       { addGeneric(dst, x, y) }
func scale(alpha float32, x []float32)              { scaleGeneric(alpha, x) }
func addWide(sums *wide, x []float32)               { addWideGeneric(sums, x) }
func largest(x []float32) float32                   { return largestGeneric(x) }
func exps(x []float32, top float32) float64         { return expsGeneric(x, top) }
func centreScale(dst, p, y []float32, mean float32) { centreScaleGeneric(dst, p, y, mean) }
func gelu(dst, x []float32)                         { geluGeneric(dst, x) }
func geluBackward(dx, x, dy []float32)              { geluBackwardGeneric(dx, x, dy) }
func adamW(w, g, m, v []float32, f adamWFactors)    { adamWGeneric(w, g, m, v, f) }

func normalize(dst, x, gamma, beta []float32, mean, rstd float64) {
	normalizeGeneric(dst, x, gamma, beta, mean, rstd)
}

func normSums(dy, x, gamma []float32, mean, rstd float32) (sumG, sumGX float64) {
	return normSumsGeneric(dy, x, gamma, mean, rstd)
}

func normGradients(dx, dgamma, dbeta, dy, x, gamma []float32, mean, rstd, meanG, meanGX float32) {
	normGradientsGeneric(dx, dgamma, dbeta, dy, x, gamma, mean, rstd, meanG, meanGX)
}
