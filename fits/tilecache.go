package fits

import "sync"

// cachedPixels bounds what a compressed image keeps of its tiles: 16 MiB.
const cachedPixels = 1 << 22

// A tileCache keeps decoded tiles, since tiles are often rows of the image, and windows side by side each need a part of
// the same rows. A tile is kept when a part of it is asked for a second time, so that who reads one window decodes no more
// than it needs; the tile that was kept first is the first to go.
type tileCache struct {
	mutex  sync.Mutex
	asked  []uint64 // a bit for each tile of which a part was asked for
	pixels map[int][]float32
	order  []int // of the tiles in pixels
	size   int   // pixels in all
}

// get returns a tile, which is only to be read, or nil.
func (c *tileCache) get(number int) []float32 {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.pixels[number]
}

// wants tells whether to keep a tile of n pixels, of so many tiles, a part of which is asked for.
func (c *tileCache) wants(number, n, tiles int) bool {
	if n > cachedPixels/8 {
		return false
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.asked == nil {
		c.asked = make([]uint64, (tiles+63)/64)
	}
	word, bit := &c.asked[number/64], uint64(1)<<(number%64)
	again := *word&bit != 0
	*word |= bit
	return again
}

// put keeps a tile.
func (c *tileCache) put(number int, pixels []float32) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.pixels[number] != nil {
		return // another goroutine was faster
	}
	if c.pixels == nil {
		c.pixels = map[int][]float32{}
	}
	c.pixels[number] = pixels
	c.order = append(c.order, number)
	for c.size += len(pixels); c.size > cachedPixels; c.order = c.order[1:] {
		c.size -= len(c.pixels[c.order[0]])
		delete(c.pixels, c.order[0])
	}
}

// whole is all of a tile of which a section needs a part, if it is kept or worth it; otherwise nil.
func (r *tileReader) whole(tile storedTile, data []byte, rows, width int) []float32 {
	cache := &r.t.cache
	if pixels := cache.get(tile.number); pixels != nil {
		return pixels
	}
	part := 1
	for k := range r.shape {
		part *= r.to[k] - r.from[k]
	}
	if part == rows*width || !cache.wants(tile.number, rows*width, r.t.table.Rows) {
		return nil
	}
	pixels := make([]float32, rows*width)
	if r.decoder.begin(tile, data, rows, width) != nil || r.decoder.read(pixels) != nil {
		return nil // it may be beyond the part that it is damaged
	}
	cache.put(tile.number, pixels)
	return pixels
}
