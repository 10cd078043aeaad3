package metrics

import (
	"encoding/json"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/internal/catalog"
)

// votesGolden is testdata/votes.json, made by testdata/make_votes.py.
type votesGolden struct {
	Logits, Votes []float32
	Report        VotesReport
}

func (g votesGolden) questions() []catalog.Question {
	var questions []catalog.Question
	for _, s := range g.Report.Questions {
		q := catalog.Question{Name: s.Name}
		for _, a := range s.Answers {
			q.Answers = append(q.Answers, a.Name)
		}
		questions = append(questions, q)
	}
	return questions
}

func readVotesGolden(t *testing.T) (g votesGolden) {
	t.Helper()
	data, err := os.ReadFile("testdata/votes.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func TestVotesAgainstScipy(t *testing.T) {
	g := readVotesGolden(t)
	got, err := Votes(g.Logits, g.Votes, g.questions())
	if err != nil {
		t.Fatal(err)
	}
	for i := range got.Questions {
		q := &got.Questions[i]
		if n := q.Answers[0].N * len(q.Answers); len(q.True) != n || len(q.Predicted) != n {
			t.Errorf("%s: %d true and %d predicted fractions, want %d", q.Name, len(q.True), len(q.Predicted), n)
		}
		q.True, q.Predicted = nil, nil
	}
	requireSame(t, "report", reflect.ValueOf(*got), reflect.ValueOf(g.Report))
}

func TestVotesRefuses(t *testing.T) {
	questions := []catalog.Question{{Name: "a", Answers: []string{"a_x", "a_y"}}}
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for name, c := range map[string]struct {
		logits, votes []float32
		want          string
	}{
		"half a row":  {[]float32{1}, []float32{1}, "rows of 2 answers"},
		"too few":     {[]float32{1, 2, 3, 4}, []float32{1, 2}, "4 outputs and 2 votes"},
		"negative":    {[]float32{1, 2, 3, 4}, []float32{1, 2, 3, -1}, "row 1: -1 votes"},
		"infinite":    {[]float32{1, 2}, []float32{1, inf}, "row 0: +Inf votes"},
		"no fraction": {[]float32{1, nan}, []float32{10, 2}, "row 0: a prediction is NaN"},
		"few votes":   {[]float32{1, 2, nan, 1}, []float32{10, 2, 3, 2}, "row 1: a prediction is NaN"},
		"no end":      {[]float32{1, -inf}, []float32{3, 2}, "row 0: a prediction is -Inf"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Votes(c.logits, c.votes, questions); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	r, err := Votes(nil, nil, questions)
	if err != nil || r.N != 0 || r.LogLoss.Defined() || r.Questions[0].MAE.Defined() {
		t.Errorf("of nothing: %+v, %v", r, err)
	}
}
