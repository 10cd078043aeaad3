package train

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// pace is how a process spends its time: when it is to write a checkpoint, and
// when to stop so that it ends before a limit. What is learned does not depend on
// it. The runs of --folds share one.
type pace struct {
	now   func() time.Time
	begun time.Time
	limit time.Duration // for the process; 0: none
	every time.Duration // between checkpoints; 0: as due says

	got     bool      // further than where the process began
	since   time.Time // when what is under way began
	step    time.Duration
	judging time.Duration // a validation
	saving  time.Duration // what is written at once; these three are the longest so far

	saved  time.Time     // when the last checkpoint was
	last   time.Duration // that it took
	spent  time.Duration // by all checkpoints
	number int           // of them
}

func (o Options) newPace() *pace {
	p := &pace{now: o.now, limit: o.TimeLimit, every: o.CheckpointEvery}
	if p.now == nil {
		p.now = time.Now
	}
	p.begun = p.now()
	return p
}

// begin is called before something whose end tells how long it took.
func (p *pace) begin() { p.since = p.now() }

func (p *pace) end(longest *time.Duration) (took time.Duration) {
	now := p.now()
	took, p.since = now.Sub(p.since), now
	*longest = max(*longest, took)
	return took
}

// stepped is called after each step, judged after each validation, wrote after
// the models are written.
func (p *pace) stepped() { p.end(&p.step); p.got = true }
func (p *pace) judged()  { p.end(&p.judging); p.got = true }
func (p *pace) wrote()   { p.end(&p.saving) }

// checkpointed is called after each checkpoint, for which begin was called before it.
func (p *pace) checkpointed() {
	p.last = p.end(&p.saving)
	p.saved, p.spent, p.number = p.since, p.spent+p.last, p.number+1
}

// due tells whether to write a checkpoint. The first one comes at once: it tells
// what a checkpoint costs, and whether it can be written. From then on they take
// less than a hundredth of the time.
func (p *pace) due() bool {
	wait := p.every
	if wait == 0 {
		wait = max(time.Minute, 100*p.last)
	}
	return p.number == 0 || p.now().Sub(p.saved) >= wait
}

// room tells whether there is time for d and then to save, models and a
// checkpoint, all half as slowly again as ever yet.
func (p *pace) room(d time.Duration) bool {
	return p.limit == 0 || p.now().Sub(p.begun)+3*(d+2*p.saving)/2 <= p.limit
}

// limited is a context that also ends when there is no room for another step.
type limited struct {
	context.Context
	pace *pace
}

// Err implements [context.Context].
func (l limited) Err() error {
	if err := l.Context.Err(); err != nil {
		return err
	}
	if !l.pace.room(l.pace.step) {
		return context.DeadlineExceeded
	}
	return nil
}

// paced runs do within the time limit. What it got nowhere in, it would not get
// further in another time.
func (o *Options) paced(ctx context.Context, do func(context.Context) error) error {
	o.pace = o.newPace()
	err := do(limited{ctx, o.pace})
	if p := o.pace; p.number > 0 {
		all := max(p.now().Sub(p.begun), 1)
		o.Log.Info(fmt.Sprintf("%d checkpoints took %.2f s, %.2f %% of the time", p.number, p.spent.Seconds(), 100*p.spent.Seconds()/all.Seconds()),
			"checkpoints", p.number, "seconds", p.spent.Seconds())
	}
	switch {
	case !errors.Is(err, errInterrupted), o.world().Any(ctx.Err() != nil):
		return err
	case !o.pace.got:
		return fmt.Errorf("--time-limit %v is too short: neither a step nor a validation was finished in it", o.TimeLimit)
	}
	return fmt.Errorf("--time-limit %v is near: %w", o.TimeLimit, err)
}
