package ref

import (
	"maps"
	"math"
	"slices"
)

// AdamW is torch.optim.AdamW: Adam (Kingma & Ba 2015, algorithm 1) with decoupled
// weight decay (Loshchilov & Hutter 2019, algorithm 2, decay multiplied by LR).
type AdamW struct {
	LR, Beta1, Beta2, Eps, Decay float64

	step int
	m, v map[string][]float64 // first and second moments
}

// Step changes params in place by one step along grads. Parameters for which
// decays is false are not decayed.
func (o *AdamW) Step(params, grads map[string][]float64, decays func(name string) bool) {
	if o.m == nil {
		o.m, o.v = map[string][]float64{}, map[string][]float64{}
		for name, g := range grads {
			o.m[name], o.v[name] = make([]float64, len(g)), make([]float64, len(g))
		}
	}
	o.step++
	correct1 := 1 - math.Pow(o.Beta1, float64(o.step))
	correct2 := 1 - math.Pow(o.Beta2, float64(o.step))
	for name, w := range params {
		m, v := o.m[name], o.v[name]
		for i, g := range grads[name] {
			if decays(name) {
				w[i] -= o.LR * o.Decay * w[i]
			}
			m[i] = o.Beta1*m[i] + (1-o.Beta1)*g
			v[i] = o.Beta2*v[i] + (1-o.Beta2)*g*g
			w[i] -= o.LR / correct1 * m[i] / (math.Sqrt(v[i])/math.Sqrt(correct2) + o.Eps)
		}
	}
}

// Decays tells whether weight decay applies: to matrices, not to biases, norms,
// the class token or the positions.
func (m *Model) Decays(name string) bool {
	return len(m.Shapes[name]) > 1 && name != clsToken && name != positions && name != maskToken
}

// ClipNorm is torch.nn.utils.clip_grad_norm_: it scales all gradients so that
// their common Euclidean norm is at most limit, and returns the norm it found.
func ClipNorm(grads map[string][]float64, limit float64) (norm float64) {
	for _, name := range slices.Sorted(maps.Keys(grads)) {
		for _, g := range grads[name] {
			norm += g * g
		}
	}
	norm = math.Sqrt(norm)
	scale := math.Min(1, limit/(norm+1e-6))
	for _, g := range grads {
		for i := range g {
			g[i] *= scale
		}
	}
	return norm
}
