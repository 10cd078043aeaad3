package simd

// Packed is a right-hand factor op(b) in the order in which the kernels of this
// program's level read it. Many products may use one at the same time.
type Packed struct {
	rows, cols int
	strips     []float32
}

// Pack lays out op(b), which mode transposes if it says TransB. To do the same
// again in the same memory call [Packed.Pack].
func Pack(b Matrix, mode Mode) *Packed {
	p := new(Packed)
	p.Pack(b, mode)
	return p
}

// Pack lays out another factor. It allocates only where that needs more room.
func (p *Packed) Pack(b Matrix, mode Mode) {
	b.check()
	p.rows, p.cols = b.Rows, b.Cols
	if mode&TransB != 0 {
		p.rows, p.cols = p.cols, p.rows
	}
	t := active.tiling()
	width := roundUp(p.cols, t.cols)
	p.strips = grow(p.strips, p.rows*width)
	if p.cols == 0 {
		return
	}
	depths := cut(p.rows, t.depth)
	for i := range depths.count {
		p0, depth := depths.at(i)
		packB(p.strips[p0*width:], b, mode, p0, 0, depth, p.cols, t.cols)
	}
}

// PackInPlace is [Pack] into the memory of b, which has no gaps and is lost. It
// takes other memory only for a factor whose columns do not fill their strips,
// and scratch, of b's size, for the time being.
func PackInPlace(b Matrix, mode Mode, scratch []float32) *Packed {
	p := new(Packed)
	if b.Stride == b.Cols {
		p.strips = b.Data[:0:len(b.Data)]
	}
	copied := b
	copied.Data = scratch[:copy(scratch, b.Data)]
	p.Pack(copied, mode)
	return p
}

// Factor is a right-hand factor op(b) laid out for the kernels, in float32 or
// less: a [Packed], [PackedBF16] or [PackedInt8].
type Factor interface {
	// Mul computes dst = f(a·op(b) + Bias + Add) as the epilogue says.
	Mul(dst, a Matrix, e Epilogue)
}

// Mul is [MulPacked] without a mode.
func (p *Packed) Mul(dst, a Matrix, e Epilogue) { MulPacked(dst, a, p, 0, e) }

// MulPacked computes what [Mul] does, to the same bits, from a factor that is
// packed already, and passes the product through the epilogue. Mode may hold
// TransA and Accumulate; the latter is short for Add: dst.
func MulPacked(dst, a Matrix, b *Packed, mode Mode, e Epilogue) {
	p := newProduct(dst, a, b.rows, b.cols, mode, e)
	if p.trivial() {
		return
	}
	w := workspaces.borrow()
	depths, width := cut(p.k, p.depth), roundUp(p.n, p.cols)
	for i := range depths.count {
		p0, depth := depths.at(i)
		p.pass(w, b.strips[p0*width:][:depth*width], p0, depth, 0, p.n)
	}
	workspaces.giveBack(w)
}

// packB copies op(b)[p0:p0+depth, j0:j0+cols] to strips of the given width:
// strip s holds element (p, s*width+j) at [s*width*depth + p*width + j]. Columns
// past the last become zero.
func packB(strips []float32, b Matrix, mode Mode, p0, j0, depth, cols, width int) {
	if mode&TransB == 0 {
		packRows(strips, b, p0, j0, depth, cols, width)
		return
	}
	for j := 0; j < cols; j += width {
		strip, count := strips[j*depth:(j+width)*depth], min(width, cols-j)
		transpose(strip, width, b.Data[(j0+j)*b.Stride+p0:], b.Stride, count, depth)
		if count < width {
			for p := range depth {
				clear(strip[p*width+count : (p+1)*width])
			}
		}
	}
}

// packRows is packB for what is not transposed. It reads row by row, as the
// memory lies.
func packRows(strips []float32, b Matrix, p0, j0, depth, cols, width int) {
	whole := cols / width * width
	for p := range depth {
		row := b.Data[(p0+p)*b.Stride+j0:][:cols]
		switch width {
		case 16:
			for j := 0; j < whole; j += 16 {
				*(*[16]float32)(strips[j*depth+p*16:]) = *(*[16]float32)(row[j:])
			}
		case 32:
			for j := 0; j < whole; j += 32 {
				*(*[32]float32)(strips[j*depth+p*32:]) = *(*[32]float32)(row[j:])
			}
		default:
			for j := 0; j < whole; j += width {
				copy(strips[j*depth+p*width:][:width], row[j:])
			}
		}
		if whole < cols {
			last := strips[whole*depth+p*width:][:width]
			clear(last[copy(last, row[whole:]):])
		}
	}
}

// transpose copies rows x cols numbers of src to the columns of dst:
// dst[j*ldd+i] = src[i*lds+j].
func transpose(dst []float32, ldd int, src []float32, lds, rows, cols int) {
	i := 0
	for ; i+8 <= rows; i += 8 {
		whole := cols &^ 7
		if whole > 0 {
			transpose8(dst[i:], ldd, src[i*lds:], lds, whole/8)
		}
		for j := whole; j < cols; j++ {
			for r := i; r < i+8; r++ {
				dst[j*ldd+r] = src[r*lds+j]
			}
		}
	}
	for ; i < rows; i++ {
		for j, v := range src[i*lds:][:cols] {
			dst[j*ldd+i] = v
		}
	}
}

// transpose8Generic transposes 8 rows of 8*blocks numbers:
//
//	for i := range 8 {
//		for j := range 8 * blocks {
//			dst[j*ldd+i] = src[i*lds+j]
//		}
//	}
func transpose8Generic(dst []float32, ldd int, src []float32, lds, blocks int) {
	for i := 0; i < 8; i += 2 { // two rows at a time: half the passes over dst
		x := src[i*lds:][:8*blocks]
		y := src[(i+1)*lds:][:8*blocks]
		to := dst[i:]
		for j, v := range x {
			pair := to[j*ldd : j*ldd+2]
			pair[0] = v
			pair[1] = y[j]
		}
	}
}
