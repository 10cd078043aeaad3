package ref

import "math"

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
			dlogits[i] = (1/(1+math.Exp(-z)) - y) / count
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

func present(targets []float64) float64 {
	var n float64
	for _, y := range targets {
		if !math.IsNaN(y) {
			n++
		}
	}
	return n
}
