package vit

import "github.com/astrovit/astrovit/simd"

// convolution is one of 3 x 3 pixels in steps of one or two, the image being bordered by zeros. Its weight is [out, 9*in], a
// row's numbers in the order (y, x, channel). It is computed some rows of the images at a time: in steps of two as the sum of
// three products, one for each row of the kernel, or where it sees pixels, whose channels are few, as one.
type convolution struct {
	height, width int // of the input, multiples of step
	in, out       int // channels
	step          int
	adds          bool // the input of the convolution before is added to the output
	planar        bool // it sees pixels [in, height, width], not [height, width, in]
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

// products is of how many the sum is.
func (c convolution) products() int {
	switch {
	case c.filtered():
		return filterProducts
	case c.planar:
		return 1
	}
	return 3
}

// seen is how many numbers of an output pixel's input a product takes.
func (c convolution) seen() int {
	if c.planar {
		return c.length()
	}
	return 3 * c.in
}

// bandNumbers is about how many numbers a product of some rows of images takes: they stay in the second-level cache.
const bandNumbers = 1 << 16

// band is how many rows of output pixels are computed at once.
func (c convolution) band() int { return max(1, bandNumbers/(c.across()*max(c.seen(), 3*c.out))) }

// columns is the most numbers that [convolution.gather] or [convolution.filterInputs] writes, and that of the transposed.
func (c convolution) columns() int {
	if c.filtered() {
		return c.band() * c.pairs() * filterProducts * 3 * max(c.in, c.out)
	}
	return c.band() * c.across() * c.seen()
}

// bands cuts the rows of output pixels of some images.
func (c convolution) bands(images int) func(yield func(span) bool) {
	return span{0, images * c.down()}.blocks(c.band())
}

// gather lays what product k sees into rows: columns [len(rows)*across, seen] of x, [images, height, width, in] or, if planar,
// [images, in, height, width].
func (c convolution) gather(columns, x []float32, rows span, k int) {
	if c.planar {
		for ky := range 3 {
			c.eachRow(columns, rows, ky, func(part []float32, image, row int) {
				c.gatherPlanes(part[3*ky*c.in:], x[image*c.in*c.height*c.width:], row)
			})
		}
		return
	}
	c.eachRow(columns, rows, k, func(part []float32, image, row int) {
		if row < 0 || row >= c.height {
			clear(part)
			return
		}
		c.gatherRow(part, x[(image*c.height+row)*c.width*c.in:][:c.width*c.in])
	})
}

// eachRow visits the parts [across, seen] of columns with the row of an image that row ky of the kernel sees, which may lie
// outside.
func (c convolution) eachRow(columns []float32, rows span, ky int, visit func(part []float32, image, row int)) {
	line := c.across() * c.seen()
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
	step, n := c.seen(), c.in
	if row < 0 || row >= c.height {
		for at := 0; at < len(part); at += step {
			clear(part[at:][:3*n])
		}
		return
	}
	for k := range n {
		plane := x[(k*c.height+row)*c.width:][:c.width]
		left := float32(0)
		for i, at := 0, k; i < len(plane)-1; i, at = i+2, at+step {
			to := part[at:][:2*n+1]
			to[0], to[n], to[2*n] = left, plane[i], plane[i+1]
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
