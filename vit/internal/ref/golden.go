package ref

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
)

// Uniform returns n numbers in [-scale, scale) that depend on seed and name only,
// so that a golden file need not store weights or images: testdata/torch/hashed.py
// is the same formula. The FNV-1a hash of "seed:name" keys a splitmix64 stream
// (Steele et al. 2014), of which the upper 16 bits are kept. With a scale that is
// a power of two the numbers, and one plus them, are exact in float32.
func Uniform(seed uint64, name string, n int, scale float64) []float64 {
	key := uint64(0xcbf29ce484222325)
	for _, c := range []byte(fmt.Sprintf("%d:%s", seed, name)) {
		key = (key ^ uint64(c)) * 0x100000001b3
	}
	x := make([]float64, n)
	for i := range x {
		z := key + uint64(i+1)*0x9e3779b97f4a7c15
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
		x[i] = scale * (float64(z>>48)/32768 - 1)
	}
	return x
}

// Fill sets every parameter from Uniform under its own name. Matrices are scaled
// so that signals neither die nor grow, LayerNorm's gains lie around one, and
// nothing is zero, so that no gradient vanishes by accident.
func (m *Model) Fill(seed uint64) {
	for _, name := range m.Names {
		w := m.Params[name]
		if !m.Decays(name) {
			copy(w, Uniform(seed, name, len(w), 0.25))
		} else {
			scale, fanIn := 1.0, float64(len(w)/m.Shapes[name][0])
			for scale*scale*fanIn > 4 {
				scale /= 2
			}
			copy(w, Uniform(seed, name, len(w), scale))
		}
		if m.gain(name) {
			for i := range w {
				w[i]++
			}
		}
	}
}

// gain tells whether a parameter is a LayerNorm's gamma: the only vectors that
// are called weight.
func (m *Model) gain(name string) bool {
	return len(m.Shapes[name]) == 1 && filepath.Ext(name) == ".weight"
}

// Numbers are floats of a JSON file in which null stands for NaN.
type Numbers []float64

// UnmarshalJSON reads an array of numbers and nulls.
func (x *Numbers) UnmarshalJSON(data []byte) error {
	var values []*float64
	if err := json.Unmarshal(data, &values); err != nil {
		return err
	}
	*x = nil // also of a null in place of the array
	for _, v := range values {
		if v == nil {
			*x = append(*x, math.NaN())
		} else {
			*x = append(*x, *v)
		}
	}
	return nil
}

// Target is what a golden model is trained towards, and by which loss.
type Target struct {
	Loss      string  `json:"loss"`      // "cross_entropy", "bce", "gaussian_nll" or "votes"
	Labels    []int   `json:"labels"`    // [B], for cross_entropy
	Weight    Numbers `json:"weight"`    // class weights [N] of cross_entropy, or nil
	Smoothing float64 `json:"smoothing"` // of cross_entropy
	Values    Numbers `json:"values"`    // [B,N] for bce and votes, [B,R] for gaussian_nll; NaN where unknown
	Answers   []int   `json:"answers"`   // of each question, for votes
}

// Of returns the loss of logits [B,N] and their gradient.
func (t Target) Of(logits []float64, batch int) (loss float64, dlogits []float64) {
	switch t.Loss {
	case "cross_entropy":
		return CrossEntropy(logits, t.Labels, t.Weight, t.Smoothing)
	case "bce":
		return BCE(logits, t.Values)
	case "gaussian_nll":
		return GaussianNLL(logits, t.Values, batch)
	case "votes":
		return DirichletMultinomial(logits, t.Values, t.Answers)
	}
	panic("ref: loss is cross_entropy, bce, gaussian_nll or votes")
}

// Digest is a tensor too large to store: its Euclidean norm and its values at
// SampleIndices.
type Digest struct {
	Norm    float64 `json:"norm"`
	Samples Numbers `json:"samples"`
}

// SampleIndices are the at most eight positions in a tensor of n values that a
// Digest keeps, spread evenly from the first to the last.
func SampleIndices(n int) []int {
	count := min(n, 8)
	at := make([]int, count)
	for j := range at {
		at[j] = j * (n - 1) / max(count-1, 1)
	}
	return at
}

// Golden is one model that torch ran in float64 (testdata/torch/make_goldens.py).
type Golden struct {
	Name      string            `json:"name"`
	Config    Config            `json:"config"`
	Seed      uint64            `json:"seed"` // of Fill and Images
	Batch     int               `json:"batch"`
	Target    Target            `json:"target"`
	Logits    []float64         `json:"logits"` // [B,N]
	Value     float64           `json:"value"`  // of the loss
	Gradients map[string]Digest `json:"gradients"`
	Rollout   []float64         `json:"rollout"` // [B,N patches]
}

// Model returns the golden's model with its weights.
func (g Golden) Model() *Model {
	m := New(g.Config)
	m.Fill(g.Seed)
	return m
}

// Images returns the golden's input [B,C,shape...].
func (g Golden) Images() []float64 {
	return Uniform(g.Seed, "images", g.Batch*g.Config.Pixels(), 1)
}

// Goldens reads testdata/torch/goldens.json.
func Goldens() (all []Golden, err error) {
	return all, readGolden("goldens.json", &all)
}

// Training is a short training by torch.optim.AdamW in float64
// (testdata/torch/make_adamw.py): clip_grad_norm_, then a step, with weight decay
// where Model.Decays says so.
type Training struct {
	Config    Config            `json:"config"`
	Seed      uint64            `json:"seed"` // of Fill and Images
	Batch     int               `json:"batch"`
	Smoothing float64           `json:"smoothing"` // of the cross-entropy
	LR        float64           `json:"lr"`
	Beta1     float64           `json:"beta1"`
	Beta2     float64           `json:"beta2"`
	Eps       float64           `json:"eps"`
	Decay     float64           `json:"decay"`
	Clip      float64           `json:"clip"`
	Labels    [][]int           `json:"labels"` // [steps][B]
	Losses    []float64         `json:"losses"` // [steps], before each step
	Norms     []float64         `json:"norms"`  // [steps], of all gradients before clipping
	Params    map[string]Digest `json:"params"` // after the last step
}

// Model returns the training's model with its first weights.
func (t Training) Model() *Model {
	m := New(t.Config)
	m.Fill(t.Seed)
	return m
}

// Images returns the batch [B,C,shape...] of one step, counted from zero.
func (t Training) Images(step int) []float64 {
	return Uniform(t.Seed, fmt.Sprintf("images.%d", step), t.Batch*t.Config.Pixels(), 1)
}

// AdamWGolden reads testdata/torch/adamw.json.
func AdamWGolden() (t Training, err error) {
	return t, readGolden("adamw.json", &t)
}

// readGolden finds the repository's root by its go.mod, as tests run anywhere.
func readGolden(name string, into any) error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		} else if !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return fmt.Errorf("no go.mod above the working directory: %w", err)
		}
		dir = filepath.Dir(dir)
	}
	file := filepath.Join(dir, "testdata", "torch", name)
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
