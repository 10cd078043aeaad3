package ref

import "fmt"

// A stem is what lies between the pixels and the vectors that are projected to
// tokens: nothing (patches), convolutions, or shifted patches.

// stemActs are a convolutional stem's values, layer by layer, [B,h,w,channels].
type stemActs struct {
	columns      []float64 // what the layer's kernel sees, [B,h/2,w/2,9*channels]
	conv, normed []float64
}

// widths are the numbers of channels after each convolution: they double to D.
func (c Config) widths() []int {
	var list []int
	for side := c.Patch[0]; side > 1; side /= 2 {
		list = append(list, 2*c.Dim/side)
	}
	return list
}

// VectorLength is the length of what is projected to a token.
func (c Config) VectorLength() int {
	switch c.Stem {
	case "conv":
		last := c.Channels
		for _, w := range c.widths()[:len(c.widths())-1] {
			last = w
		}
		return 9 * last
	case "shifted":
		return 5 * c.PatchLength()
	}
	return c.PatchLength()
}

func stemConv(i int) string { return fmt.Sprintf("vit.embeddings.stem.%d.convolution", i) }
func stemNorm(i int) string { return fmt.Sprintf("vit.embeddings.stem.%d.layernorm", i) }

const shiftedNorm = "vit.embeddings.patch_embeddings.layernorm"

// vectors returns those of images [B,C,shape...], [B,N,V].
func (m *Model) vectors(images []float64, batch int) []float64 {
	switch m.Stem {
	case "conv":
		x, h, w, in := channelsLast(images, m.Channels, product(m.Shape)), m.Shape[0], m.Shape[1], m.Channels
		for i, out := range m.widths() {
			a := stemActs{columns: im2col(x, batch, h, w, in)}
			h, w = h/2, w/2
			m.acts.stem = append(m.acts.stem, a)
			if i == len(m.widths())-1 {
				return a.columns
			}
			a.conv = m.linear(stemConv(i), a.columns, 9*in, out)
			a.normed = m.norm(stemNorm(i), a.conv)
			m.acts.stem[i] = a
			x, in = GELU(a.normed), out
		}
	case "shifted":
		m.acts.shifted = m.shifted(images)
		return m.norm(shiftedNorm, m.acts.shifted)
	}
	return Extract(images, m.Channels, m.Shape, m.Patch)
}

// vectorsBackward takes the gradient of the vectors.
func (m *Model) vectorsBackward(dv []float64) {
	switch m.Stem {
	case "conv":
		h, w := m.Shape[0]>>len(m.widths()), m.Shape[1]>>len(m.widths())
		for i := len(m.widths()) - 2; i >= 0; i-- {
			out := m.widths()[i]
			h, w = 2*h, 2*w
			a := m.acts.stem[i]
			dx := im2colBackward(dv, m.acts.batch, h, w, out)
			dx = m.normBackward(stemNorm(i), GELUBackward(dx, a.normed), a.conv)
			in := len(a.columns) / (len(a.conv) / out)
			dv = m.linearBackward(stemConv(i), dx, a.columns, in, out)
		}
	case "shifted":
		m.normBackward(shiftedNorm, dv, m.acts.shifted)
	}
}

// channelsLast turns [B,C,pixels] into [B,pixels,C].
func channelsLast(images []float64, channels, pixels int) []float64 {
	y := make([]float64, len(images))
	for i, v := range images {
		image, c, at := i/(channels*pixels), i/pixels%channels, i%pixels
		y[(image*pixels+at)*channels+c] = v
	}
	return y
}

// im2col returns the 3 x 3 neighbourhoods [B,h/2,w/2,3,3,C] of every second pixel of x [B,h,w,C], zero outside.
func im2col(x []float64, batch, h, w, channels int) []float64 {
	var columns []float64
	eachTap(batch, h, w, func(at int) {
		for c := range channels {
			if at < 0 {
				columns = append(columns, 0)
			} else {
				columns = append(columns, x[at*channels+c])
			}
		}
	})
	return columns
}

func im2colBackward(dcolumns []float64, batch, h, w, channels int) []float64 {
	dx, i := make([]float64, batch*h*w*channels), 0
	eachTap(batch, h, w, func(at int) {
		for c := range channels {
			if at >= 0 {
				dx[at*channels+c] += dcolumns[i]
			}
			i++
		}
	})
	return dx
}

// eachTap visits the pixels of the neighbourhoods in their order, as pixels of the batch; -1 is outside.
func eachTap(batch, h, w int, visit func(at int)) {
	for b := range batch {
		for y := 0; y < h; y += 2 {
			for x := 0; x < w; x += 2 {
				for ky := y - 1; ky <= y+1; ky++ {
					for kx := x - 1; kx <= x+1; kx++ {
						if ky < 0 || ky >= h || kx < 0 || kx >= w {
							visit(-1)
						} else {
							visit((b*h+ky)*w + kx)
						}
					}
				}
			}
		}
	}
}

// shifted returns the patches of images [B,C,h,w] beside those of the images moved by half a patch towards each corner:
// [B,N,5P].
func (m *Model) shifted(images []float64) []float64 {
	h, w, p := m.Shape[0], m.Shape[1], m.PatchLength()
	hy, hx := m.Patch[0]/2, m.Patch[1]/2
	vectors := make([]float64, 5*len(images))
	for s, shift := range [][2]int{{0, 0}, {-hy, -hx}, {-hy, hx}, {hy, -hx}, {hy, hx}} {
		moved := make([]float64, len(images))
		for i := range moved {
			y, x := i/w%h-shift[0], i%w-shift[1]
			if y >= 0 && y < h && x >= 0 && x < w {
				moved[i] = images[i/(h*w)*h*w+y*w+x]
			}
		}
		for i, v := range Extract(moved, m.Channels, m.Shape, m.Patch) {
			vectors[(i/p*5+s)*p+i%p] = v
		}
	}
	return vectors
}
