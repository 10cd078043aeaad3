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
//
// With Focus it is the focal loss: of an image with the probabilities p and the
// target q, smoothed (and mixed) and times the class weights,
//
//	-Σ q_c·(1-p_c)^Focus·log p_c
//
// which for a certain label is equation 5 of Lin et al. (2017, arXiv:1708.02002).
// Each class that the target names is so discounted by its own probability. The
// denominator of the mean is that of the cross-entropy.
type CrossEntropy struct {
	Weights   []float64 // [N]
	Smoothing float64   // 0: none
	Focus     float64   // gamma of the focal loss; 0: cross-entropy
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
		// loss = Σ q f(log p) with q the smoothed, weighted target, so that
		// dloss = q f' - p Σ q f', where f' is -1 for cross-entropy.
		total := 0.0
		for c, z := range row {
			value, slope := focal(float64(z)-shift, l.Focus)
			q := l.smoothed(targets[i:], c)
			total += q * slope
			loss += q * value
		}
		if len(dlogits) == 0 {
			continue
		}
		for c, z := range row {
			_, slope := focal(float64(z)-shift, l.Focus)
			dlogits[i+c] = float32(scale * (l.smoothed(targets[i:], c)*slope - total*math.Exp(float64(z)-shift)))
		}
	}
	return loss
}

func (l CrossEntropy) smoothed(target []float32, c int) float64 {
	return l.Weights[c] * ((1-l.Smoothing)*float64(target[c]) + l.Smoothing/float64(len(l.Weights)))
}

// BinaryCrossEntropy is sigmoid cross-entropy over several labels at once.
// Targets are N numbers from 0 to 1; NaN is a label that is not known.
//
// With Focus it is the focal loss, as in [CrossEntropy]: of a label with the
// probability p and the target y
//
//	-y·(1-p)^Focus·log p - (1-y)·p^Focus·log(1-p)
type BinaryCrossEntropy struct {
	Labels int     // N
	Focus  float64 // gamma of the focal loss; 0: cross-entropy
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
			logP := min(z, 0) - math.Log1p(math.Exp(-math.Abs(z)))
			yes, yesSlope := focal(logP, l.Focus)
			no, noSlope := focal(logP-z, l.Focus)
			loss += y*yes + (1-y)*no
			d = scale * (y*yesSlope*Sigmoid(-z) - (1-y)*noSlope*Sigmoid(z))
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
//
// Its gradient makes little of what is known to be uncertain, so that means which
// are wrong at first may stay so. Beta gives some of it back: the gradient is
// multiplied by exp(Beta·s), the loss is the same (beta-NLL, Seitzer et al. 2022,
// arXiv:2203.09168, equation 5; 0 is the likelihood's own, 1 that of the squared
// error for means).
type GaussianNLL struct {
	Columns int // R
	Beta    float64
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
			weight := scale * math.Exp(l.Beta*bounded)
			dmean = -weight * precision * residual
			if bounded == s {
				ds = 0.5 * weight * (1 - precision*residual*residual)
			}
		}
		if len(dlogits) > 0 {
			dlogits[at], dlogits[at+l.Columns] = float32(dmean), float32(ds)
		}
	}
	return loss
}

// focal is -(1-p)^gamma·log p and its derivative by log p.
func focal(logP, gamma float64) (value, slope float64) {
	rest, ratio := -math.Expm1(logP), -1.0 // 1-p, and log p / (1-p), whose limit is -1
	if rest > 0 {
		ratio = logP / rest
	}
	discount := math.Pow(rest, gamma)
	return -discount * logP, discount * (gamma*math.Exp(logP)*ratio - 1)
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
