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
	next := convolution{height: c.Grid.Shape[0], width: c.Grid.Shape[1], in: c.Grid.Channels}
	for side := c.Grid.Patch[0]; side > 1; side /= 2 {
		next.out, next.step, next.adds = 2*c.Dim/side, 2, false
		list = append(list, next)
		next.height, next.width, next.in, next.step = next.height/2, next.width/2, next.out, 1
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
	outputs [][]float32 // [B*rows, channels] of each convolution
	moments moments     // of the vectors that a shifted stem normalises
}

func newStemActivations(c Config, batch int) stemActivations {
	var a stemActivations
	for _, v := range c.convolutions() {
		a.outputs = append(a.outputs, make([]float32, batch*v.rows()*v.out))
	}
	if c.Stem == ShiftedStem {
		a.moments = newMoments(batch * c.Grid.Patches())
	}
	return a
}

// stemScratch is what one goroutine needs for one image.
type stemScratch struct {
	columns []float32    // what a product takes
	act     []float32    // GELU of an output
	slopes  [3][]float32 // gradients of outputs
}

func newStemScratch(c Config, training bool) stemScratch {
	columns, act := 0, 0
	for _, v := range c.convolutions() {
		columns, act = max(columns, v.rows()*v.length()), max(act, v.rows()*v.out)
	}
	if c.Stem == ShiftedStem {
		columns = c.Input()
	}
	s := stemScratch{columns: make([]float32, columns), act: make([]float32, act)}
	if !training {
		return s
	}
	for i := range s.slopes {
		s.slopes[i] = make([]float32, act)
	}
	if c.Stem == ShiftedStem {
		s.slopes[0] = make([]float32, columns)
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

// vectors are those [n, V] of some tokens of an image.
func (m *Model) vectors(ws *Workspace, s *scratch, image int, tokens span) []float32 {
	c := m.Config
	input := ws.patches[image*c.Input():][:c.Input()]
	switch c.Stem {
	case ConvStem:
		for i, conv := range m.convolutions {
			columns, rows := s.stem.columns[:conv.rows()*conv.length()], span{image, image + 1}.times(conv.rows())
			conv.gather(columns, input, i == 0)
			out := rows.of(ws.stem.outputs[i], conv.out)
			var e simd.Epilogue
			if conv.adds {
				e.Add = matrix(conv.rows(), conv.out, rows.of(ws.stem.outputs[i-2], conv.out))
			}
			m.Params.Layers[i].linear(out, columns, &ws.layouts.stem[i], conv.rows(), e)
			input = s.stem.act[:len(out)]
			simd.GELU(input, out)
		}
		return tokens.of(input, c.vector())
	case ShiftedStem:
		v := tokens.of(s.stem.columns, c.vector())
		rows := span{image*c.Grid.Patches() + tokens.lo, image*c.Grid.Patches() + tokens.hi}
		m.Params.TokenNorm.norm(v, tokens.of(input, c.vector()), ws.stem.moments.of(rows), c.Eps)
		return v
	}
	return tokens.of(input, c.vector())
}

// stemBackward gives the gradients of the embedding's weights for the images of a chunk from dx [B*T, D]. They are kept apart
// until [Model.embedBackward] adds the chunks up.
func (m *Model) stemBackward(ws *Workspace, s *scratch, chunk int, dx []float32) {
	c, part := m.Config, &ws.grad.stems[chunk]
	clear(part.flat)
	images, n := ws.chunkOf(chunk), c.Grid.Patches()
	for image := images.lo; image < images.hi; image++ {
		dy := dx[(image*c.Tokens()+c.prefix())*c.Dim:][:n*c.Dim]
		if c.Stem == ConvStem {
			m.convolutionsBackward(ws, s, part, image, dy)
			continue
		}
		v := c.vector()
		x, rows := ws.patches[image*c.Input():][:c.Input()], span{image, image + 1}.times(n)
		m.Params.TokenNorm.again(s.stem.columns, x, ws.stem.moments.of(rows))
		part.Patch.gradient(dy, s.stem.columns, n)
		dv := s.stem.slopes[0][:n*v]
		inputGradient(dv, dy, &ws.layouts.stemBack[0], n)
		m.Params.TokenNorm.normBackward(dv, part.TokenNorm, dv, x, ws.stem.moments.of(rows))
	}
}

// convolutionsBackward is stemBackward for an image of a convolutional stem.
func (m *Model) convolutionsBackward(ws *Workspace, s *scratch, part *embeddingGradient, image int, dy []float32) {
	last := len(m.convolutions) - 1
	x, tokens := m.stemOutput(ws, image, last), m.convolutions[last].rows()
	act, slope := s.stem.act[:len(x)], s.stem.slopes[last%3][:len(x)]
	simd.GELU(act, x)
	part.Patch.gradient(dy, act, tokens)
	inputGradient(slope, dy, &ws.layouts.stemBack[last+1], tokens)
	simd.GELUBackward(slope, x, slope)
	for i := last; i > 0; i-- {
		conv, x, dy := m.convolutions[i], m.stemOutput(ws, image, i-1), slope
		rows, columns, act := conv.rows(), s.stem.columns[:conv.rows()*conv.length()], s.stem.act[:len(x)]
		simd.GELU(act, x)
		conv.gather(columns, act, false)
		part.Layers[i].gradient(dy, columns, rows)
		inputGradient(columns, dy, &ws.layouts.stemBack[i], rows)
		slope = s.stem.slopes[(i-1)%3][:len(x)]
		conv.scatter(slope, columns)
		simd.GELUBackward(slope, x, slope)
		if i < last && m.convolutions[i+1].adds {
			simd.Add(slope, slope, s.stem.slopes[(i+1)%3][:len(x)])
		}
	}
	conv := m.convolutions[0]
	columns := s.stem.columns[:conv.rows()*conv.length()]
	conv.gather(columns, ws.patches[image*m.Config.Input():][:m.Config.Input()], true)
	part.Layers[0].gradient(slope, columns, conv.rows())
}

// stemOutput is that of a convolution for an image.
func (m *Model) stemOutput(ws *Workspace, image, i int) []float32 {
	conv := m.convolutions[i]
	return span{image, image + 1}.times(conv.rows()).of(ws.stem.outputs[i], conv.out)
}

// gradient accumulates the gradients of a layer's weights from dy [rows, out] and its input x [rows, in].
func (l Linear) gradient(dy, x []float32, rows int) {
	out, in := len(dy)/rows, len(x)/rows
	weightGradient(l.W, dy, x, rows, span{0, out}, span{0, in})
	simd.SumRows(l.B, dy)
}
