package metrics

import (
	"fmt"
	"math"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/vit"
)

// FewVotes is the number of votes on a question from which on their fractions
// are compared: of fewer, the scatter says more of the volunteers than of the model.
const FewVotes = 10

// VotesReport scores the predicted fractions of volunteers' votes.
type VotesReport struct {
	N         int             `json:"n"`
	LogLoss   Number          `json:"log_loss"` // mean over the questions that have votes, nats; the loss of training
	Questions []QuestionScore `json:"questions"`
}

// QuestionScore is how one question fares: LogLoss over the N rows where it has
// votes, all else over those where it has FewVotes or more.
type QuestionScore struct {
	Name    string        `json:"name"`
	N       int           `json:"n"`
	LogLoss Number        `json:"log_loss"` // mean negative log likelihood of the votes, nats
	MAE     Number        `json:"mae"`      // mean of |predicted - true fraction|, over rows and answers
	MeanMAE Number        `json:"mean_mae"` // the same where the mean fraction of each answer is predicted throughout
	Answers []ColumnScore `json:"answers"`  // of the fractions; honest errors take the scatter of so many votes in

	True, Predicted []float64 `json:"-"` // fractions [rows x answers]
}

// Votes scores logits [n, N] of [vit.DirichletMultinomial] against votes [n, N]
// on the answers of questions. Mismatched lengths, votes that are negative or
// not finite and logits that are not finite are errors.
func Votes(logits, votes []float32, questions []catalog.Question) (*VotesReport, error) {
	n := len(catalog.AnswerColumns(questions))
	if n == 0 || len(logits) != len(votes) || len(logits)%n != 0 {
		return nil, fmt.Errorf("metrics: %d outputs and %d votes do not make rows of %d answers", len(logits), len(votes), n)
	}
	for i, v := range votes {
		if !(v >= 0) || math.IsInf(float64(v), 0) {
			return nil, fmt.Errorf("metrics: row %d: %g votes", i/n, v)
		}
		if z := float64(logits[i]); math.IsNaN(z) || math.IsInf(z, 0) {
			return nil, fmt.Errorf("metrics: row %d: a prediction is %g", i/n, z)
		}
	}
	r := &VotesReport{N: len(logits) / n, LogLoss: undefined}
	loss, asked, first := 0.0, 0, 0
	for _, q := range questions {
		s, sum, err := questionScore(q, logits, votes, first, n)
		if err != nil {
			return nil, err
		}
		r.Questions = append(r.Questions, s)
		loss, asked, first = loss+sum, asked+s.N, first+len(q.Answers)
	}
	if asked > 0 {
		r.LogLoss = Number(loss / float64(asked))
	}
	return r, nil
}

// questionScore scores the question whose answers begin at first in rows of n,
// and returns the sum of its losses too.
func questionScore(q catalog.Question, logits, votes []float32, first, n int) (s QuestionScore, loss float64, err error) {
	k := len(q.Answers)
	s = QuestionScore{Name: q.Name, LogLoss: undefined, MAE: undefined, MeanMAE: undefined}
	objective := vit.DirichletMultinomial{Answers: []int{k}}
	p, sigma := make([]float64, k), make([]float64, k)
	var scatter []float64 // of the true fractions around the predicted ones
	for ; first < len(logits); first += n {
		z, own := logits[first:][:k], votes[first:][:k]
		cast := 0.0
		for _, v := range own {
			cast += float64(v)
		}
		if cast == 0 {
			continue
		}
		s.N++
		loss += objective.Gradient(nil, z, own, 1)
		if cast < FewVotes {
			continue
		}
		vit.VoteFractions(p, sigma, z)
		for i, v := range own {
			s.True, s.Predicted = append(s.True, float64(v)/cast), append(s.Predicted, p[i])
			// The variance of a Dirichlet-multinomial draw: that of the fraction, and that of so many votes for it.
			scatter = append(scatter, math.Sqrt(sigma[i]*sigma[i]*(1-1/cast)+p[i]*(1-p[i])/cast))
		}
	}
	if s.N > 0 {
		s.LogLoss = Number(loss / float64(s.N))
	}
	if s.Answers, err = Regression(s.Predicted, scatter, s.True, q.Answers, Bootstrap{}); err != nil || len(s.True) == 0 {
		return s, loss, err
	}
	means := make([]float64, k)
	for i, v := range s.True {
		means[i%k] += v * float64(k) / float64(len(s.True))
	}
	s.MAE, s.MeanMAE = 0, 0
	for i, v := range s.True {
		s.MAE += Number(math.Abs(s.Predicted[i]-v) / float64(len(s.True)))
		s.MeanMAE += Number(math.Abs(means[i%k]-v) / float64(len(s.True)))
	}
	return s, loss, nil
}
