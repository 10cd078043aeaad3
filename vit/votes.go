package vit

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// DirichletMultinomial is the negative log likelihood of volunteers' votes for
// the answers of several questions (Walmsley et al. 2022, arXiv:2102.08414): n
// votes on a question fall on its A answers as k [A] with the probability
//
//	B(Σα, n) / Π B(α_i, k_i),   B(a, k) = Γ(k+1)·Γ(a) / Γ(k+a)
//
// where α = 1 + 100·sigmoid(z) of its outputs z. Targets are N numbers of
// votes, 0 where nobody was asked. The mean is over the questions that have a
// vote; the others count for nothing.
type DirichletMultinomial struct {
	Answers []int // A of each question, whose outputs stand one after another; ΣA is N
}

// Targets is N.
func (l DirichletMultinomial) Targets() int { return l.Outputs() }

// Outputs is N.
func (l DirichletMultinomial) Outputs() int {
	n := 0
	for _, answers := range l.Answers {
		n += answers
	}
	return n
}

// Weight is the number of questions with a vote.
func (l DirichletMultinomial) Weight(targets []float32) float64 {
	asked := 0.0
	for at := 0; at < len(targets); {
		for _, answers := range l.Answers {
			if sum(targets[at:][:answers]) > 0 {
				asked++
			}
			at += answers
		}
	}
	return asked
}

// Gradient implements [Loss].
func (l DirichletMultinomial) Gradient(dlogits, logits, targets []float32, scale float64) float64 {
	loss := 0.0
	for at := 0; at < len(logits); {
		for _, answers := range l.Answers {
			var d []float32
			if len(dlogits) > 0 {
				d = dlogits[at:][:answers]
			}
			loss += votesGradient(d, logits[at:][:answers], targets[at:][:answers], scale)
			at += answers
		}
	}
	return loss
}

// votesGradient is Gradient for one question of one image.
func votesGradient(dlogits, logits, votes []float32, scale float64) float64 {
	n := sum(votes)
	if !(n > 0) {
		clear(dlogits)
		return 0
	}
	total := 0.0
	for _, z := range logits {
		total += concentration(z)
	}
	loss, dtotal := -logBeta(total, n), mathext.Digamma(total+n)-mathext.Digamma(total)
	for i, z := range logits {
		alpha, k := concentration(z), float64(votes[i])
		loss += logBeta(alpha, k)
		if len(dlogits) > 0 {
			dalpha := dtotal - (mathext.Digamma(alpha+k) - mathext.Digamma(alpha))
			s := Sigmoid(float64(z))
			dlogits[i] = float32(scale * dalpha * concentrations * s * (1 - s))
		}
	}
	return loss
}

// logBeta is the logarithm of Γ(k+1)·Γ(a)/Γ(k+a).
func logBeta(a, k float64) float64 {
	return logGamma(k+1) + logGamma(a) - logGamma(k+a)
}

func logGamma(x float64) float64 {
	y, _ := math.Lgamma(x)
	return y
}

// VoteFractions writes the expected fractions of the votes on one question and
// their standard deviations, the mean and the spread of the Dirichlet
// distribution that its logits [A] stand for, to p and sigma [A].
func VoteFractions(p, sigma []float64, logits []float32) {
	total := 0.0
	for _, z := range logits {
		total += concentration(z)
	}
	for i, z := range logits {
		p[i] = concentration(z) / total
		sigma[i] = math.Sqrt(p[i] * (1 - p[i]) / (total + 1))
	}
}

// concentration is 1 + 100·sigmoid(z), as in Zoobot: at least 1, so that the
// fractions have one peak, and no more certain than some hundred votes.
func concentration(z float32) float64 { return 1 + concentrations*Sigmoid(float64(z)) }

const concentrations = 100

func sum(x []float32) float64 {
	total := 0.0
	for _, v := range x {
		total += float64(v)
	}
	return total
}
