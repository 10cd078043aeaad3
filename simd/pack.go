package simd

// packA copies op(a)[i0:i0+rows, p0:p0+depth], multiplied by alpha, to strips
// of mr rows: strip s holds element (s*mr+i, p) at [s*mr*depth + p*mr + i].
func packA(strips []float32, a Matrix, mode Mode, i0, p0, rows, depth int, alpha float32) {
	for i := 0; i < rows; i += mr {
		strip := strips[i*depth : (i+mr)*depth]
		if mode&TransA != 0 {
			packRows(strip, mr, a.Data[p0*a.Stride+i0+i:], a.Stride, depth, min(mr, rows-i))
		} else {
			packColumns(strip, mr, a.Data[(i0+i)*a.Stride+p0:], a.Stride, depth, min(mr, rows-i))
		}
		if alpha != 1 {
			Scale(alpha, strip)
		}
	}
}

// packB copies op(b)[p0:p0+depth, j0:j0+cols] to strips of nr columns: strip s
// holds element (p, s*nr+j) at [s*nr*depth + p*nr + j].
func packB(strips []float32, b Matrix, mode Mode, p0, j0, depth, cols int) {
	for j := 0; j < cols; j += nr {
		strip := strips[j*depth : (j+nr)*depth]
		if mode&TransB != 0 {
			packColumns(strip, nr, b.Data[(j0+j)*b.Stride+p0:], b.Stride, depth, min(nr, cols-j))
		} else {
			packRows(strip, nr, b.Data[p0*b.Stride+j0+j:], b.Stride, depth, min(nr, cols-j))
		}
	}
}

// packRows copies count numbers from each of depth rows of x to a row of the
// strip, which is width wide, and fills the rest of that row with zeros.
func packRows(strip []float32, width int, x []float32, stride, depth, count int) {
	if count == width && width == nr {
		for p := range depth {
			*(*[nr]float32)(strip[p*nr:]) = *(*[nr]float32)(x[p*stride:])
		}
		return
	}
	if count == width && width == mr {
		for p := range depth {
			*(*[mr]float32)(strip[p*mr:]) = *(*[mr]float32)(x[p*stride:])
		}
		return
	}
	for p := range depth {
		row := strip[p*width : (p+1)*width]
		clear(row[copy(row, x[p*stride:p*stride+count]):])
	}
}

// packColumns copies depth numbers from each of count rows of x to a column of
// the strip, which is width wide, and fills the other columns with zeros.
func packColumns(strip []float32, width int, x []float32, stride, depth, count int) {
	i := 0
	for ; i+2 <= count; i += 2 { // two at a time: half the passes over the strip
		x0 := x[i*stride : i*stride+depth]
		x1 := x[(i+1)*stride : (i+1)*stride+depth]
		to := strip[i:]
		for p, v := range x0 {
			pair := to[p*width : p*width+2]
			pair[0] = v
			pair[1] = x1[p]
		}
	}
	for ; i < width; i++ {
		to := strip[i:]
		if i >= count {
			for p := range depth {
				to[p*width] = 0
			}
			continue
		}
		for p, v := range x[i*stride : i*stride+depth] {
			to[p*width] = v
		}
	}
}
