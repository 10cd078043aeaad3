package ref

import (
	"fmt"
	"math"
)

// A stem is what lies between the pixels and the vectors that are projected to
// tokens: nothing (patches), convolutions, or shifted patches.

// stemLayer is a convolution of 3 x 3 pixels of GELU of its input (of the first's input itself).
type stemLayer struct {
	in, out, step int
	adds          bool // what the layer before it was given is added
}

// stemActs are a layer's values, [B,h,w,channels].
type stemActs struct {
	columns []float64 // what the kernel sees, [B,h/step,w/step,9*in]
	out     []float64
}

// stemLayers are those of a convolutional stem: steps of two, doubling the channels up to D, each but the first
// followed by a residual block (He et al. 2016, arXiv:1603.05027, with GELU and no norms).
func (c Config) stemLayers() []stemLayer {
	var list []stemLayer
	in := c.Channels
	for side := c.Patch[0]; side > 1; side /= 2 {
		out := 2 * c.Dim / side
		list = append(list, stemLayer{in, out, 2, false})
		if side < c.Patch[0] {
			list = append(list, stemLayer{out, out, 1, false}, stemLayer{out, out, 1, true})
		}
		in = out
	}
	return list
}

// VectorLength is the length of what is projected to a token.
func (c Config) VectorLength() int {
	switch c.Stem {
	case "conv":
		return c.Dim
	case "shifted":
		return 5 * c.PatchLength()
	}
	return c.PatchLength()
}

func stemConv(i int) string { return fmt.Sprintf("vit.embeddings.stem.%d.convolution", i) }
func stemGain(i int) string { return fmt.Sprintf("vit.embeddings.stem.%d.gain", i) }

const shiftedNorm = "vit.embeddings.patch_embeddings.layernorm"

// vectors returns those of images [B,C,shape...], [B,N,V].
func (m *Model) vectors(images []float64, batch int) []float64 {
	switch m.Stem {
	case "conv":
		x, h, w := channelsLast(images, m.Channels, product(m.Shape)), m.Shape[0], m.Shape[1]
		m.acts.stem = nil
		for i, l := range m.stemLayers() {
			a := stemActs{columns: im2col(x, batch, h, w, l.in, l.step)}
			h, w = h/l.step, w/l.step
			a.out = Linear(a.columns, m.standardised(i), m.Params[stemConv(i)+".bias"], 9*l.in, l.out)
			if l.adds {
				a.out = plus(a.out, m.acts.stem[i-2].out)
			}
			m.acts.stem = append(m.acts.stem, a)
			x = GELU(a.out)
		}
		return x
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
		layers := m.stemLayers()
		douts := make([][]float64, len(layers))
		h, w := m.Shape[0]/m.Patch[0], m.Shape[1]/m.Patch[1]
		for i := len(layers) - 1; i >= 0; i-- {
			l, a := layers[i], m.acts.stem[i]
			dout := GELUBackward(dv, a.out)
			if i+2 < len(layers) && layers[i+2].adds {
				dout = plus(dout, douts[i+2])
			}
			douts[i] = dout
			dcolumns, dw, db := LinearBackward(dout, a.columns, m.standardised(i), 9*l.in, l.out)
			m.accumulate(stemConv(i)+".bias", db)
			m.standardisedBackward(i, dw)
			h, w = h*l.step, w*l.step
			dv = im2colBackward(dcolumns, m.acts.batch, h, w, l.in, l.step)
		}
	case "shifted":
		m.normBackward(shiftedNorm, dv, m.acts.shifted)
	}
}

// standardised are the weights that act of a stem's layer: an output's kernel v of n numbers becomes
// gain·(v - mean)/sqrt(n·variance + 1e-6) (Brock et al. 2021, arXiv:2101.08692, equation 1).
func (m *Model) standardised(i int) []float64 {
	gain, w := m.Params[stemGain(i)], m.Params[stemConv(i)+".weight"]
	n, y := len(w)/len(gain), make([]float64, len(w))
	for j := range w {
		mean, spread := spreadOf(w[j/n*n:][:n])
		y[j] = gain[j/n] * (w[j] - mean) / spread
	}
	return y
}

// spreadOf is the mean of a kernel and sqrt(n·variance + 1e-6).
func spreadOf(v []float64) (mean, spread float64) {
	for _, x := range v {
		mean += x / float64(len(v))
	}
	squares := 1e-6
	for _, x := range v {
		squares += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(squares)
}

// standardisedBackward takes the gradient of the weights that act.
func (m *Model) standardisedBackward(i int, dy []float64) {
	gain, w := m.Params[stemGain(i)], m.Params[stemConv(i)+".weight"]
	n, dgain, dw := len(w)/len(gain), make([]float64, len(gain)), make([]float64, len(w))
	for o, g := range gain {
		v, d := w[o*n:][:n], dy[o*n:][:n]
		mean, spread := spreadOf(v)
		total := 0.0
		for j := range v {
			dgain[o] += d[j] * (v[j] - mean) / spread
			total += d[j]
		}
		// Each weight acts by itself, through the mean, and through the spread.
		for j := range v {
			dw[o*n+j] = g / spread * (d[j] - total/float64(n) - dgain[o]*(v[j]-mean)/spread)
		}
	}
	m.accumulate(stemGain(i), dgain)
	m.accumulate(stemConv(i)+".weight", dw)
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

// im2col returns the 3 x 3 neighbourhoods [B,h/step,w/step,3,3,C] of every step-th pixel of x [B,h,w,C], zero outside.
func im2col(x []float64, batch, h, w, channels, step int) []float64 {
	var columns []float64
	eachTap(batch, h, w, step, func(at int) {
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

func im2colBackward(dcolumns []float64, batch, h, w, channels, step int) []float64 {
	dx, i := make([]float64, batch*h*w*channels), 0
	eachTap(batch, h, w, step, func(at int) {
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
func eachTap(batch, h, w, step int, visit func(at int)) {
	for b := range batch {
		for y := 0; y < h; y += step {
			for x := 0; x < w; x += step {
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
