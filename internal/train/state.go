package train

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/prepare"
)

// state is where a run stands, beside its weights and moments. Order and
// augmentation follow from the seed, the epoch and the batch.
type state struct {
	Epoch     int     `json:"epoch"` // finished
	Batch     int     `json:"batch"` // finished of the epoch under way, in whole steps
	Steps     int     `json:"steps"` // of the optimiser
	LossSum   float64 `json:"loss_sum"`
	GradSum   float64 `json:"grad_sum"`
	BestEpoch int     `json:"best_epoch"` // from 1; 0: none yet
	BestLoss  float64 `json:"best_loss"`
	History   []entry `json:"history"`
	Kernels   string  `json:"kernels"` // of the last checkpoint
}

// possible tells whether a run can stand there.
func (s state) possible(epochs, batches int) bool {
	return 0 <= s.Epoch && s.Epoch <= epochs && 0 <= s.Batch && s.Batch <= batches && 0 <= s.Steps &&
		0 <= s.BestEpoch && s.BestEpoch <= s.Epoch && len(s.History) == s.Epoch
}

// entry is an epoch in the history.
type entry struct {
	Epoch     int     `json:"epoch"`
	LR        float64 `json:"lr"`
	TrainLoss float64 `json:"train_loss"`
	ValLoss   float64 `json:"val_loss"`
	ValScore  float64 `json:"val_score"`
	GradNorm  float64 `json:"grad_norm"`
	Seconds   float64 `json:"seconds"`
}

// identity is what must not change under a run that is resumed.
type identity struct {
	Task     catalog.Task   `json:"task"`
	Settings Settings       `json:"settings"`
	Seed     uint64         `json:"seed"`
	Labels   []string       `json:"labels"`
	Data     string         `json:"data"`   // hash of the examples
	Read     [2]int         `json:"read"`   // how many of them could be read, to train and to validate on
	Recipe   prepare.Recipe `json:"recipe"` // fitted to the pixels, which it stands for

	Questions []catalog.Question `json:"questions,omitempty"`
	Masking   *Masking           `json:"masking,omitempty"`
}

// identity is that of a run on these data, as far as it is known before they are read.
func (o Options) identity(data *labelled, s Settings) identity {
	return identity{Task: data.task, Settings: s, Seed: o.Seed, Labels: data.labels, Data: data.content, Questions: data.questions}
}

func (r *run) identity() identity {
	i := r.Options.identity(r.data, r.settings)
	i.Read, i.Recipe, i.Masking = [2]int{len(r.data.train), len(r.data.val)}, r.model.Recipe, r.masking
	return i
}

// fingerprint is a hash of the objects and their labels.
func fingerprint(parts ...[]example) string {
	h := fnv.New128a()
	for _, part := range parts {
		fmt.Fprintf(h, "%d\n", len(part))
		for _, e := range part {
			io.WriteString(h, e.object.ID+"\n")
			for _, v := range e.target {
				binary.Write(h, binary.LittleEndian, math.Float32bits(v))
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// pretrain is what a run without a task does.
const pretrain = "pretrain"

// same says in what two runs differ.
func (a identity) same(b identity) error {
	if a.Task != b.Task {
		return fmt.Errorf("it has task %s, not %s", cmp.Or(b.Task, pretrain), cmp.Or(a.Task, pretrain))
	}
	list := differences(b.Settings, a.Settings)
	if a.Masking != nil && b.Masking != nil {
		list = append(list, differences(*b.Masking, *a.Masking)...)
	}
	if len(list) > 0 {
		return fmt.Errorf("it has %s", strings.Join(list, "; "))
	}
	switch {
	case a.Seed != b.Seed:
		return fmt.Errorf("it has seed %d, not %d", b.Seed, a.Seed)
	case !slices.Equal(a.Labels, b.Labels):
		return fmt.Errorf("it has the labels %q, not %q", b.Labels, a.Labels)
	case !reflect.DeepEqual(a.Questions, b.Questions):
		return fmt.Errorf("its questions are asked after other answers")
	case a.Data != b.Data:
		return fmt.Errorf("it was trained on other rows or other labels")
	case a.Read != b.Read, !reflect.DeepEqual(a.Recipe, b.Recipe):
		return fmt.Errorf("it was trained on other pixels: the files of some pictures have changed")
	}
	return nil
}
