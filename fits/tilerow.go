package fits

import (
	"fmt"

	"github.com/astrovit/astrovit/fits/internal/tilecodec"
)

// A storedTile is what a row of the table says of its tile.
type storedTile struct {
	number int    // row, from 0
	in     *field // the column whose heap has the bytes
	at     int64  // their offset in the file
	size   int64

	scale, zero, blank float64 // of a quantised tile
}

// readRows reads the rows of some tiles, in ascending order, and calls visit with each. It reads rows that are close to
// each other at once.
func (t *tiling) readRows(tiles []int, visit func(storedTile) error) error {
	begin, heap, err := t.table.heap()
	if err != nil {
		return err
	}
	buffer := buffers.Get().(*[readBuffer]byte)
	defer buffers.Put(buffer)
	for len(tiles) > 0 {
		n := 1
		for n < len(tiles) && (tiles[n]-tiles[0]+1)*t.table.rowBytes <= readBuffer {
			n++
		}
		raw := buffer[:(tiles[n-1]-tiles[0]+1)*t.table.rowBytes]
		if err := t.hdu.readAt(raw, t.hdu.data+int64(tiles[0])*int64(t.table.rowBytes)); err != nil {
			return err
		}
		for _, number := range tiles[:n] {
			row := raw[(number-tiles[0])*t.table.rowBytes:][:t.table.rowBytes]
			tile, err := t.locate(number, row, heap)
			if err != nil {
				return err
			}
			tile.at += t.hdu.data + begin
			if err := visit(tile); err != nil {
				return err
			}
		}
		tiles = tiles[n:]
	}
	return nil
}

// locate finds the bytes of a tile in the heap, in the column that has any.
func (t *tiling) locate(number int, row []byte, heap int64) (storedTile, error) {
	tile := storedTile{number: number}
	for _, f := range []*field{t.compressed, t.plain, t.gzipped} {
		if f == nil {
			continue
		}
		n, at := descriptor(f.wide, row[f.offset:])
		size := f.heapBytes(n)
		if n < 0 || at < 0 || size < 0 || size > heap || n > 0 && at > heap-size {
			return tile, t.tileError(number, "descriptor of %d elements of %s at byte %d is outside the heap of %d bytes", n, f.name, at, heap)
		}
		if n > 0 {
			tile.in, tile.at, tile.size = f, at, size
			break
		}
	}
	if tile.in == nil {
		return tile, t.tileError(number, "there is no data for it")
	}
	if t.quantised {
		tile.scale, tile.zero = t.scale.of(row), t.zero.of(row)
	}
	tile.blank = t.blank.of(row)
	return tile, nil
}

func (t *tiling) tileError(number int, format string, args ...any) error {
	return t.hdu.at.formatError(fmt.Sprintf("tile %d", number), format, args...)
}

// check compares what tiles need with what the file has, before memory is taken for their pixels. It returns the bytes of
// all of them.
func (t *tiling) check(tiles []int) (total int64, err error) {
	place := t.newPlacement()
	have := int64(0)
	err = t.readRows(tiles, func(tile storedTile) error {
		if end := tile.at + tile.size; end > have {
			if have, err = t.hdu.file.src.extent(end); err != nil {
				return err
			}
			if have < end {
				return t.tileError(tile.number, "data are cut off: its %d bytes end at byte %d, the file has %d", tile.size, end, have)
			}
		}
		place.set(tile.number)
		pixels := place.pixels()
		if pixels > t.mostPixels(tile) {
			return t.tileError(tile.number, "%d bytes cannot hold its %d pixels", tile.size, pixels)
		}
		if whole := t.method == "HCOMPRESS_1" || t.method == "GZIP_2"; whole && pixels > unfoldLimit(tile.size)/8 {
			return t.hdu.at.unsupported(fmt.Sprintf("tile %d", tile.number), "%d pixels out of %d bytes, all at once", pixels, tile.size)
		}
		total += tile.size
		return nil
	})
	return min(total, t.hdu.size), err
}

// mostPixels returns how many pixels the bytes of a tile can unfold to.
func (t *tiling) mostPixels(tile storedTile) int64 {
	const unlimited = 1 << 62 // a blank HCOMPRESS tile of any size takes 25 bytes, a line list ends with any number of zeros
	switch {
	case tile.in == t.gzipped:
		return tile.size * tilecodec.DeflateRatio
	case tile.in == t.plain || t.method == "NOCOMPRESS":
		return tile.size
	}
	switch t.method {
	case "RICE_1":
		return tilecodec.RicePixels(tile.size, t.block, t.bytes)
	case "GZIP_1", "GZIP_2":
		return tile.size * tilecodec.DeflateRatio
	}
	return unlimited
}
