package fits

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// Windows that share tiles are what they are of the whole image, however many have been read before, and what is kept for
// them stays within its bound.
func TestTileCache(t *testing.T) {
	const height, width = 1500, 4500
	im := &Image{Shape: []int{height, width}, Pixels: make([]float32, height*width)}
	for i := range im.Pixels {
		im.Pixels[i] = float32(i*7919%1000 - 500)
	}
	var b bytes.Buffer
	if err := WriteImages(&b, ImageHDU{Image: im, Packing: PackInt16}); err != nil {
		t.Fatal(err)
	}
	f, err := New(bytes.NewReader(b.Bytes()), int64(b.Len()), "tile.fits")
	if err != nil {
		t.Fatal(err)
	}
	h := f.HDU(1)
	var wait sync.WaitGroup
	for worker := range 3 {
		wait.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(worker)))
			for range 120 {
				y, x := r.IntN(height-60), r.IntN(width-40)
				got, err := h.Section([]int{y, x}, []int{y + 60, x + 40})
				if err != nil {
					t.Error(err)
					return
				}
				for row := range 60 {
					if at := (y+row)*width + x; !slices.Equal(got.Pixels[40*row:40*(row+1)], im.Pixels[at:at+40]) {
						t.Errorf("row %d of the window at (%d, %d) is not the image's", row, x, y)
					}
				}
			}
		})
	}
	wait.Wait()
	tiling, err := h.tiling()
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	for _, pixels := range tiling.cache.pixels {
		size += len(pixels)
	}
	if size != tiling.cache.size || size > cachedPixels || size < cachedPixels/2 || len(tiling.cache.order) != len(tiling.cache.pixels) {
		t.Errorf("%d pixels are kept and %d counted; at most %d are to be", size, tiling.cache.size, cachedPixels)
	}
	// Who reads all of the image keeps nothing of it.
	if f, err = New(bytes.NewReader(b.Bytes()), int64(b.Len()), "tile.fits"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := f.HDU(1).Read(); err != nil {
			t.Fatal(err)
		}
	}
	if tiling, err = f.HDU(1).tiling(); err != nil || tiling.cache.size != 0 {
		t.Errorf("%d pixels are kept, %v", tiling.cache.size, err)
	}
}
