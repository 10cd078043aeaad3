package ref

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// CrossEntropy is torch.nn.CrossEntropyLoss(weight, label_smoothing, reduction
// "mean"): with p = softmax(logits [B,N]), w the class weights (nil: all one) and
// e the smoothing,
//
//	Σ_b [ (1-e)·w[y_b]·(-log p[b,y_b]) + e/N·Σ_c w[c]·(-log p[b,c]) ] / Σ_b w[y_b]
//
// It also returns the gradient of the logits.
func CrossEntropy(logits []float64, labels []int, weight []float64, smoothing float64) (loss float64, dlogits []float64) {
	n := len(logits) / len(labels)
	if weight == nil {
		weight = make([]float64, n)
		for c := range weight {
			weight[c] = 1
		}
	}
	var total float64
	for _, y := range labels {
		total += weight[y]
	}
	p := Softmax(logits, n)
	dlogits = make([]float64, len(logits))
	for b, y := range labels {
		row := logits[b*n : (b+1)*n]
		logSum := logSumExp(row)
		var mass float64 // of this row's soft target
		for c := range n {
			target := smoothing / float64(n) * weight[c]
			if c == y {
				target += (1 - smoothing) * weight[c]
			}
			mass += target
			loss += target * (logSum - row[c]) / total
			dlogits[b*n+c] -= target / total
		}
		for c := range n {
			dlogits[b*n+c] += mass * p[b*n+c] / total
		}
	}
	return loss, dlogits
}

// BCE is the sigmoid cross-entropy of several labels at once, the mean over all
// entries of logits and targets [B,N] whose target is not NaN; zero if none is.
func BCE(logits, targets []float64) (loss float64, dlogits []float64) {
	dlogits = make([]float64, len(logits))
	count := present(targets)
	for i, z := range logits {
		if y := targets[i]; !math.IsNaN(y) {
			// log(1+exp(z)) - y z, written so that no exponential overflows.
			loss += (math.Max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) - y*z) / count
			dlogits[i] = (sigmoid(z) - y) / count
		}
	}
	return loss, dlogits
}

// GaussianNLL is the negative log likelihood of Nix & Weigend (1994), without its
// constant: outputs [B,2R] are R means mu, then R log variances s; the loss is
// the mean of ½(exp(-s)(y-mu)² + s) over the targets [B,R] that are not NaN;
// zero if none is.
func GaussianNLL(outputs, targets []float64, batch int) (loss float64, doutputs []float64) {
	doutputs = make([]float64, len(outputs))
	r := len(targets) / batch
	count := present(targets)
	for i, y := range targets {
		if math.IsNaN(y) {
			continue
		}
		mean := i/r*2*r + i%r
		logVar := mean + r
		diff, precision := y-outputs[mean], math.Exp(-outputs[logVar])
		loss += 0.5 * (precision*diff*diff + outputs[logVar]) / count
		doutputs[mean] = -precision * diff / count
		doutputs[logVar] = 0.5 * (1 - precision*diff*diff) / count
	}
	return loss, doutputs
}

// DirichletMultinomial is the negative log likelihood of Walmsley et al. (2022):
// votes [B,N] on questions of so many answers each, with the concentrations
// 1 + 100·sigmoid(logits [B,N]); the mean over the questions that have a vote.
func DirichletMultinomial(logits, votes []float64, answers []int) (loss float64, dlogits []float64) {
	dlogits = make([]float64, len(logits))
	var asked float64
	for at, question := 0, 0; at < len(logits); question++ {
		end := at + answers[question%len(answers)]
		var n, a float64
		for i := at; i < end; i++ {
			n += votes[i]
			a += 1 + 100*sigmoid(logits[i])
		}
		if n > 0 {
			asked++
			loss += lgamma(n+a) - lgamma(a) - lgamma(n+1)
			for i := at; i < end; i++ {
				s := sigmoid(logits[i])
				alpha := 1 + 100*s
				loss += lgamma(votes[i]+1) + lgamma(alpha) - lgamma(votes[i]+alpha)
				dalpha := mathext.Digamma(n+a) - mathext.Digamma(a) + mathext.Digamma(alpha) - mathext.Digamma(votes[i]+alpha)
				dlogits[i] = dalpha * 100 * s * (1 - s)
			}
		}
		at = end
	}
	for i := range dlogits {
		dlogits[i] /= asked
	}
	return loss / asked, dlogits
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

func lgamma(x float64) float64 {
	y, _ := math.Lgamma(x)
	return y
}

func present(targets []float64) float64 {
	var n float64
	for _, y := range targets {
		if !math.IsNaN(y) {
			n++
		}
	}
	return n
}
