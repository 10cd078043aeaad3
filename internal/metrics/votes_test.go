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
	got, err := Votes(g.Logits, g.Votes, g.questions(), Bootstrap{})
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

// Figures of rows that count several times or not at all are those of a table with as
// many copies of each.
func TestVotesOfAResample(t *testing.T) {
	g := readVotesGolden(t)
	questions := g.questions()
	n := len(catalog.AnswerColumns(questions))
	var polls []poll
	first := 0
	for _, q := range questions {
		polls = append(polls, newPoll(q, g.Logits, g.Votes, first, n))
		first += len(q.Answers)
	}
	weight := make([]int, len(g.Votes)/n)
	var logits, votes []float32
	for row := range weight {
		weight[row] = 7 * row % 4
		for range weight[row] {
			logits, votes = append(logits, g.Logits[row*n:][:n]...), append(votes, g.Votes[row*n:][:n]...)
		}
	}
	want, err := Votes(logits, votes, questions, Bootstrap{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range want.Questions {
		want.Questions[i].True, want.Questions[i].Predicted = nil, nil
	}
	requireSame(t, "report", reflect.ValueOf(votesReport(polls, weight)), reflect.ValueOf(want))
}

// The figures of votes have intervals around them, but for what nobody voted on.
func TestIntervalsOfVotes(t *testing.T) {
	g := readVotesGolden(t)
	r, err := Votes(g.Logits, g.Votes, g.questions(), Bootstrap{Resamples: 200, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range r.parts() {
		got := intervalsOf(part)
		for name, x := range figures(part) {
			ends, ok := got[name]
			if ok != x.Defined() || ok && !(ends[0] < ends[1] && ends[0] <= x && x <= ends[1]) {
				t.Errorf("%s is %v, its interval %v", name, x, ends)
			}
		}
	}
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
			if _, err := Votes(c.logits, c.votes, questions, Bootstrap{}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	r, err := Votes(nil, nil, questions, Bootstrap{Resamples: 10})
	if err != nil || r.N != 0 || r.LogLoss.Defined() || r.Questions[0].MAE.Defined() {
		t.Errorf("of nothing: %+v, %v", r, err)
	}
}
