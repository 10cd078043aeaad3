package vit

import "github.com/astrovit/astrovit/simd"

// Stem says how an image becomes the vectors that are projected to tokens.
type Stem string

const (
	// PatchStem takes the patches as they are (ViT).
	PatchStem Stem = "patch"
	// ConvStem is a stack of 3 x 3 convolutions (Xiao et al. 2021, arXiv:2106.14881): steps of two, which double the
	// channels up to D, and after each but the first a residual block (He et al. 2016, arXiv:1603.05027). It has no norms,
	// which would make the noise between a few bright sources as large as them, but standardised weights (Brock et al. 2021,
	// arXiv:2101.08692). It learns from far fewer images.
	ConvStem Stem = "conv"
	// ShiftedStem takes with each patch those that lie half a patch away towards the four corners, and normalises all of
	// them (shifted patch tokenisation: Lee et al. 2021, arXiv:2112.13492).
	ShiftedStem Stem = "shifted"
)

// Stems lists them, the default first.
var Stems = []Stem{PatchStem, ConvStem, ShiftedStem}

// Embedding is the weights from an image to its tokens.
type Embedding struct {
	Layers    []StemLayer // of a convolutional stem
	TokenNorm Norm        // [V], of a shifted stem
	Patch     Linear      // [D, V] from a token's vector of V numbers
}

// convolutions are those of a convolutional stem. All but the first see GELU of what they are given.
func (c Config) convolutions() []convolution {
	if c.Stem != ConvStem {
		return nil
	}
	var list []convolution
	next := convolution{height: c.Grid.Shape[0], width: c.Grid.Shape[1], in: c.Grid.Channels, planar: true}
	for side := c.Grid.Patch[0]; side > 1; side /= 2 {
		next.out, next.step, next.adds = 2*c.Dim/side, 2, false
		list = append(list, next)
		next.height, next.width, next.in, next.step, next.planar = next.height/2, next.width/2, next.out, 1, false
		if len(list) > 1 {
			list = append(list, next)
			next.adds = true
			list = append(list, next)
		}
	}
	return list
}

// Input is the numbers of an image as [Config.Arrange] writes it.
func (c Config) Input() int {
	if c.Stem == ShiftedStem {
		return 5 * c.Grid.Pixels()
	}
	return c.Grid.Pixels()
}

// Arrange writes an image's pixels [C, Shape...] in the order that a forward takes: its patches [N, P], or [N, 5P] with the
// shifted ones, or the pixels as they are.
func (c Config) Arrange(dst, pixels []float32) {
	switch c.Stem {
	case ConvStem:
		copy(dst, pixels)
	case ShiftedStem:
		c.arrangeShifted(dst, pixels)
	default:
		c.Grid.Extract(dst, pixels)
	}
}

// arrangeShifted writes each patch, then those of the image moved up and left, up and right, down and left, down and right.
func (c Config) arrangeShifted(dst, pixels []float32) {
	g := c.Grid
	h, w := g.Shape[0], g.Shape[1]
	image, patches := make([]float32, len(pixels)), make([]float32, len(pixels))
	half := [2]int{g.Patch[0] / 2, g.Patch[1] / 2}
	for i, shift := range [5][2]int{{0, 0}, {-half[0], -half[1]}, {-half[0], half[1]}, {half[0], -half[1]}, {half[0], half[1]}} {
		clear(image)
		for row := range g.Channels * h {
			y := row%h - shift[0]
			if y < 0 || y >= h {
				continue
			}
			to, from := image[row*w:][:w], pixels[(row-shift[0])*w:][:w]
			copy(to[max(shift[1], 0):], from[max(-shift[1], 0):w-max(shift[1], 0)])
		}
		g.Extract(patches, image)
		for n := range g.Patches() {
			copy(dst[(5*n+i)*g.Length():], patches[n*g.Length():][:g.Length()])
		}
	}
}

// vector is V, the length of a token's vector.
func (c Config) vector() int {
	switch c.Stem {
	case ConvStem:
		return c.Dim
	case ShiftedStem:
		return 5 * c.Grid.Length()
	}
	return c.Grid.Length()
}

// stemActivations are what a stem keeps for its backward.
type stemActivations struct {
	vectors []float32   // [B*N, V] of a convolutional stem
	outputs [][]float32 // [B*rows, channels] of each convolution, after its backward GELU of that; none in inference
	moments moments     // of the vectors that a shifted stem normalises
}

func newStemActivations(c Config, batch int) stemActivations {
	var a stemActivations
	switch c.Stem {
	case ConvStem:
		a.vectors = make([]float32, batch*c.Grid.Patches()*c.vector())
	case ShiftedStem:
		a.moments = newMoments(batch * c.Grid.Patches())
	}
	return a
}

// stemScratch is what one goroutine needs for some images.
type stemScratch struct {
	columns []float32    // what a product takes
	act     []float32    // [stemImages*rows, channels] what a convolution is given, or its gradient
	outputs [2][]float32 // the same of convolutions, in turn; in inference
	kernels []float32    // the gradient of a convolution's weights that act; in training
	filters []float32    // and of its filters

	// Of convolutions that are filtered:
	line     []float32 // a row of pixels between zeros
	products []float32 // the outputs of the products, or their gradients
	even     []float32 // outputs, or their gradients, of rows made even
}

func newStemScratch(c Config, training bool) stemScratch {
	var s stemScratch
	columns, act, kernels, filters, line, products, even := 0, 0, 0, 0, 0, 0, 0
	for _, v := range c.convolutions() {
		columns, act, kernels = max(columns, v.columns()), max(act, stemImages*v.rows()*v.out), max(kernels, v.out*v.length())
		if v.filtered() {
			n := v.pairs() * max(v.in, v.out)
			filters, line, products = max(filters, filterProducts*3*v.out*v.in), max(line, 2*n+2*max(v.in, v.out)), max(products, v.band()*filterProducts*n)
			if v.odd() {
				even = max(even, v.band()*2*n)
			}
		}
	}
	if c.Stem == ShiftedStem {
		columns = c.Input()
		if training {
			act = c.Input()
		}
	}
	s.columns, s.act = make([]float32, columns), make([]float32, act)
	s.line, s.products, s.even = make([]float32, line), make([]float32, products), make([]float32, even)
	if training {
		s.kernels, s.filters = make([]float32, kernels), make([]float32, filters)
	} else if c.Stem == ConvStem {
		s.outputs = [2][]float32{make([]float32, act), make([]float32, act)}
	}
	return s
}

// embeddingGradient is the gradient of an embedding's weights for a chunk's images.
type embeddingGradient struct {
	Embedding
	flat []float32 // all of it, in the order of Params.Flat
}

func newEmbeddingGradient(c Config) embeddingGradient {
	var g embeddingGradient
	var f fields
	g.layout(&f, c)
	g.flat, _ = allocate(f.list)
	return g
}

// vectors are those [n, V] of some tokens of an image; [Model.convolve] has made those of a convolutional stem.
func (m *Model) vectors(ws *Workspace, s *scratch, image int, tokens span) []float32 {
	c := m.Config
	rows := span{image*c.Grid.Patches() + tokens.lo, image*c.Grid.Patches() + tokens.hi}
	switch c.Stem {
	case ConvStem:
		return rows.of(ws.stem.vectors, c.vector())
	case ShiftedStem:
		v := tokens.of(s.stem.columns, c.vector())
		m.Params.TokenNorm.norm(v, rows.of(ws.patches, c.vector()), ws.stem.moments.of(rows), c.Eps)
		return v
	}
	return rows.of(ws.patches, c.vector())
}

// stemBackward does for the images of a chunk what comes before the gradients of the embedding's weights, given dx [B*T, D]:
// all of a convolutional stem but [Model.kernelGradient]; the weights' gradients of a shifted one, which are kept apart until
// [Model.embedBackward] adds the chunks up.
func (m *Model) stemBackward(ws *Workspace, s *scratch, chunk int, dx []float32) {
	c := m.Config
	images := ws.chunkOf(chunk)
	if c.Stem == ConvStem {
		for group := range images.blocks(stemImages) {
			m.convolveBackward(ws, s, group, dx)
		}
		return
	}
	part := &ws.grad.stems[chunk]
	clear(part.flat)
	n, v := c.Grid.Patches(), c.vector()
	for image := images.lo; image < images.hi; image++ {
		dy := dx[(image*c.Tokens()+c.prefix())*c.Dim:][:n*c.Dim]
		x, rows := ws.patches[image*c.Input():][:c.Input()], span{image, image + 1}.times(n)
		m.Params.TokenNorm.again(s.stem.columns, x, ws.stem.moments.of(rows))
		part.Patch.gradient(dy, s.stem.columns, n)
		dv := s.stem.act[:n*v]
		inputGradient(dv, dy, &ws.layouts.patchBack, n)
		m.Params.TokenNorm.normBackward(dv, part.TokenNorm, dv, x, ws.stem.moments.of(rows))
	}
}

// gradient accumulates the gradients of a layer's weights from dy [rows, out] and its input x [rows, in].
func (l Linear) gradient(dy, x []float32, rows int) {
	out, in := len(dy)/rows, len(x)/rows
	weightGradient(l.W, dy, x, rows, span{0, out}, span{0, in})
	simd.SumRows(l.B, dy)
}
