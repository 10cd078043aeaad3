package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"

	"github.com/astrovit/astrovit/simd"
)

// report is how the figures are printed.
type report interface {
	add(outcome) error
	close() error
}

// table prints the targets when all jobs are done.
type table struct {
	out      io.Writer
	outcomes []outcome
}

func (t *table) add(o outcome) error {
	t.outcomes = append(t.outcomes, o)
	return nil
}

func (t *table) close() error {
	for _, line := range cast(t.outcomes) {
		fmt.Fprintln(t.out, line)
	}
	verdicts := map[string]int{}
	for _, s := range sections {
		rows := s.rows(t.outcomes)
		if len(rows) == 0 {
			continue
		}
		fmt.Fprintf(t.out, "\n%s\n", s.title)
		w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "  job\tours\tpeer's\tunit\tpeer\tratio\ttarget\tholds\tothers")
		for _, r := range rows {
			verdict := r.target.verdict(r.ratio)
			verdicts[verdict]++
			fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
				r.job, figure(r.ours), figure(r.theirs), r.unit, r.peer, ratio(r.ratio), r.target, verdict, percent(r.others))
		}
		w.Flush()
	}
	if disturbed := disturbedJobs(t.outcomes); disturbed > 0 {
		fmt.Fprintf(t.out, "\n%d of %d jobs were disturbed: others took more than %.0f %% of the machine's time.\n",
			disturbed, len(t.outcomes), 100*quiet)
	}
	yes, no, open := verdicts[holds], verdicts[fails], verdicts[unknown]
	_, err := fmt.Fprintf(t.out, "\n%d of %d targets hold, %d were not measured.\n", yes, yes+no+open, open)
	return err
}

func disturbedJobs(outcomes []outcome) int {
	n := 0
	for _, o := range outcomes {
		if o.others > quiet {
			n++
		}
	}
	return n
}

// cast says who took part, and aloud who did not.
func cast(outcomes []outcome) []string {
	var present, skipped []string
	for _, o := range outcomes {
		for _, r := range o.results {
			list, line := &present, fmt.Sprintf("%-20s %s", r.name, r.about)
			if r.skipped != nil {
				list, line = &skipped, fmt.Sprintf("SKIPPED %s: %v", r.name, r.skipped)
			}
			if !slices.Contains(*list, line) {
				*list = append(*list, line)
			}
		}
	}
	return append(present, skipped...)
}

// figure is x with four significant digits.
func figure(x float64) string {
	switch {
	case math.IsNaN(x):
		return ""
	case x >= 1000 || x == math.Trunc(x):
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.*f", max(0, 3-int(math.Floor(math.Log10(math.Abs(x))))), x)
}

func ratio(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return fmt.Sprintf("%.2f", x)
}

func percent(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return fmt.Sprintf("%.0f %%", 100*x)
}

// lines prints our own figures as they come, a JSON object each.
type lines struct{ out io.Writer }

// ownFigures is a line.
type ownFigures struct {
	Bench     string  `json:"bench"`
	Model     string  `json:"model,omitempty"`
	Case      string  `json:"case"` // the model or the shape MxNxK
	Trans     string  `json:"trans,omitempty"`
	Batch     int     `json:"batch,omitempty"`
	Threads   int     `json:"threads"`
	Precision string  `json:"precision"`
	Value     float64 `json:"value"` // median of the samples
	Best      float64 `json:"best"`
	Unit      string  `json:"unit"`
	Memory    float64 `json:"rss_mib"`
	Level     string  `json:"level"`
}

func (l *lines) add(o outcome) error { return json.NewEncoder(l.out).Encode(figuresOf(o)) }
func (l *lines) close() error        { return nil }

func figuresOf(o outcome) ownFigures {
	j, r := o.job, o.ours()
	f := ownFigures{
		Bench: j.bench, Model: j.model, Case: j.model, Trans: j.trans, Batch: j.batch, Threads: j.threads, Precision: string(j.precision),
		Value: thousandths(o.rate(r, r.seconds)), Best: thousandths(j.amount() / slices.Min(r.seconds)), Unit: j.unit(),
		Memory: thousandths(r.memory), Level: simd.Level(),
	}
	if j.bench == "gemm" {
		f.Case = j.shape()
	}
	return f
}

func thousandths(x float64) float64 { return math.Round(1000*x) / 1000 }
