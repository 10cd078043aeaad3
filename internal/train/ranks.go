package train

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/astrovit/astrovit/internal/mpi"
	"github.com/astrovit/astrovit/simd"
)

// Processes that train together do the same with the same files, each on its share of every batch, until the end of the training.
// Rank 0 alone writes, and what it finds in the run folder holds for all. Each gives up at the same step as the others, or else
// has to end them all.

// world is the processes that train together.
func (o Options) world() mpi.World {
	if o.World == nil {
		return mpi.Alone{}
	}
	return o.World
}

// leads tells whether this process is the one that writes.
func (o Options) leads() bool { return o.world().Rank() == 0 }

// byFirst has rank 0 do something.
func (o Options) byFirst(do func() error) error {
	if !o.leads() {
		return nil
	}
	return do()
}

// decided is what rank 0 finds.
func (o Options) decided(find func() (bool, error)) (yes bool, err error) {
	if o.leads() {
		if yes, err = find(); err != nil {
			return false, err
		}
	}
	return o.world().Any(yes), nil
}

// agreed is errInterrupted where any rank has met it.
func (o Options) agreed(err error) error {
	if err != nil && !errors.Is(err, errInterrupted) {
		return err
	}
	if o.world().Any(err != nil) {
		return errInterrupted
	}
	return nil
}

// ranksText tells of the others in the log.
func (o Options) ranksText() string {
	if n := o.world().Size(); n > 1 {
		return fmt.Sprintf(" in each of %d processes", n)
	}
	return ""
}

// start goes back to the checkpoint if there is one, and makes the ranks' runs one.
func (r *run) start(resuming bool) error {
	if resuming {
		if err := r.byFirst(r.restore); err != nil {
			return err
		}
	}
	return r.meet()
}

// meet makes the ranks' runs one, from where rank 0 stands.
func (r *run) meet() error {
	if r.world().Size() == 1 {
		return nil
	}
	type self struct {
		Identity identity
		Kernels  string
	}
	mine := self{r.identity(), simd.Level()}
	text, err := json.Marshal(mine)
	if err != nil {
		return err
	}
	var first self
	if told := r.world().Told(text); !bytes.Equal(told, text) {
		if err := json.Unmarshal(told, &first); err != nil {
			return err
		}
		if err := mine.Identity.same(first.Identity); err != nil {
			return fmt.Errorf("the run of rank 0 is another: %w", err)
		}
		return fmt.Errorf("rank 0 has the kernels %s, not %s, and would get other weights: set ASTROVIT_SIMD to what all machines have", first.Kernels, mine.Kernels)
	}
	if text, err = json.Marshal(r.state); err != nil {
		return err
	}
	if err := json.Unmarshal(r.world().Told(text), &r.state); err != nil {
		return err
	}
	for _, prefix := range slices.Sorted(maps.Keys(r.parts)) {
		r.world().Broadcast(r.parts[prefix].Flat, 0)
	}
	r.trainer.SetSteps(r.state.Steps)
	return nil
}

// alone makes rank 0 go on by itself.
func (r *run) alone() { r.World, r.val.share = nil, nil }
