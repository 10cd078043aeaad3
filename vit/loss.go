package vit

import "math"

// Loss is a training objective: a weighted mean over the batch,
//
//	loss = Σ sum(shard) / Σ weight(shard)
//
// so that a batch can be computed in pieces.
type Loss interface {
	// Targets is R, how many numbers describe one image's truth.
	Targets() int
	// Outputs is N, how many outputs the head must have.
	Outputs() int
	// Weight is the share of targets [B, R] in the mean's denominator.
	Weight(targets []float32) float64
	// Gradient is the sum over logits [B, N] and targets [B, R]. It writes
	// scale times the sum's derivative to dlogits [B, N], if that is not empty.
	Gradient(dlogits, logits, targets []float32, scale float64) float64
}

// CrossEntropy is softmax cross-entropy over N classes, with label smoothing
// (Szegedy et al. 2016, arXiv:1512.00567, section 7) and class weights as
// torch.nn.CrossEntropyLoss has them. Targets are N probabilities, one-hot
// for a certain label.
type CrossEntropy struct {
	Weights   []float64 // [N]
	Smoothing float64   // 0: none
}

// Targets is N.
func (l CrossEntropy) Targets() int { return len(l.Weights) }

// Outputs is N.
func (l CrossEntropy) Outputs() int { return len(l.Weights) }

// Weight is the sum of the class weights of the targets.
func (l CrossEntropy) Weight(targets []float32) float64 {
	sum := 0.0
	for i, y := range targets {
		sum += float64(y) * l.Weights[i%len(l.Weights)]
	}
	return sum
}

// Gradient implements [Loss].
func (l CrossEntropy) Gradient(dlogits, logits, targets []float32, scale float64) float64 {
	n := len(l.Weights)
	loss := 0.0
	for i := 0; i < len(logits); i += n {
		row := logits[i:][:n]
		shift := logSumExp(row)
		// loss = -Σ q log p with q the smoothed, weighted target, so that
		// dloss = p Σq - q.
		total := 0.0
		for c, z := range row {
			q := l.smoothed(targets[i:], c)
			total += q
			loss -= q * (float64(z) - shift)
		}
		if len(dlogits) == 0 {
			continue
		}
		for c, z := range row {
			dlogits[i+c] = float32(scale * (total*math.Exp(float64(z)-shift) - l.smoothed(targets[i:], c)))
		}
	}
	return loss
}

func (l CrossEntropy) smoothed(target []float32, c int) float64 {
	return l.Weights[c] * ((1-l.Smoothing)*float64(target[c]) + l.Smoothing/float64(len(l.Weights)))
}

// BinaryCrossEntropy is sigmoid cross-entropy over several labels at once.
// Targets are N numbers from 0 to 1; NaN is a label that is not known.
type BinaryCrossEntropy struct {
	Labels int // N
}

// Targets is N.
func (l BinaryCrossEntropy) Targets() int { return l.Labels }

// Outputs is N.
func (l BinaryCrossEntropy) Outputs() int { return l.Labels }

// Weight is the number of known labels.
func (l BinaryCrossEntropy) Weight(targets []float32) float64 { return known(targets) }

// Gradient implements [Loss].
func (l BinaryCrossEntropy) Gradient(dlogits, logits, targets []float32, scale float64) float64 {
	loss := 0.0
	for i, logit := range logits {
		z, y, d := float64(logit), float64(targets[i]), 0.0
		if !math.IsNaN(y) {
			loss += math.Max(z, 0) - z*y + math.Log1p(math.Exp(-math.Abs(z)))
			d = scale * (Sigmoid(z) - y)
		}
		if len(dlogits) > 0 {
			dlogits[i] = float32(d)
		}
	}
	return loss
}

// GaussianNLL is the Gaussian negative log likelihood of R numbers (Nix &
// Weigend 1994, equation 1): the outputs are R means and then R logarithms of
// variances s, the loss ((y-mean)²·exp(-s) + s)/2. Targets are R numbers; NaN
// is one that is not known.
type GaussianNLL struct {
	Columns int // R
}

// MaxLogVariance bounds |s|: outside it the loss takes s at the bound.
const MaxLogVariance = 12

// Targets is R.
func (l GaussianNLL) Targets() int { return l.Columns }

// Outputs is 2R.
func (l GaussianNLL) Outputs() int { return 2 * l.Columns }

// Weight is the number of known targets.
func (l GaussianNLL) Weight(targets []float32) float64 { return known(targets) }

// Gradient implements [Loss].
func (l GaussianNLL) Gradient(dlogits, logits, targets []float32, scale float64) float64 {
	loss := 0.0
	for i, target := range targets {
		at := i/l.Columns*2*l.Columns + i%l.Columns
		y, mean, s := float64(target), float64(logits[at]), float64(logits[at+l.Columns])
		dmean, ds := 0.0, 0.0
		if !math.IsNaN(y) {
			bounded := min(max(s, -MaxLogVariance), MaxLogVariance)
			precision, residual := math.Exp(-bounded), y-mean
			loss += 0.5 * (precision*residual*residual + bounded)
			dmean = -scale * precision * residual
			if bounded == s {
				ds = 0.5 * scale * (1 - precision*residual*residual)
			}
		}
		if len(dlogits) > 0 {
			dlogits[at], dlogits[at+l.Columns] = float32(dmean), float32(ds)
		}
	}
	return loss
}

func known(targets []float32) float64 {
	n := 0
	for _, y := range targets {
		if y == y {
			n++
		}
	}
	return float64(n)
}

// Sigmoid is 1/(1+exp(-z)).
func Sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// Softmax writes the probabilities of one row of logits [N] to p [N].
func Softmax(p []float64, logits []float32) {
	shift := logSumExp(logits)
	for i, z := range logits {
		p[i] = math.Exp(float64(z) - shift)
	}
}

func logSumExp(logits []float32) float64 {
	top := math.Inf(-1)
	for _, z := range logits {
		top = max(top, float64(z))
	}
	sum := 0.0
	for _, z := range logits {
		sum += math.Exp(float64(z) - top)
	}
	return top + math.Log(sum)
}
