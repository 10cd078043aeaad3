package detect

import "math"

// A surface goes through the values of evenly spaced nodes by bicubic interpolation (Keys 1981, IEEE ASSP 29, 1153,
// a = -1/2), and on in a straight line from the outermost nodes to the image's border.
type surface struct {
	nodes  []float64 // with two extrapolated ones on each side, row-major
	stride int       // nodes a row
	dx, dy float64   // pixels between nodes
	least  float32   // it does not swing below this
}

// newSurface lays a surface over width x height pixels, which are divided evenly into cells with a node in the middle.
func newSurface(cells []float64, cols, width, height int) surface {
	rows := len(cells) / cols
	s := surface{
		stride: cols + 4, nodes: make([]float64, (rows+4)*(cols+4)),
		dx: float64(width) / float64(cols), dy: float64(height) / float64(rows),
		least: -math.MaxFloat32,
	}
	for y := range rows {
		copy(s.nodes[(y+2)*s.stride+2:], cells[y*cols:(y+1)*cols])
		extend(s.nodes[(y+2)*s.stride:], 1, cols)
	}
	for x := range s.stride {
		extend(s.nodes[x:], s.stride, rows)
	}
	return s
}

// extend continues n nodes, which begin at the third of a line with a step between them, in a straight line.
func extend(line []float64, step, n int) {
	at := func(i int) *float64 { return &line[(i+2)*step] }
	for i := 1; i <= 2; i++ {
		before, after := *at(0), *at(n - 1)
		if n > 1 {
			before -= float64(i) * (*at(1) - before)
			after += float64(i) * (after - *at(n - 2))
		}
		*at(-i), *at(n - 1 + i) = before, after
	}
}

// row writes the surface at the pixels (x0+k, y).
func (s *surface) row(dst []float32, x0, y int) {
	v := (float64(y)+0.5)/s.dy + 0.5 // from the first node that there is, the outermost extrapolated one being unneeded
	j := int(v)
	t := v - float64(j)
	weights := [4]float64{ // of four rows of nodes
		((2-t)*t - 1) * t / 2, ((3*t-5)*t*t + 2) / 2, ((4-3*t)*t + 1) * t / 2, (t - 1) * t * t / 2,
	}
	column := func(i int) float64 {
		at := j*s.stride + i
		return weights[0]*s.nodes[at] + weights[1]*s.nodes[at+s.stride] +
			weights[2]*s.nodes[at+2*s.stride] + weights[3]*s.nodes[at+3*s.stride]
	}
	last, c := -1, [4]float64{} // the cubic between two columns
	for k := range dst {
		u := (float64(x0+k)+0.5)/s.dx + 0.5
		i := int(u)
		if i != last {
			last = i
			n0, n1, n2, n3 := column(i), column(i+1), column(i+2), column(i+3)
			c = [4]float64{n1, (n2 - n0) / 2, n0 - 2.5*n1 + 2*n2 - n3/2, (3*(n1-n2) + n3 - n0) / 2}
		}
		t := u - float64(i)
		dst[k] = max(s.least, float32(((c[3]*t+c[2])*t+c[1])*t+c[0]))
	}
}
