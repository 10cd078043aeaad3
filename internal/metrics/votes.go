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
	Intervals Intervals       `json:"intervals,omitempty"`
	Questions []QuestionScore `json:"questions"`
}

// QuestionScore is how one question fares: LogLoss over the N rows where it has
// votes, all else over those where it has FewVotes or more.
type QuestionScore struct {
	Name      string        `json:"name"`
	N         int           `json:"n"`
	LogLoss   Number        `json:"log_loss"` // mean negative log likelihood of the votes, nats
	MAE       Number        `json:"mae"`      // mean of |predicted - true fraction|, over rows and answers
	MeanMAE   Number        `json:"mean_mae"` // the same where the mean fraction of each answer is predicted throughout
	Intervals Intervals     `json:"intervals,omitempty"`
	Answers   []ColumnScore `json:"answers"` // of the fractions; honest errors take the scatter of so many votes in

	True, Predicted []float64 `json:"-"` // fractions [rows x answers]
}

func (r *VotesReport) parts() []any {
	list := []any{r}
	for i := range r.Questions {
		q := &r.Questions[i]
		list = append(append(list, q), columnScores(q.Answers).parts()...)
	}
	return list
}

// Votes scores logits [n, N] of [vit.DirichletMultinomial] against votes [n, N]
// on the answers of questions. Mismatched lengths, votes that are negative or
// not finite and logits that are not finite are errors.
func Votes(logits, votes []float32, questions []catalog.Question, b Bootstrap) (*VotesReport, error) {
	n := len(catalog.AnswerColumns(questions))
	if n == 0 || len(logits) != len(votes) || len(logits)%n != 0 {
		return nil, fmt.Errorf("metrics: %d outputs and %d votes do not make rows of %d answers", len(logits), len(votes), n)
	}
	for i, v := range votes {
		if !(v >= 0) || math.IsInf(float64(v), 0) {
			return nil, fmt.Errorf("metrics: row %d: %g votes", i/n, v)
		}
		if z := float64(logits[i]); !IsFinite(z) {
			return nil, fmt.Errorf("metrics: row %d: a prediction is %g", i/n, z)
		}
	}
	var polls []poll
	first := 0
	for _, q := range questions {
		polls = append(polls, newPoll(q, logits, votes, first, n))
		first += len(q.Answers)
	}
	r := bootstrapped(b, len(logits)/n, func(weight []int) *VotesReport { return votesReport(polls, weight) })
	for i, p := range polls {
		r.Questions[i].True, r.Questions[i].Predicted = p.true, p.predicted
	}
	return r, nil
}

// votesReport scores when row i counts weight[i] times.
func votesReport(polls []poll, weight []int) *VotesReport {
	r := &VotesReport{}
	for _, w := range weight {
		r.N += w
	}
	loss, asked := 0.0, 0
	for _, p := range polls {
		s, sum := p.score(weight)
		r.Questions = append(r.Questions, s)
		loss, asked = loss+sum, asked+s.N
	}
	r.LogLoss = quotient(loss, asked)
	return r
}

// poll is the votes on one question of A answers beside what is predicted, ready
// to be scored under any weights.
type poll struct {
	question                 catalog.Question
	asked                    []int     // rows that have votes
	loss                     []float64 // of each of these
	rows                     []int     // the M that have FewVotes or more
	true, predicted, scatter []float64 // fractions [M, A], and the standard deviations of the true ones around the predicted ones
}

// newPoll is that of the question whose answers begin at first in rows of n.
func newPoll(q catalog.Question, logits, votes []float32, first, n int) poll {
	k := len(q.Answers)
	d := poll{question: q}
	objective := vit.DirichletMultinomial{Answers: []int{k}}
	p, sigma := make([]float64, k), make([]float64, k)
	for row := range len(logits) / n {
		z, own := logits[row*n+first:][:k], votes[row*n+first:][:k]
		cast := 0.0
		for _, v := range own {
			cast += float64(v)
		}
		if cast == 0 {
			continue
		}
		d.asked, d.loss = append(d.asked, row), append(d.loss, objective.Gradient(nil, z, own, 1))
		if cast < FewVotes {
			continue
		}
		d.rows = append(d.rows, row)
		vit.VoteFractions(p, sigma, z)
		for i, v := range own {
			d.true, d.predicted = append(d.true, float64(v)/cast), append(d.predicted, p[i])
			// The variance of a Dirichlet-multinomial draw: that of the fraction, and that of so many votes for it.
			d.scatter = append(d.scatter, math.Sqrt(sigma[i]*sigma[i]*(1-1/cast)+p[i]*(1-p[i])/cast))
		}
	}
	return d
}

// score scores when row i counts weight[i] times, and returns the sum of the losses too.
func (d poll) score(weight []int) (s QuestionScore, loss float64) {
	k := len(d.question.Answers)
	s.Name = d.question.Name
	for i, row := range d.asked {
		s.N += weight[row]
		loss += float64(weight[row]) * d.loss[i]
	}
	s.LogLoss = quotient(loss, s.N)
	own, n := make([]int, len(d.rows)), 0
	for i, row := range d.rows {
		own[i] = weight[row]
		n += own[i]
	}
	means := make([]float64, k)
	for i, v := range d.true {
		means[i%k] += float64(own[i/k]) * v / float64(n)
	}
	absolute, meanAbsolute := 0.0, 0.0
	for i, v := range d.true {
		absolute += float64(own[i/k]) * math.Abs(d.predicted[i]-v)
		meanAbsolute += float64(own[i/k]) * math.Abs(means[i%k]-v)
	}
	s.MAE, s.MeanMAE = quotient(absolute, n*k), quotient(meanAbsolute, n*k)
	for i, name := range d.question.Answers {
		s.Answers = append(s.Answers, columnScore(name, d.predicted, d.scatter, d.true, i, k, own))
	}
	return s, loss
}
