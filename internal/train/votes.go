package train

import (
	"fmt"
	"io"
	"slices"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/metrics"
	"github.com/astrovit/astrovit/internal/plots"
)

// agreement is how many of the questions that have votes [N] the logits [N]
// answer as most volunteers do, and how many there are.
func agreement(questions []catalog.Question, logits, votes []float32) (right, asked float64) {
	first := 0
	for _, q := range questions {
		end := first + len(q.Answers)
		if most := slices.Max(votes[first:end]); most > 0 {
			asked++
			if votes[first+argmax(logits[first:end])] == most {
				right++
			}
		}
		first = end
	}
	return right, asked
}

func (r *run) scoreVotes(what string, logits, votes []float32, b metrics.Bootstrap) (scored, error) {
	m, err := metrics.Votes(logits, votes, r.data.questions, b)
	if err != nil {
		return scored{}, err
	}
	s := scored{figures: m}
	for _, q := range m.Questions {
		r.Log.Info(fmt.Sprintf("%s: %s, %d images with %d votes or more, mean error of the fractions %.4f (of their means %.4f)",
			what, q.Name, q.Answers[0].N, metrics.FewVotes, q.MAE, q.MeanMAE), "of", what, "question", q.Name, "images", q.Answers[0].N, "mae", q.MAE)
		scatter := plots.Scatter{Name: "fractions of " + q.Name, True: q.True, Predicted: q.Predicted}
		if len(q.Answers) == 2 { // the other is its mirror image
			scatter = plots.Scatter{Name: "fraction of " + q.Answers[0].Name, True: column(q.True, 0, 2), Predicted: column(q.Predicted, 0, 2)}
		}
		s.plots = append(s.plots, func(w io.Writer) error { return plots.Regression(w, caption(what, q.Answers[0].N), scatter) })
	}
	return s, nil
}
