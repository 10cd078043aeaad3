package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/internal/whole"
	"github.com/astrovit/astrovit/simd"
	"github.com/astrovit/astrovit/vit/safetensors"
)

// checkpointsFolder in a run folder holds the newest checkpoints: sealed
// safetensors files, each called by its place.
const checkpointsFolder = "checkpoints"

// place is how far a run had come.
type place struct{ epoch, batch int } // finished, of the state

func (p place) file() string { return fmt.Sprintf("%04d-%06d.checkpoint", p.epoch, p.batch) }

func (p place) beyond(q place) bool {
	return p.epoch > q.epoch || p.epoch == q.epoch && p.batch > q.batch
}

// placeOf is the place that a file's name tells; ok if it tells any.
func placeOf(name string) (p place, ok bool) {
	fmt.Sscanf(name, "%d-%d.checkpoint", &p.epoch, &p.batch)
	return p, p.epoch >= 0 && p.batch >= 0 && name == p.file()
}

// checkpoints are the places of a run folder's checkpoints, the newest first.
func checkpoints(dir string) ([]place, error) {
	entries, err := os.ReadDir(filepath.Join(dir, checkpointsFolder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var places []place
	for _, entry := range entries {
		if p, ok := placeOf(entry.Name()); ok {
			places = append(places, p)
		}
	}
	slices.SortFunc(places, func(a, b place) int {
		if a.beyond(b) {
			return -1
		}
		return 1
	})
	return places, nil
}

// sweepCheckpoints removes what a killed process had begun to write.
func sweepCheckpoints(dir string) {
	whole.SweepFolder(filepath.Join(dir, checkpointsFolder), func(name string) bool {
		_, ok := placeOf(name)
		return ok
	})
}

// checkpoint writes all that the run needs to go on, and removes the checkpoints
// that are then too many.
func (r *run) checkpoint() error {
	if !r.leads() {
		return nil
	}
	r.pace.begin()
	if err := r.meter.sync(); err != nil {
		return err
	}
	_, _, r.state.Steps = r.trainer.State()
	r.state.Kernels = simd.Level()
	standing, err := json.Marshal(r.state)
	if err != nil {
		return err
	}
	who, err := json.Marshal(r.identity())
	if err != nil {
		return err
	}
	var tensors []safetensors.Tensor
	for _, prefix := range slices.Sorted(maps.Keys(r.parts)) {
		tensors = append(tensors, modeldir.Tensors(r.parts[prefix], prefix, safetensors.F32)...)
	}
	folder, here := filepath.Join(r.Out, checkpointsFolder), place{r.state.Epoch, r.state.Batch}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	if err := whole.WriteSealed(filepath.Join(folder, here.file()), func(w io.Writer) error {
		return safetensors.Write(w, tensors, map[string]string{"state": string(standing), "run": string(who)})
	}); err != nil {
		return err
	}
	if err := prune(r.Out, here, r.Keep); err != nil {
		return err
	}
	r.pace.checkpointed()
	return nil
}

// prune leaves so many checkpoints, the newest up to the place where the run is.
// Those beyond are damaged, or it would have gone on from them.
func prune(dir string, here place, keep int) error {
	places, err := checkpoints(dir)
	if err != nil {
		return err
	}
	for _, p := range places {
		if keep--; p.beyond(here) {
			keep++
		} else if keep >= 0 {
			continue
		}
		if err := os.Remove(filepath.Join(dir, checkpointsFolder, p.file())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// saved is an open checkpoint.
type saved struct {
	*safetensors.File
	io.Closer
	name string
}

// newest opens the newest checkpoint of a run folder that can be read and is as
// it was written, and logs why it is not a newer one. There is one at least.
func newest(dir string, log *slog.Logger) (*saved, error) {
	places, err := checkpoints(dir)
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(dir, checkpointsFolder)
	for i, p := range places {
		name := filepath.Join(folder, p.file())
		sealed, err := whole.OpenSealed(name)
		if err == nil {
			file, err := safetensors.New(sealed, sealed.Size(), name)
			if err != nil {
				sealed.Close()
				return nil, err
			}
			return &saved{file, sealed, name}, nil
		}
		if i == len(places)-1 {
			return nil, fmt.Errorf("%s holds no checkpoint to go on from; use another --out to start anew; the oldest: %w", folder, err)
		}
		log.Warn(fmt.Sprintf("%v; going back to the checkpoint before it", err), "file", name)
	}
	return nil, fmt.Errorf("%s holds no checkpoint", folder)
}

// identity is that of the run whose checkpoint it is.
func (s *saved) identity() (who identity, err error) {
	who.Settings.Init = scratch // what a checkpoint means that is older than the setting
	if err := json.Unmarshal([]byte(s.Metadata()["run"]), &who); err != nil {
		return who, fmt.Errorf("%s: metadata \"run\": %w", s.name, err)
	}
	return who, nil
}

// restore goes back to the newest checkpoint.
func (r *run) restore() error {
	set, err := newest(r.Out, r.Log)
	if err != nil {
		return err
	}
	defer set.Close()
	who, err := set.identity()
	if err != nil {
		return err
	}
	if err := r.identity().same(who); err != nil {
		return fmt.Errorf("%s is of another run: %w", set.name, err)
	}
	if err := json.Unmarshal([]byte(set.Metadata()["state"]), &r.state); err != nil {
		return fmt.Errorf("%s: metadata \"state\": %w", set.name, err)
	}
	if !r.state.possible(r.settings.Epochs, r.trainSet.batches()) {
		return fmt.Errorf("%s: metadata \"state\" cannot be of this run", set.name)
	}
	for prefix, params := range r.parts {
		for _, t := range params.Tensors() {
			if shape := set.Shape(prefix + t.Name); !slices.Equal(shape, t.Shape) {
				return fmt.Errorf("%s: tensor %q has the shape %v, not %v", set.name, prefix+t.Name, shape, t.Shape)
			}
			if err := set.ReadInto(prefix+t.Name, t.Data); err != nil {
				return err
			}
		}
	}
	r.trainer.SetSteps(r.state.Steps)
	if before := r.state.Kernels; before != simd.Level() {
		r.Log.Warn(fmt.Sprintf("the run comes from a machine with the kernels %s: from here on its weights are others, in their last bits", before))
	}
	r.Log.Info(fmt.Sprintf("going on after epoch %d, batch %d", r.state.Epoch, r.state.Batch), "epoch", r.state.Epoch, "batch", r.state.Batch)
	return nil
}
