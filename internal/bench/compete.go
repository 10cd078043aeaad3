package main

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// outcome is what came of a job.
type outcome struct {
	job     job
	results []result // ours first
	others  float64  // the part of the machine's time that other processes took
}

// result is what one contender did.
type result struct {
	contender
	about     string
	skipped   error     // why there are no figures
	seconds   []float64 // of one run, a sample each
	disturbed []float64 // the same beside a busy process
	memory    float64   // MiB at the most
	allocs    float64   // of one run; the least of the samples, as the runtime allocates at times
}

// entrant is a contender while it competes.
type entrant struct {
	*result
	process *process
	runs    int // a sample
}

// quiet is the part of the machine's time that others may take.
const quiet = 0.04

// competeInQuiet competes, and again if others disturbed it, up to so many
// times, and keeps the least disturbed outcome.
func competeInQuiet(ctx context.Context, j job, contenders []contender, seconds float64, tries int) (outcome, error) {
	var best outcome
	for try := range tries {
		before := loadNow()
		o, err := compete(ctx, j, contenders, seconds)
		if err != nil {
			return o, err
		}
		o.others = loadNow().othersSince(before)
		if try == 0 || o.others < best.others {
			best = o
		}
		if !(best.others > quiet) {
			break
		}
	}
	return best, nil
}

// compete has the contenders take turns at samples of a job. Only our own
// failure is an error; a peer that fails is skipped, aloud.
func compete(ctx context.Context, j job, contenders []contender, seconds float64) (outcome, error) {
	o := outcome{job: j, results: make([]result, len(contenders))}
	samples := 15
	if j.bench == "gemm" {
		seconds /= 10
	}
	if j.disturbed { // by turns of the scheduler, which take a while
		samples = 5
	}
	var busy *process
	if j.disturbed {
		c, err := disturber()
		if err == nil {
			busy, err = start(ctx, c)
		}
		if err != nil {
			return o, err
		}
		defer busy.close()
	}

	var field []*entrant
	rounds := samples
	for i, c := range contenders {
		o.results[i] = result{contender: c, allocs: math.Inf(1)}
		e, once, err := enter(ctx, &o.results[i])
		if err != nil {
			o.results[i].skipped = err
			continue
		}
		defer e.process.close()
		var most int
		e.runs, most = pace(once, seconds, samples)
		rounds = min(rounds, most)
		field = append(field, e)
	}
	for range rounds {
		for _, e := range field {
			if e.skipped == nil {
				e.skipped = e.turn(busy)
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return o, err
	}
	if err := o.results[0].skipped; err != nil {
		return o, fmt.Errorf("%s: %w", j, err)
	}
	return o, nil
}

// enter starts a contender and warms it up. once is about the seconds of a run.
func enter(ctx context.Context, r *result) (e *entrant, once float64, err error) {
	p, err := start(ctx, r.contender)
	if err != nil {
		return nil, 0, err
	}
	r.about = p.about
	for i := 0; i < 2 && once < 1; i++ { // torch's jit optimises in the second run
		a, err := p.ask(1)
		if err != nil {
			p.close()
			return nil, 0, err
		}
		once = a.Seconds
	}
	return &entrant{result: r, process: p}, once, nil
}

// pace is how many runs make a sample, when a run takes once seconds, and how
// many samples, at least 3, fill the seconds.
func pace(once, seconds float64, samples int) (runs, rounds int) {
	runs = max(1, int(math.Ceil(seconds/float64(samples)/once)))
	return runs, min(samples, max(3, int(math.Round(seconds/(float64(runs)*once)))))
}

// turn takes a sample and, if there is a busy process, another one beside it.
func (e *entrant) turn(busy *process) error {
	var err error
	if e.seconds, err = e.sample(e.seconds); err != nil || busy == nil {
		return err
	}
	if err := busy.resume(); err != nil {
		return err
	}
	e.disturbed, err = e.sample(e.disturbed)
	if err := busy.stop(); err != nil {
		return err
	}
	return err
}

// sample appends a sample to seconds.
func (e *entrant) sample(seconds []float64) ([]float64, error) {
	if e.runs > 1 { // the others had the caches
		if _, err := e.process.ask(1); err != nil {
			return seconds, err
		}
	}
	a, err := e.process.ask(e.runs)
	if err != nil {
		return seconds, err
	}
	e.memory, e.allocs = a.Memory, min(e.allocs, a.Allocs)
	return append(seconds, a.Seconds), nil
}

// rate is the throughput of a contender whose runs took seconds: the median.
func (o outcome) rate(r *result, seconds []float64) float64 {
	amount := o.job.amount()
	if r.role == peak {
		amount = peakAmount
	}
	return amount / median(seconds)
}

// ours is our own result.
func (o outcome) ours() *result { return &o.results[0] }

// best is the fastest contender of a role, nil if there are no figures of any.
func (o outcome) best(as role) *result {
	var best *result
	for i := range o.results {
		r := &o.results[i]
		if r.role == as && r.skipped == nil && (best == nil || o.rate(r, r.seconds) > o.rate(best, best.seconds)) {
			best = r
		}
	}
	return best
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	n := len(x)
	if n == 0 {
		return math.NaN()
	}
	return (x[(n-1)/2] + x[n/2]) / 2
}

func geometricMean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += math.Log(v)
	}
	return math.Exp(sum / float64(len(x)))
}
