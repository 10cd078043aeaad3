package catalog

import (
	"math"
	"slices"
	"strings"
)

// tree says how fractions of votes lead from question to question. Answers are
// numbered through all questions, as in AnswerColumns.
type tree struct {
	questions []Question
	leading   [][]int // of each question, the answers that lead to it
}

func newTree(questions []Question) tree {
	t, columns := tree{questions: questions}, AnswerColumns(questions)
	for _, q := range questions {
		var answers []int
		if q.AskedAfter != "" {
			answers = append(answers, slices.Index(columns, q.AskedAfter))
			answers = append(answers, t.leading[askedBy(questions, q.AskedAfter)]...)
		}
		t.leading = append(t.leading, answers)
	}
	return t
}

// asked is the proportion of volunteers who are asked question q: the product
// of the fractions of the answers that lead to it.
func (t tree) asked(q int, fractions []float64) float64 {
	proportion := 1.0
	for _, i := range t.leading[q] {
		proportion *= at(fractions, i)
	}
	return proportion
}

// label is the likeliest answer of each question that at least half of the
// volunteers are asked, joined by "|"; empty where a fraction is NaN.
func (t tree) label(fractions []float64) string {
	if len(fractions) == 0 || slices.ContainsFunc(fractions, math.IsNaN) {
		return ""
	}
	var likeliest []string
	first := 0
	for i, q := range t.questions {
		own := fractions[first:][:len(q.Answers)]
		if t.asked(i, fractions) >= 0.5 {
			likeliest = append(likeliest, q.Answers[slices.Index(own, slices.Max(own))])
		}
		first += len(q.Answers)
	}
	return strings.Join(likeliest, "|")
}
