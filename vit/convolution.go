package vit

import "github.com/astrovit/astrovit/simd"

// convolution is one of 3 x 3 pixels in steps of one or two, the image being bordered by zeros. Its weight is [out, 9*in], a
// row's numbers in the order (y, x, channel).
type convolution struct {
	height, width int // of the input, multiples of step
	in, out       int // channels
	step          int
	adds          bool // the input of the convolution before is added to the output
}

func (c convolution) rows() int   { return c.height / c.step * (c.width / c.step) }
func (c convolution) length() int { return 9 * c.in }

// gather lays what each output pixel sees into a row: columns [rows, length] of x, which is [height, width, in], or [in,
// height, width] if planar.
func (c convolution) gather(columns, x []float32, planar bool) {
	c.eachRow(columns, func(part []float32, row int) {
		switch {
		case row < 0 || row >= c.height:
			for at := 0; at < len(part); at += c.length() {
				clear(part[at:][:3*c.in])
			}
		case planar:
			c.gatherPlanes(part, x, row)
		default:
			c.gatherRow(part, x[row*c.width*c.in:][:c.width*c.in])
		}
	})
}

// eachRow visits the parts of columns that a row of the kernel sees in a row of the image, which may lie outside: 3*in
// numbers, every length numbers.
func (c convolution) eachRow(columns []float32, visit func(part []float32, row int)) {
	line := c.width / c.step * c.length()
	for y := range c.height / c.step {
		for ky := range 3 {
			visit(columns[y*line:][3*ky*c.in:line], c.step*y+ky-1)
		}
	}
}

func (c convolution) gatherRow(part, row []float32) {
	clear(part[:c.in])
	clear(part[c.in+copy(part[c.in:3*c.in], row) : 3*c.in])
	for x := 1; x < c.width/c.step; x++ {
		to := part[x*c.length():][:3*c.in]
		clear(to[copy(to, row[(c.step*x-1)*c.in:]):])
	}
}

func (c convolution) gatherPlanes(part, x []float32, row int) {
	for k := range c.in {
		plane := x[(k*c.height+row)*c.width:][:c.width]
		left := float32(0)
		for i, at := 0, k; i < c.width; i, at = i+2, at+c.length() {
			part[at], part[at+c.in], part[at+2*c.in] = left, plane[i], plane[i+1]
			left = plane[i+1]
		}
	}
}

// scatter adds columns up where gather took them from: dx [height, width, in].
func (c convolution) scatter(dx, columns []float32) {
	clear(dx)
	c.eachRow(columns, func(part []float32, row int) {
		if row < 0 || row >= c.height {
			return
		}
		to := dx[row*c.width*c.in:][:c.width*c.in]
		first := to[:min(2*c.in, len(to))]
		simd.Add(first, first, part[c.in:][:len(first)])
		for x := 1; x < c.width/c.step; x++ {
			at := to[(c.step*x-1)*c.in:]
			at = at[:min(3*c.in, len(at))]
			simd.Add(at, at, part[x*c.length():][:len(at)])
		}
	})
}
