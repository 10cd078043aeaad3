package modeldir

import (
	"fmt"
	"slices"
	"strings"

	"github.com/astrovit/astrovit/patch"
	"github.com/astrovit/astrovit/vit"
)

// source is the tensors of a model file.
type source interface {
	Names() []string
	Shape(name string) []int
	ReadInto(name string, dst []float32) error
}

// ignored are tensors that some Hugging Face ViT files have and that a
// classifier does not use: the pooler of ViTModel and the mask of pretraining.
var ignored = []string{"pooler.dense.weight", "pooler.dense.bias", "embeddings.mask_token"}

// weights reads a file's tensors into models, under Hugging Face's names or timm's.
type weights struct {
	tensors source
	dir     string // the model directory, as errors call it
	file    string // its weights
	timm    bool
	used    map[string]bool
	filter  patch.Filter // for resized positions
	kernel  []float32    // the first of a convolutional stem, as stored, where its bands change
}

// piece is where a tensor lies: the whole of, or one third of, a file's tensor.
type piece struct {
	name  string
	part  int   // of three; -1: all of it
	shape []int // of the file's tensor
}

// find is the file's tensor for Hugging Face's name. Files of the headless
// ViTModel lack the prefix "vit.".
func (w *weights) find(name string, pool vit.Pool) (piece, error) {
	p := piece{name: name, part: -1}
	if w.timm {
		p.name, p.part = timmName(name, pool)
	} else if short := strings.TrimPrefix(name, "vit."); w.tensors.Shape(name) == nil && w.tensors.Shape(short) != nil {
		p.name = short
	}
	p.shape = w.tensors.Shape(p.name)
	if p.shape == nil {
		return piece{}, fmt.Errorf("%s: tensor %q is missing", w.file, p.name)
	}
	w.used[p.name] = true
	return p, nil
}

func (w *weights) read(p piece) ([]float32, error) {
	data := make([]float32, product(p.shape))
	if err := w.tensors.ReadInto(p.name, data); err != nil {
		return nil, fmt.Errorf("%s: %w", w.dir, err)
	}
	if p.part >= 0 {
		data = data[p.part*len(data)/3:][:len(data)/3]
	}
	return data, nil
}

// load fills m, whose image may have other sides and other bands than the
// file's model (stored): positions are then resized and the patch projection
// adapted. With freshHead, m keeps its own classifier.
func (w *weights) load(m *vit.Model, stored vit.Config, freshHead bool) error {
	for _, t := range m.Params.Tensors() {
		if freshHead && strings.HasPrefix(t.Name, "classifier.") {
			continue
		}
		p, err := w.find(t.Name, m.Config.Pool)
		if err != nil {
			return err
		}
		adapt, err := w.adapter(p, t, m.Config, stored)
		if err != nil {
			return err
		}
		data, err := w.read(p)
		if err != nil {
			return err
		}
		copy(t.Data, adapt(data))
	}
	if w.kernel != nil {
		keepStrength(m.Params.Layers[0], w.kernel)
	}
	for _, name := range w.tensors.Names() {
		if w.used[name] || freshHead && (strings.HasPrefix(name, "classifier.") || strings.HasPrefix(name, "head.")) {
			continue
		}
		if !w.timm && slices.Contains(ignored, strings.TrimPrefix(name, "vit.")) {
			continue
		}
		return fmt.Errorf("%s: tensor %q does not belong to this model", w.file, name)
	}
	return nil
}

// adapter checks a tensor's shape and gives what makes it fit t.
func (w *weights) adapter(p piece, t vit.Tensor, target, stored vit.Config) (func([]float32) []float32, error) {
	adapt := func(x []float32) []float32 { return x }
	want := t.Shape
	switch {
	case strings.HasSuffix(t.Name, "position_embeddings"):
		want = []int{1, stored.Tokens(), stored.Dim}
		if !slices.Equal(target.Grid.Counts(), stored.Grid.Counts()) {
			if len(target.Grid.Shape) != 2 || len(stored.Grid.Shape) != 2 {
				return nil, fmt.Errorf("%s: positions of %v patches cannot become %v: only 2-D images can change their size", w.file, stored.Grid.Counts(), target.Grid.Counts())
			}
			adapt = func(x []float32) []float32 { return resizePositions(x, target, stored, w.filter) }
		}
	case target.Grid.Channels == stored.Grid.Channels:
	case stored.Stem == vit.ShiftedStem:
		return nil, fmt.Errorf("%s: a model with shifted patches of %d bands cannot see %d", w.file, stored.Grid.Channels, target.Grid.Channels)
	default:
		if axis := bandAxis(t.Name, stored); axis > 0 {
			want = slices.Clone(t.Shape)
			want[axis] = stored.Grid.Channels
			adapt = func(x []float32) []float32 {
				if stored.Stem == vit.ConvStem {
					w.kernel = x
				}
				return adaptBands(x, t.Shape, axis, stored.Grid.Channels)
			}
		}
	}
	if p.part >= 0 {
		want = append([]int{3 * want[0]}, want[1:]...)
	}
	if !slices.Equal(p.shape, want) {
		return nil, fmt.Errorf("%s: tensor %q has the shape %v, the configuration wants %v", w.file, p.name, p.shape, want)
	}
	return adapt, nil
}

// resizePositions interpolates the grid of positions [1, T, D] to the target's
// counts of patches; the class token's row is kept.
func resizePositions(x []float32, target, stored vit.Config, filter patch.Filter) []float32 {
	d := stored.Dim
	prefix := (stored.Tokens() - stored.Grid.Patches()) * d
	from, to := stored.Grid.Counts(), target.Grid.Counts()
	planes := patch.Image{Shape: []int{d, from[0], from[1]}, Pixels: transpose(x[prefix:], d)}
	resized := patch.Resize(planes, to[0], to[1], filter, filter != patch.Bicubic75)
	return append(slices.Clone(x[:prefix]), transpose(resized.Pixels, to[0]*to[1])...)
}

// transpose turns rows of length cols into columns.
func transpose(x []float32, cols int) []float32 {
	rows := len(x) / cols
	y := make([]float32, len(x))
	for i := range rows {
		for j := range cols {
			y[j*rows+i] = x[i*cols+j]
		}
	}
	return y
}

// bandAxis is the axis of the bands in the kernel that sees the pixels; 0 for other tensors.
func bandAxis(name string, stored vit.Config) int {
	switch {
	case stored.Stem == vit.PatchStem && strings.HasSuffix(name, "patch_embeddings.projection.weight"):
		return 1
	case stored.Stem == vit.ConvStem && strings.HasSuffix(name, "stem.0.convolution.weight"):
		return 3
	}
	return 0
}

// adaptBands changes the number of bands, along one axis of a kernel that shall have a shape, as timm does
// (timm/models/_manipulate.py, adapt_input_conv): one band gets the sum over the stored ones; otherwise they are repeated
// and scaled so that a signal common to all bands keeps its strength.
func adaptBands(x []float32, shape []int, axis, stored int) []float32 {
	bands, size := shape[axis], product(shape[axis+1:])
	y := make([]float32, product(shape))
	scale := float32(stored) / float32(bands)
	for i := range y {
		outer, band, inner := i/(bands*size), i/size%bands, i%size
		from := x[outer*stored*size+inner:]
		if bands > 1 {
			y[i] = scale * from[band%stored*size]
			continue
		}
		for k := range stored {
			y[i] += from[k*size]
		}
	}
	return y
}

// keepStrength changes the gains of a layer that adaptBands has given other kernels: their standardisation would undo what
// a kernel has gained or lost in length.
func keepStrength(layer vit.StemLayer, stored []float32) {
	before := vit.StemLayer{Linear: vit.Linear{W: stored}, Gain: layer.Gain}.KernelNorms()
	for o, after := range layer.KernelNorms() {
		layer.Gain[o] *= float32(after / before[o])
	}
}

func product(shape []int) int {
	n := 1
	for _, s := range shape {
		n *= s
	}
	return n
}
