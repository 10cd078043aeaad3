package calibrate

import (
	"math"

	"github.com/astrovit/astrovit/vit"
)

// Classes is the temperature of a classifier of n classes that minimises the
// cross-entropy of logits [B, n] and targets [B, n], one-hot, after the shift of
// each class [n] or nil.
//
// A temperature below 1, which makes the model bolder, is fitted to targets that
// are smoothed by 1/(B+1), as if one more row had been labelled blindly: where no
// row is wrong the likelihood alone wants certainty, which B rows cannot give
// (Platt 1999 smooths alike). The loss never rises.
func Classes(logits, targets []float32, n int, shift []float64) Calibration {
	p := make([]float64, n)
	return Calibration{PriorShift: shift, Temperature: temperature(len(logits)/n, func(t, smoothing float64) float64 {
		c, slope := Calibration{Temperature: t, PriorShift: shift}, 0.0
		for i := 0; i < len(logits); i += n {
			vit.Softmax(p, c.Logits(logits[i:][:n]))
			for j, z := range logits[i:][:n] {
				y := (1-smoothing)*float64(targets[i+j]) + smoothing/float64(n)
				slope += (p[j] - y) * float64(z)
			}
		}
		return slope
	})}
}

// Labels is the temperature that minimises the binary cross-entropy of logits
// and targets of 0, 1 or NaN, which is unknown, as in [Classes] with B the number
// of known ones.
func Labels(logits, targets []float32) Calibration {
	known := 0
	for _, y := range targets {
		if y == y {
			known++
		}
	}
	return Calibration{Temperature: temperature(known, func(t, smoothing float64) float64 {
		slope := 0.0
		for i, z := range (Calibration{Temperature: t}).Logits(logits) {
			if y := float64(targets[i]); y == y {
				y = (1-smoothing)*y + smoothing/2
				slope += (vit.Sigmoid(float64(z)) - y) * float64(logits[i])
			}
		}
		return slope
	})}
}

// Columns are the factors of a regression's standard deviations that minimise
// the Gaussian negative log likelihood: the root of the mean of
// ((y-mean)/sigma)². Means, sigmas and truths y are [B, n]; a NaN truth is
// unknown. A column without a truth, or without an error, keeps 1.
func Columns(means, sigmas, y []float64, n int) Calibration {
	scale := make([]float64, n)
	for j := range scale {
		known, chi2 := 0, 0.0
		for i := j; i < len(y); i += n {
			if y[i] == y[i] {
				known++
				chi2 += math.Pow((y[i]-means[i])/sigmas[i], 2)
			}
		}
		if scale[j] = math.Sqrt(chi2 / float64(known)); !positive(scale[j]) {
			scale[j] = 1
		}
	}
	return Calibration{SigmaScale: scale}
}

// hottest bounds a temperature and its inverse.
const hottest = 1000

// temperature is where the derivative of the loss of n rows by 1/T is 0. The loss
// is convex in 1/T. It stays 1 where the loss does not depend on it.
func temperature(n int, slope func(t, smoothing float64) float64) float64 {
	cold, hot, smoothing := 0.0, 0.0, 0.0 // ln T
	switch now := slope(1, 0); {
	case now > 0:
		hot = math.Log(hottest)
	case now < 0:
		cold, smoothing = -math.Log(hottest), 1/float64(n+1)
	}
	for range 60 {
		if middle := (cold + hot) / 2; slope(math.Exp(middle), smoothing) < 0 {
			hot = middle
		} else {
			cold = middle
		}
	}
	return math.Exp((cold + hot) / 2)
}
