package vit

import "github.com/astrovit/astrovit/simd"

// convolution is one of 3 x 3 pixels in steps of two, the image being bordered by zeros: half as many rows and columns come
// out. Its weight is [out, 9*in], a row's numbers in the order (y, x, channel).
type convolution struct {
	height, width int // of the input, both even
	in, out       int // channels
}

func (c convolution) rows() int   { return c.height / 2 * (c.width / 2) }
func (c convolution) length() int { return 9 * c.in }

// gather lays what each output pixel sees into a row: columns [rows, length] of x, which is [height, width, in], or [in,
// height, width] if planar.
func (c convolution) gather(columns, x []float32, planar bool) {
	for y := range c.height / 2 {
		for ky := range 3 {
			row, at := 2*y+ky-1, columns[(y*c.width/2)*c.length()+3*ky*c.in:]
			switch {
			case row < 0:
				c.border(at)
			case planar:
				c.gatherPlanes(at, x, row)
			default:
				c.gatherRow(at, x[row*c.width*c.in:][:c.width*c.in])
			}
		}
	}
}

// border is a row of the kernel that lies outside of the image.
func (c convolution) border(columns []float32) {
	for x := range c.width / 2 {
		clear(columns[x*c.length():][:3*c.in])
	}
}

func (c convolution) gatherRow(columns, row []float32) {
	clear(columns[:c.in])
	copy(columns[c.in:3*c.in], row)
	for x := 1; x < c.width/2; x++ {
		copy(columns[x*c.length():][:3*c.in], row[(2*x-1)*c.in:])
	}
}

func (c convolution) gatherPlanes(columns, x []float32, row int) {
	for k := range c.in {
		plane := x[(k*c.height+row)*c.width:][:c.width]
		left := float32(0)
		for i, at := 0, k; i < c.width; i, at = i+2, at+c.length() {
			columns[at], columns[at+c.in], columns[at+2*c.in] = left, plane[i], plane[i+1]
			left = plane[i+1]
		}
	}
}

// scatter adds columns up where gather took them from: dx [height, width, in].
func (c convolution) scatter(dx, columns []float32) {
	clear(dx)
	for y := range c.height / 2 {
		for ky := range 3 {
			row := 2*y + ky - 1
			if row < 0 {
				continue
			}
			to, from := dx[row*c.width*c.in:][:c.width*c.in], columns[(y*c.width/2)*c.length()+3*ky*c.in:]
			simd.Add(to[:2*c.in], to[:2*c.in], from[c.in:3*c.in])
			for x := 1; x < c.width/2; x++ {
				at := to[(2*x-1)*c.in:][:3*c.in]
				simd.Add(at, at, from[x*c.length():][:3*c.in])
			}
		}
	}
}
