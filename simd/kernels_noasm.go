//go:build !amd64 || purego || race

package simd

// Without assembly every kernel is its reference.

func supported() []level { return []level{generic} }

func gemm6x16(c []float32, ldc int, a, b []float32, add bool) { gemm6x16Generic(c, ldc, a, b, add) }

func dot(x, y []float32) float32                 { return dotGeneric(x, y) }
func sum(x []float32) float64                    { return sumGeneric(x) }
func sumSquares(x []float32) float64             { return sumSquaresGeneric(x) }
func axpy(alpha float32, x, y []float32)         { axpyGeneric(alpha, x, y) }
func add(dst, x, y []float32)                    { addGeneric(dst, x, y) }
func scale(alpha float32, x []float32)           { scaleGeneric(alpha, x) }
func sumRows(dst, x []float32)                   { sumRowsGeneric(dst, x) }
func softmax(x []float32)                        { softmaxGeneric(x) }
func softmaxBackward(dx, p, dy []float32)        { softmaxBackwardGeneric(dx, p, dy) }
func gelu(dst, x []float32)                      { geluGeneric(dst, x) }
func geluBackward(dx, x, dy []float32)           { geluBackwardGeneric(dx, x, dy) }
func adamW(w, g, m, v []float32, f adamWFactors) { adamWGeneric(w, g, m, v, f) }

func layerNorm(dst, x, gamma, beta []float32, eps float32) (mean, rstd float32) {
	return layerNormGeneric(dst, x, gamma, beta, eps)
}

func layerNormBackward(dx, dgamma, dbeta, dy, x, gamma []float32, mean, rstd float32) {
	layerNormBackwardGeneric(dx, dgamma, dbeta, dy, x, gamma, mean, rstd)
}
