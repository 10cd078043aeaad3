package patch

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestGridValidate(t *testing.T) {
	for _, c := range []struct {
		grid Grid
		want string
	}{
		{Grid{1, []int{8}, []int{4}}, ""},
		{Grid{3, []int{64, 64}, []int{8, 8}}, ""},
		{Grid{2, []int{8, 6, 4}, []int{4, 3, 2}}, ""},
		{Grid{5, []int{7, 3}, []int{7, 1}}, ""},
		{Grid{0, []int{8}, []int{4}}, "number of bands is 0"},
		{Grid{1, nil, nil}, "at least one"},
		{Grid{1, []int{8, 8}, []int{4}}, "same number of axes"},
		{Grid{1, []int{8, 0}, []int{4, 1}}, "axis 1 has 0 pixels in the image"},
		{Grid{1, []int{-8, 8}, []int{4, 4}}, "axis 0 has -8 pixels in the image"},
		{Grid{1, []int{8, 8}, []int{4, 0}}, "axis 1 has 8 pixels in the image and 0 in a patch"},
		{Grid{1, []int{8, 9}, []int{4, 4}}, "image axis 1 has 9 pixels, which is not a multiple of the patch's 4"},
		{Grid{1, []int{4, 8}, []int{8, 8}}, "image axis 0 has 4 pixels, which is not a multiple of the patch's 8"},
		{Grid{1, []int{1 << 20, 1 << 20}, []int{1, 1}}, "too many"},
		{Grid{math.MaxInt32, []int{math.MaxInt32, math.MaxInt32}, []int{1, 1}}, "too many"},
	} {
		err := c.grid.Validate()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v: %v, want %q", c.grid, err, c.want)
		}
	}
}

// grids are of one, two and three dimensions, with patches that are the image,
// a pixel, and longer one way than the other.
var grids = []Grid{
	{1, []int{512}, []int{16}},
	{4, []int{6}, []int{1}},
	{3, []int{64, 64}, []int{8, 8}},
	{1, []int{5, 7}, []int{5, 7}},
	{2, []int{6, 10}, []int{3, 2}},
	{5, []int{4, 9}, []int{1, 3}},
	{2, []int{8, 8, 8}, []int{4, 4, 4}},
	{3, []int{4, 6, 10}, []int{2, 3, 5}},
	{1, []int{2, 4, 2, 6}, []int{1, 2, 2, 3}},
}

func counting(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(i)
	}
	return x
}

// Extract by the definition: patch n of position p_0, p_1, ... holds band c,
// pixel i_0, i_1, ... of the image's pixel p·patch + i.
func TestExtractByDefinition(t *testing.T) {
	for _, g := range grids {
		pixels := counting(g.Pixels())
		got := make([]float32, g.Pixels())
		g.Extract(got, pixels)
		plane, length := product(g.Shape), product(g.Patch)
		at := 0
		for n := range g.Patches() {
			for c := range g.Channels {
				for i := range length {
					place := c * plane
					for axis, p := range digits(n, g.Counts()) {
						place += (p*g.Patch[axis] + digits(i, g.Patch)[axis]) * product(g.Shape[axis+1:])
					}
					if got[at] != pixels[place] {
						t.Fatalf("%v: patch %d, band %d, pixel %d is the image's pixel %g, want %d", g, n, c, i, got[at], place)
					}
					at++
				}
			}
		}
		back := make([]float32, g.Pixels())
		g.Assemble(back, got)
		if !slices.Equal(back, pixels) {
			t.Errorf("%v: Assemble does not undo Extract", g)
		}
	}
}

// digits is n as a row-major position in shape.
func digits(n int, shape []int) []int {
	d := make([]int, len(shape))
	for a := len(shape) - 1; a >= 0; a-- {
		d[a] = n % shape[a]
		n /= shape[a]
	}
	return d
}

func TestGridDoesNotAllocate(t *testing.T) {
	for _, g := range grids {
		pixels, patches := counting(g.Pixels()), make([]float32, g.Pixels())
		if n := testing.AllocsPerRun(10, func() {
			g.Extract(patches, pixels)
			g.Assemble(pixels, patches)
		}); n != 0 {
			t.Errorf("%v: %g allocations", g, n)
		}
	}
}

func TestGridPanicsOnWrongSizes(t *testing.T) {
	g := Grid{1, []int{4}, []int{2}}
	for _, sizes := range [][2]int{{3, 4}, {4, 5}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("sizes %v: no panic", sizes)
				}
			}()
			g.Extract(make([]float32, sizes[0]), make([]float32, sizes[1]))
		}()
	}
}

func ExampleGrid() {
	g := Grid{Channels: 1, Shape: []int{2, 4}, Patch: []int{2, 2}}
	tokens := make([]float32, g.Pixels())
	g.Extract(tokens, []float32{
		0, 1, 2, 3,
		4, 5, 6, 7,
	})
	fmt.Println(g.Patches(), "patches of", g.Length(), "numbers:", tokens)
	// Output: 2 patches of 4 numbers: [0 1 4 5 2 3 6 7]
}

func BenchmarkExtract(b *testing.B) {
	for _, g := range grids[2:7] {
		b.Run(strings.ReplaceAll(fmt.Sprintf("shape=%v/patch=%v", g.Shape, g.Patch), " ", "x"), func(b *testing.B) {
			pixels, patches := counting(g.Pixels()), make([]float32, g.Pixels())
			b.SetBytes(int64(4 * len(pixels)))
			for b.Loop() {
				g.Extract(patches, pixels)
			}
		})
	}
}
