package catalog

import (
	"fmt"
	"slices"
	"strings"
)

// A Question that volunteers were asked. In a list of questions each stands
// after the one that leads to it.
type Question struct {
	Name       string   `json:"name"`
	Answers    []string `json:"answers"`               // the columns of their votes
	AskedAfter string   `json:"asked_after,omitempty"` // the answer that leads to it; empty: all are asked
}

// QuestionsOf are the questions whose answers are these columns, called
// question_answer as in Galaxy Zoo's catalogues: the question ends at the last
// underscore. Conditions "QUESTION=ANSWER" name the column of the answer after
// which a question is asked. A question with one answer, and a condition that
// names what is not there or leads in a circle, are errors.
func QuestionsOf(columns, conditions []string) ([]Question, error) {
	var questions []Question
	named := func(name string) int {
		return slices.IndexFunc(questions, func(q Question) bool { return q.Name == name })
	}
	for _, column := range columns {
		end := strings.LastIndex(column, "_")
		if end < 1 || end == len(column)-1 {
			return nil, fmt.Errorf("column %q is not called question_answer, such as bar_yes", column)
		}
		i := named(column[:end])
		if i < 0 {
			i = len(questions)
			questions = append(questions, Question{Name: column[:end]})
		}
		questions[i].Answers = append(questions[i].Answers, column)
	}
	for _, condition := range conditions {
		name, answer, ok := strings.Cut(condition, "=")
		i := named(strings.TrimSpace(name))
		answer = strings.TrimSpace(answer)
		switch {
		case !ok:
			return nil, fmt.Errorf("--asked-after %q: want QUESTION=ANSWER", condition)
		case i < 0:
			return nil, fmt.Errorf("--asked-after %s: no question %q; there are: %s", condition, name, list(questionNames(questions)))
		case !slices.Contains(columns, answer):
			return nil, fmt.Errorf("--asked-after %s: no answer %q; there are: %s", condition, answer, list(columns))
		case questions[i].AskedAfter != "":
			return nil, fmt.Errorf("--asked-after %s: %q is asked after %q already", condition, name, questions[i].AskedAfter)
		}
		questions[i].AskedAfter = answer
	}
	var ordered []Question
	for len(questions) > 0 {
		i := slices.IndexFunc(questions, func(q Question) bool { return q.AskedAfter == "" || askedBy(ordered, q.AskedAfter) >= 0 })
		if i < 0 {
			return nil, fmt.Errorf("--asked-after: %s would never be asked; the answers that lead there lead in a circle", list(questionNames(questions)))
		}
		ordered = append(ordered, questions[i])
		questions = slices.Delete(questions, i, i+1)
	}
	return ordered, CheckQuestions(ordered)
}

// CheckQuestions reports questions that cannot be asked in this order.
func CheckQuestions(questions []Question) error {
	if len(questions) == 0 {
		return fmt.Errorf("there is no question")
	}
	names, columns := map[string]bool{}, map[string]bool{}
	for i, q := range questions {
		switch {
		case q.Name == "" || names[q.Name]:
			return fmt.Errorf("a question is called %q; each needs a name of its own", q.Name)
		case len(q.Answers) < 2:
			return fmt.Errorf("question %q has the answers %q; a question needs two or more", q.Name, q.Answers)
		case q.AskedAfter != "" && askedBy(questions[:i], q.AskedAfter) < 0:
			return fmt.Errorf("question %q is asked after %q, which is no answer of a question before it", q.Name, q.AskedAfter)
		}
		names[q.Name] = true
		for _, column := range q.Answers {
			if column == "" || columns[column] {
				return fmt.Errorf("question %q has the answer %q; each needs a name of its own", q.Name, column)
			}
			columns[column] = true
		}
	}
	return nil
}

// AnswerColumns are the columns of all answers, question by question.
func AnswerColumns(questions []Question) []string {
	var columns []string
	for _, q := range questions {
		columns = append(columns, q.Answers...)
	}
	return columns
}

// askedBy is the index of the question that has the answer, or -1.
func askedBy(questions []Question, answer string) int {
	return slices.IndexFunc(questions, func(q Question) bool { return slices.Contains(q.Answers, answer) })
}

func questionNames(questions []Question) []string {
	var names []string
	for _, q := range questions {
		names = append(names, q.Name)
	}
	return names
}
