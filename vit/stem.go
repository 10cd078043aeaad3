package vit

import "github.com/astrovit/astrovit/simd"

// Stem says how an image becomes the vectors that are projected to tokens.
type Stem string

const (
	// PatchStem takes the patches as they are (ViT).
	PatchStem Stem = "patch"
	// ConvStem is a stack of 3 x 3 convolutions in steps of two, with as many channels as make D in the end, LayerNorm and
	// GELU after each but the last (Xiao et al. 2021, arXiv:2106.14881). It learns from far fewer images.
	ConvStem Stem = "conv"
	// ShiftedStem takes with each patch those that lie half a patch away towards the four corners, and normalises all of
	// them (shifted patch tokenisation: Lee et al. 2021, arXiv:2112.13492).
	ShiftedStem Stem = "shifted"
)

// Stems lists them, the default first.
var Stems = []Stem{PatchStem, ConvStem, ShiftedStem}

// Embedding is the weights from an image to its tokens.
type Embedding struct {
	Layers    []StemLayer // of a convolutional stem, all but the last
	TokenNorm Norm        // [V], of a shifted stem
	Patch     Linear      // [D, V] from a token's vector of V numbers; the last convolution of a convolutional stem
}

// StemLayer is a convolution with its LayerNorm.
type StemLayer struct {
	Conv Linear // [channels, 9 x channels before]
	Norm Norm   // [channels]
}

// convolutions are those of a convolutional stem, the last one included: a patch's side halves in each.
func (c Config) convolutions() []convolution {
	if c.Stem != ConvStem {
		return nil
	}
	var list []convolution
	next := convolution{height: c.Grid.Shape[0], width: c.Grid.Shape[1], in: c.Grid.Channels}
	for side := c.Grid.Patch[0]; side > 1; side /= 2 {
		next.out = 2 * c.Dim / side
		list = append(list, next)
		next = convolution{height: next.height / 2, width: next.width / 2, in: next.out}
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
		if c.Grid.Patch[0] == 2 {
			return 9 * c.Grid.Channels
		}
		return 9 * (c.Dim / 2)
	case ShiftedStem:
		return 5 * c.Grid.Length()
	}
	return c.Grid.Length()
}

// stemActivations are what a stem keeps for its backward: what went into each norm, and the norm's moments.
type stemActivations struct {
	before  [][]float32 // [B*rows, channels] of each layer
	moments []moments   // of each layer, or of the tokens' vectors
}

func newStemActivations(c Config, batch int) stemActivations {
	var a stemActivations
	convolutions := c.convolutions()
	for i := range max(0, len(convolutions)-1) {
		rows := batch * convolutions[i].rows()
		a.before = append(a.before, make([]float32, rows*convolutions[i].out))
		a.moments = append(a.moments, newMoments(rows))
	}
	if c.Stem == ShiftedStem {
		a.moments = append(a.moments, newMoments(batch*c.Grid.Patches()))
	}
	return a
}

// stemScratch is what one goroutine needs for one image.
type stemScratch struct {
	columns []float32 // what a product takes
	act     []float32 // a layer's output
	gelu    []float32 // the same, in backward
	slopes  [2][]float32
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
	if training {
		s.gelu = make([]float32, act)
		s.slopes = [2][]float32{make([]float32, max(act, columns)), make([]float32, max(act, columns))}
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
			if i > 0 {
				input = s.stem.act
			}
			conv.gather(s.stem.columns[:conv.rows()*conv.length()], input, i == 0)
			if i == len(m.convolutions)-1 {
				break
			}
			l, rows := &m.Params.Layers[i], span{image, image + 1}.times(conv.rows())
			before, act := rows.of(ws.stem.before[i], conv.out), s.stem.act[:conv.rows()*conv.out]
			l.Conv.linear(before, s.stem.columns[:conv.rows()*conv.length()], &ws.layouts.stem[i], conv.rows(), simd.Epilogue{})
			l.Norm.norm(act, before, ws.stem.moments[i].of(rows), c.Eps)
			simd.GELU(act, act)
		}
		return tokens.of(s.stem.columns, c.vector())
	case ShiftedStem:
		v := tokens.of(s.stem.columns, c.vector())
		rows := span{image*c.Grid.Patches() + tokens.lo, image*c.Grid.Patches() + tokens.hi}
		m.Params.TokenNorm.norm(v, tokens.of(input, c.vector()), ws.stem.moments[0].of(rows), c.Eps)
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
		m.Params.TokenNorm.again(s.stem.columns, x, ws.stem.moments[0].of(rows))
		part.Patch.gradient(dy, s.stem.columns, n)
		dv := s.stem.slopes[0][:n*v]
		inputGradient(dv, dy, &ws.layouts.stemBack[0], n)
		m.Params.TokenNorm.normBackward(dv, part.TokenNorm, dv, x, ws.stem.moments[0].of(rows))
	}
}

// convolutionsBackward is stemBackward for an image of a convolutional stem.
func (m *Model) convolutionsBackward(ws *Workspace, s *scratch, part *embeddingGradient, image int, dy []float32) {
	for i := len(m.convolutions) - 1; i >= 0; i-- {
		conv := m.convolutions[i]
		rows, columns := conv.rows(), s.stem.columns[:conv.rows()*conv.length()]
		grad := &part.Patch
		if i < len(part.Layers) {
			grad = &part.Layers[i].Conv
		}
		if i == 0 {
			conv.gather(columns, ws.patches[image*m.Config.Input():][:m.Config.Input()], true)
			grad.gradient(dy, columns, rows)
			return
		}
		before := m.convolutions[i-1]
		all, norm := span{image, image + 1}.times(before.rows()), m.Params.Layers[i-1].Norm
		x, moments := all.of(ws.stem.before[i-1], before.out), ws.stem.moments[i-1].of(all)
		act, gelu, slope := s.stem.act[:len(x)], s.stem.gelu[:len(x)], s.stem.slopes[i%2][:len(x)]
		norm.again(act, x, moments)
		simd.GELU(gelu, act)
		conv.gather(columns, gelu, false)
		grad.gradient(dy, columns, rows)
		inputGradient(columns, dy, &ws.layouts.stemBack[i], rows)
		conv.scatter(slope, columns)
		simd.GELUBackward(slope, act, slope)
		norm.normBackward(slope, part.Layers[i-1].Norm, slope, x, moments)
		dy = slope
	}
}

// gradient accumulates the gradients of a layer's weights from dy [rows, out] and its input x [rows, in].
func (l Linear) gradient(dy, x []float32, rows int) {
	out, in := len(dy)/rows, len(x)/rows
	weightGradient(l.W, dy, x, rows, span{0, out}, span{0, in})
	simd.SumRows(l.B, dy)
}
