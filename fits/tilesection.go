package fits

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// batchPixels is about how many pixels a goroutine decodes before it asks for more tiles: their bytes are read at once
// where they lie together.
const batchPixels = 1 << 16

// readTiles reads a section of a compressed image: of the tiles that it touches, in parallel, as far as it needs them.
// The image and the error, that of the first tile in error, are the same for any number of processors.
func (h *HDU) readTiles(lo, hi, shape []int) (*Image, error) {
	im := &Image{Shape: shape}
	if len(shape) == 0 || slices.Contains(shape, 0) {
		return im, nil
	}
	t, err := h.tiling()
	if err != nil {
		return nil, err
	}
	tiles := t.touched(lo, hi)
	stored, err := t.check(tiles)
	if err != nil {
		return nil, err
	}
	n := product(int64s(shape))
	if limit := unfoldLimit(stored); n < 0 || n > limit/4 {
		return nil, h.at.unsupported("", "section of shape %v out of %d bytes exceeds the bound of %d bytes", shape, stored, limit)
	}
	im.Pixels = newPixels(int(n))
	batch := max(batchPixels/max(int(product(int64s(t.tile))), 1), 1)
	batches := (len(tiles) + batch - 1) / batch
	var next, failed atomic.Int64
	failed.Store(int64(batches))
	errs := make([]error, min(runtime.GOMAXPROCS(0), batches))
	firsts := make([]int64, len(errs))
	work := func(worker int) {
		r, err := t.newReader(im, lo, hi)
		for {
			b := next.Add(1) - 1
			if b >= failed.Load() { // batches are handed out in order, so that the first failure is among those at work
				return
			}
			if err == nil {
				err = r.read(tiles[int(b)*batch : min((int(b)+1)*batch, len(tiles))])
			}
			if err != nil {
				errs[worker], firsts[worker] = err, b
				for f := failed.Load(); b < f && !failed.CompareAndSwap(f, b); f = failed.Load() {
				}
				return
			}
		}
	}
	var wait sync.WaitGroup
	for worker := 1; worker < len(errs); worker++ {
		wait.Go(func() { work(worker) })
	}
	work(0)
	wait.Wait()
	for worker, err := range errs {
		if err != nil && firsts[worker] == failed.Load() {
			return nil, err
		}
	}
	return im, nil
}

func int64s(v []int) []int64 {
	w := make([]int64, len(v))
	for i, n := range v {
		w[i] = int64(n)
	}
	return w
}

// touched returns the numbers of the tiles that have pixels of a section, in ascending order.
func (t *tiling) touched(lo, hi []int) []int {
	first, end := make([]int, len(lo)), make([]int, len(lo))
	n := 1
	for k := range lo {
		first[k], end[k] = lo[k]/t.tile[k], (hi[k]-1)/t.tile[k]+1
		n *= end[k] - first[k]
	}
	tiles := make([]int, 0, n)
	for at := slices.Clone(first); ; {
		number := 0
		for k, i := range at {
			number = number*t.grid[k] + i
		}
		tiles = append(tiles, number)
		if !advance(at, first, end) {
			return tiles
		}
	}
}

// A placement is where a tile lies in the image.
type placement struct {
	t      *tiling
	origin []int // of the tile in the image
	shape  []int // of the tile, cut to the image
}

func (t *tiling) newPlacement() placement {
	return placement{t, make([]int, len(t.tile)), make([]int, len(t.tile))}
}

func (p *placement) set(number int) {
	for k := len(p.origin) - 1; k >= 0; k-- {
		p.origin[k] = number % p.t.grid[k] * p.t.tile[k]
		p.shape[k] = min(p.t.tile[k], p.t.hdu.shape[k]-p.origin[k])
		number /= p.t.grid[k]
	}
}

// pixels returns how many pixels the tile has, or the largest number where that is beyond int64.
func (p *placement) pixels() int64 {
	if n := product(int64s(p.shape)); n >= 0 {
		return n
	}
	return math.MaxInt64
}

// A tileReader decodes tiles into an image that is a section from lo to hi. It is for one goroutine.
type tileReader struct {
	placement
	decoder *tileDecoder
	im      *Image
	lo, hi  []int

	stored     []storedTile
	data       []byte
	from, to   []int // of the tile: what the section needs of it
	at         []int
	tileStride []int
	stride     []int // of the image
}

func (t *tiling) newReader(im *Image, lo, hi []int) (*tileReader, error) {
	d, err := t.newDecoder()
	if err != nil {
		return nil, err
	}
	axes := len(lo)
	ints := func() []int { return make([]int, axes) }
	r := &tileReader{placement: t.newPlacement(), decoder: d, im: im, lo: lo, hi: hi,
		from: ints(), to: ints(), at: ints(), tileStride: ints(), stride: ints()}
	setStrides(r.stride, im.Shape)
	return r, nil
}

func setStrides(stride, shape []int) {
	n := 1
	for k := len(shape) - 1; k >= 0; k-- {
		stride[k] = n
		n *= shape[k]
	}
}

// read decodes some tiles.
func (r *tileReader) read(tiles []int) error {
	t := r.t
	r.stored = r.stored[:0]
	if err := t.readRows(tiles, func(tile storedTile) error {
		r.stored = append(r.stored, tile)
		return nil
	}); err != nil {
		return err
	}
	for rest := r.stored; len(rest) > 0; {
		// Bytes of tiles that follow each other in the file are read together.
		first, end := rest[0].at, rest[0].at+rest[0].size
		n := 1
		for n < len(rest) && rest[n].at >= end && rest[n].at+rest[n].size-first <= readBuffer {
			end = rest[n].at + rest[n].size
			n++
		}
		r.data = grown(r.data, int(end-first))
		if err := t.hdu.readAt(r.data, first); err != nil {
			return err
		}
		for _, tile := range rest[:n] {
			if err := r.place(tile, r.data[tile.at-first:][:tile.size:tile.size]); err != nil {
				var format *FormatError
				var unsupported *UnsupportedError
				if errors.As(err, &format) || errors.As(err, &unsupported) {
					return err
				}
				return t.tileError(tile.number, "%s: %v", tile.in.name, err)
			}
		}
		rest = rest[n:]
	}
	return nil
}

// place decodes a tile and puts what the section needs of it into the image.
func (r *tileReader) place(tile storedTile, data []byte) error {
	r.set(tile.number)
	axes := len(r.shape)
	rows := 1
	for _, n := range r.shape[:axes-1] {
		rows *= n
	}
	for k := range r.shape {
		r.from[k] = max(r.lo[k]-r.origin[k], 0)
		r.to[k] = min(r.hi[k]-r.origin[k], r.shape[k])
	}
	whole := r.whole(tile, data, rows, r.shape[axes-1])
	if whole == nil {
		if err := r.decoder.begin(tile, data, rows, r.shape[axes-1]); err != nil {
			return err
		}
	}
	setStrides(r.tileStride, r.shape)
	// Runs of pixels that follow each other both in the tile and in the image.
	run, outer := r.to[axes-1]-r.from[axes-1], axes-1
	for outer > 0 && r.to[outer]-r.from[outer] == r.shape[outer] && r.shape[outer] == r.im.Shape[outer] {
		outer--
		run *= r.to[outer] - r.from[outer]
	}
	done := 0 // pixels of the tile that have been decoded
	copy(r.at, r.from)
	for {
		inTile, inImage := 0, 0
		for k, i := range r.at {
			inTile += i * r.tileStride[k]
			inImage += (r.origin[k] + i - r.lo[k]) * r.stride[k]
		}
		if dst := r.im.Pixels[inImage:][:run]; whole != nil {
			copy(dst, whole[inTile:])
		} else if err := r.decode(dst, inTile-done); err != nil {
			return err
		}
		done = inTile + run
		if !advance(r.at[:outer], r.from, r.to) {
			return nil
		}
	}
}

// decode decodes the pixels that come after so many others.
func (r *tileReader) decode(dst []float32, after int) error {
	if err := r.decoder.skip(after); err != nil {
		return err
	}
	return r.decoder.read(dst)
}
