package train

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/astrovit/astrovit/internal/cli"
)

// ticks is a clock that goes on by a second each time it is asked.
type ticks struct {
	asked atomic.Int64
	doom  int64 // when the process dies; 0: never
}

var errKilled = errors.New("killed")

func (c *ticks) now() time.Time {
	n := c.asked.Add(1)
	if n == c.doom {
		panic(errKilled)
	}
	return time.Unix(n, 0)
}

// killed tells whether the clock killed what is done.
func killed(do func() error) (dead bool, err error) {
	defer func() {
		if reason := recover(); reason == errKilled {
			dead = true
		} else if reason != nil {
			panic(reason)
		}
	}()
	return false, do()
}

// aRun is any run whose options can be changed between one start and the next.
type aRun struct {
	o     *Options
	start func() error
	left  func(t *testing.T, out string) string // to the last bit
}

// kindsOfRuns is one of each.
func kindsOfRuns(t *testing.T) map[string]aRun {
	catalogue := cutouts(t, 30, 1, ".fits")
	labelled := func(label, task string, settings ...string) aRun {
		o := options(t, catalogue, label, t.TempDir(), settings...)
		o.Task, o.TestFraction = task, 0.1
		return aRun{&o, func() error { return Run(context.Background(), o) }, bits}
	}
	pretraining := func(o PretrainOptions) aRun {
		o.Out = t.TempDir()
		return aRun{&o.Options, func() error { return Pretrain(context.Background(), o) }, encoders}
	}
	folds := labelled("class", "classify")
	folds.o.TestFraction, folds.o.Folds = 0, 2
	folds.left = func(t *testing.T, out string) string { return foldBits(t, out, 2) }
	tiles := pretrainOptions(t, "", "", "--epochs=3", "--windows=21")
	tiles.Tiles = []string{tile(t)}
	voted := votes(t, galaxies(t, 29))
	return map[string]aRun{
		"average, drop path, accumulated, balanced": labelled("class", "classify", "--ema=0.9", "--drop-path=0.5", "--accumulate=2", "--balanced-sampling", "--batch=4"),
		"varied and mixed":                          labelled("ring,bright", "multilabel", varied...),
		"repeated":                                  labelled("size", "regress", "--repeat=3"),
		"early stopping":                            labelled("class", "classify", "--epochs=30", "--patience=1", "--lr=0.03", "--batch=15"),
		"votes":                                     {&voted, func() error { return Run(context.Background(), voted) }, bits},
		"folds":                                     folds,
		"pretrained":                                pretraining(pretrainOptions(t, catalogue, "", "--rotate=any", "--accumulate=2", "--epochs=5")),
		"pretrained on the tile":                    pretraining(tiles),
	}
}

// eachKind runs each kind to its end, undisturbed, and then a test of it, which knows what that left.
func eachKind(t *testing.T, test func(t *testing.T, r aRun, want string)) {
	t.Helper()
	for name, r := range kindsOfRuns(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := r.start(); err != nil {
				t.Fatal(err)
			}
			test(t, r, r.left(t, r.o.Out))
		})
	}
}

// A run that dies wherever it looks at the clock, and goes on, ends with the same
// bits, whenever it wrote checkpoints.
func TestDieAndResume(t *testing.T) {
	long(t)
	eachKind(t, func(t *testing.T, r aRun, want string) {
		r.o.Out, r.o.Resume = t.TempDir(), true
		deaths := 0
		for ; ; deaths++ {
			// Seven ticks are enough for a step or a validation, and a checkpoint.
			r.o.now, r.o.CheckpointEvery = (&ticks{doom: int64(7 + deaths%9)}).now, time.Duration(deaths%3)*4*time.Second+1
			dead, err := killed(r.start)
			if err != nil {
				t.Fatal(err)
			}
			if !dead {
				break
			}
			if deaths > 100 {
				t.Fatal("the run does not get on")
			}
		}
		if deaths < 2 {
			t.Errorf("the run died %d times only", deaths)
		}
		if r.left(t, r.o.Out) != want {
			t.Errorf("after %d deaths the result is another", deaths)
		}
		leftovers(t, r.o.Out)
	})
}

// A run stops before its time limit, of which reading takes a part, and gets to
// the same end in pieces. One that could not get on is an error, and no reason to
// start it again.
func TestTimeLimit(t *testing.T) {
	long(t)
	eachKind(t, func(t *testing.T, r aRun, want string) {
		r.o.Out, r.o.Resume, r.o.TimeLimit = t.TempDir(), true, 100*time.Second
		stops := 0
		for ; ; stops++ {
			r.o.now = new(ticks).now
			err := r.start()
			if err == nil {
				break
			}
			if !errors.Is(err, cli.ErrInterrupted) || !strings.Contains(err.Error(), "--time-limit 1m40s is near: ") || stops > 100 {
				t.Fatal(err)
			}
		}
		if stops < 1 {
			t.Error("the run was never stopped")
		}
		if r.left(t, r.o.Out) != want {
			t.Errorf("after %d stops the result is another", stops)
		}
	})
	o := options(t, cutouts(t, 24, 1, ".fits"), "class", t.TempDir())
	o.now, o.TimeLimit = new(ticks).now, 30*time.Second
	wantError(t, Run(context.Background(), o), cli.Failed, "--time-limit 30s is too short")
}

// work is a process that does as a run does, in times that are near to those of
// each part, until its pace ends it.
func work(random *rand.Rand, limit, step, judging, saving time.Duration) (took time.Duration, p *pace) {
	var at time.Time
	pass := func(d time.Duration) { at = at.Add(d * time.Duration(700+random.IntN(300)) / 1000) }
	p = Options{TimeLimit: limit, now: func() time.Time { return at }}.newPace()
	ctx := limited{context.Background(), p}
	save := func() {
		p.begin()
		pass(saving)
		p.checkpointed()
	}
	for {
		p.begin()
		for range 50 {
			pass(step)
			p.stepped()
			if ctx.Err() != nil {
				save()
				return at.Sub(p.begun), p
			}
			if p.due() {
				save()
			}
		}
		if !p.room(p.judging) {
			save()
			return at.Sub(p.begun), p
		}
		p.begin()
		for range 20 {
			if ctx.Err() != nil {
				save()
				return at.Sub(p.begun), p
			}
			pass(judging / 20)
		}
		p.judged()
		pass(saving)
		p.wrote()
		if ctx.Err() != nil {
			save()
			return at.Sub(p.begun), p
		}
		if p.due() {
			save()
		}
	}
}

// A process ends before its limit, and not long before it.
func TestPaceEndsInTime(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		step := time.Duration(1 + random.IntN(int(time.Minute)))
		judging, saving := time.Duration(1+random.IntN(20))*step, time.Duration(1+random.IntN(int(2*step)))
		limit := time.Duration(5+random.IntN(500)) * (step + judging + saving)
		took, _ := work(random, limit, step, judging, saving)
		if took > limit || took < limit-3*(step+judging+2*saving)/2 {
			t.Errorf("with steps of %v, validations of %v and checkpoints of %v it takes %v of %v", step, judging, saving, took, limit)
		}
	}
}

// Checkpoints, but for the first and the last, take less than a hundredth of the
// time, however slow they are, and come once a minute at most.
func TestPaceOfCheckpoints(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, saving := range []time.Duration{time.Millisecond, 200 * time.Millisecond, 3 * time.Second, time.Minute} {
		for _, step := range []time.Duration{200 * time.Millisecond, 40 * time.Second} {
			took, p := work(random, 20*time.Hour, step, 10*step, saving)
			if share := (p.spent - 2*saving).Seconds() / took.Seconds(); share > 0.01 {
				t.Errorf("checkpoints of %v take %.2f %% of the time", saving, 100*share)
			}
			if most := int(took/time.Minute) + 2; p.number > most || p.number < 2 || saving < time.Second && p.number < most/2 {
				t.Errorf("%d checkpoints of %v in %v, with steps of %v", p.number, saving, took, step)
			}
		}
	}
}
