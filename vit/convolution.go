package vit

import "github.com/astrovit/astrovit/simd"

// convolution is one of 3 x 3 pixels in steps of one or two, the image being bordered by zeros. Its weight is [out, 9*in], a
// row's numbers in the order (y, x, channel). It is computed some rows of the images at a time: in steps of two as the sum of
// three products, one for each row of the kernel.
type convolution struct {
	height, width int // of the input, multiples of step
	in, out       int // channels
	step          int
	adds          bool // the input of the convolution before is added to the output
}

func (c convolution) down() int   { return c.height / c.step }
func (c convolution) across() int { return c.width / c.step }
func (c convolution) rows() int   { return c.down() * c.across() }
func (c convolution) length() int { return 9 * c.in }

// transposed is the convolution that gives the gradient of the input of c, whose step is one, from that of the output.
func (c convolution) transposed() convolution {
	c.in, c.out = c.out, c.in
	return c
}

// bandNumbers is about how many numbers a product of some rows of images takes: they stay in the second-level cache.
const bandNumbers = 1 << 16

// band is how many rows of output pixels are computed at once.
func (c convolution) band() int { return max(1, bandNumbers/(c.across()*3*max(c.in, c.out))) }

// columns is the most numbers that [convolution.gather] or [convolution.filterInputs] writes, and that of the transposed.
func (c convolution) columns() int {
	if c.filtered() {
		return c.band() * c.pairs() * filterTaps * 3 * max(c.in, c.out)
	}
	return c.band() * c.across() * 3 * max(c.in, c.out)
}

// bands cuts the rows of output pixels of some images.
func (c convolution) bands(images int) func(yield func(span) bool) {
	return span{0, images * c.down()}.blocks(c.band())
}

// gather lays what row ky of the kernel sees into rows: columns [len(rows)*across, 3*in] of x, which is [images, height, width,
// in], or [images, in, height, width] if planar.
func (c convolution) gather(columns, x []float32, rows span, ky int, planar bool) {
	c.eachRow(columns, rows, ky, func(part []float32, image, row int) {
		switch {
		case row < 0 || row >= c.height:
			clear(part)
		case planar:
			c.gatherPlanes(part, x[image*c.in*c.height*c.width:], row)
		default:
			c.gatherRow(part, x[(image*c.height+row)*c.width*c.in:][:c.width*c.in])
		}
	})
}

// eachRow visits the parts [across, 3*in] of columns with the row of an image that they are of, which may lie outside.
func (c convolution) eachRow(columns []float32, rows span, ky int, visit func(part []float32, image, row int)) {
	line := c.across() * 3 * c.in
	for r := rows.lo; r < rows.hi; r++ {
		visit(columns[(r-rows.lo)*line:][:line], r/c.down(), c.step*(r%c.down())+ky-1)
	}
}

func (c convolution) gatherRow(part, row []float32) {
	clear(part[:c.in])
	clear(part[c.in+copy(part[c.in:3*c.in], row) : 3*c.in])
	for x := 1; x < c.across(); x++ {
		to := part[x*3*c.in:][:3*c.in]
		clear(to[copy(to, row[(c.step*x-1)*c.in:]):])
	}
}

func (c convolution) gatherPlanes(part, x []float32, row int) {
	for k := range c.in {
		plane := x[(k*c.height+row)*c.width:][:c.width]
		left := float32(0)
		for i, at := 0, k; i < c.width; i, at = i+2, at+3*c.in {
			part[at], part[at+c.in], part[at+2*c.in] = left, plane[i], plane[i+1]
			left = plane[i+1]
		}
	}
}

// scatter adds columns up where gather takes them from: dx [images, height, width, in].
func (c convolution) scatter(dx, columns []float32, rows span, ky int) {
	c.eachRow(columns, rows, ky, func(part []float32, image, row int) {
		if row < 0 || row >= c.height {
			return
		}
		to := dx[(image*c.height+row)*c.width*c.in:][:c.width*c.in]
		first := to[:min(2*c.in, len(to))]
		simd.Add(first, first, part[c.in:][:len(first)])
		for x := 1; x < c.across(); x++ {
			at := to[(c.step*x-1)*c.in:]
			at = at[:min(3*c.in, len(at))]
			simd.Add(at, at, part[x*3*c.in:][:len(at)])
		}
	})
}
