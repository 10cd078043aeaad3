package train

import (
	"slices"
	"strings"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
)

// aim is what a model shall learn.
type aim struct {
	task      catalog.Task
	labels    []string           // columns of a catalogue
	questions []catalog.Question // of votes, whose answers the labels are
}

// aim is what the options ask for, of a catalogue with these columns.
func (o Options) aim(table *catalog.Table) (aim, error) {
	a := aim{task: catalog.Task(o.Task)}
	for _, label := range o.Labels {
		names, err := table.Match(strings.TrimSpace(label))
		if err != nil {
			return a, err
		}
		a.labels = append(a.labels, names...)
	}
	if len(a.labels) == 0 && table.Has("label") {
		a.labels = []string{"label"}
	}
	switch {
	case len(a.labels) == 0:
		return a, cli.Usagef("--label is needed; %s has the columns %q", o.Catalog, table.Names())
	case !slices.Contains(catalog.Tasks, a.task):
		return a, cli.Usagef("no task %q; there are %q", o.Task, catalog.Tasks)
	case a.task == catalog.Classify && len(a.labels) > 1:
		return a, cli.Usagef("--task classify takes one label column, not %q; several at once are --task multilabel (0 or 1) or --task regress (numbers)", a.labels)
	case a.task != catalog.Votes && len(o.AskedAfter) > 0:
		return a, cli.Usagef("--asked-after is for --task votes")
	case a.task == catalog.Votes:
		questions, err := catalog.QuestionsOf(a.labels, o.AskedAfter)
		if err != nil {
			return a, cli.Usagef("--task votes: %v", err)
		}
		a.questions, a.labels = questions, catalog.AnswerColumns(questions)
	}
	return a, nil
}

// targets are what a catalogue says of the rows, of a task with several numbers a row.
func (a aim) targets(table *catalog.Table) (*catalog.Targets, error) {
	switch a.task {
	case catalog.MultiLabel:
		return table.Flags(a.labels)
	case catalog.Regress:
		return table.Numbers(a.labels)
	}
	return table.Votes(a.questions)
}
