package fits

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/astrovit/astrovit/fits/internal/tilecodec"
)

// packedRows is how a table holds the rows of another, compressed (FITS Standard 4.0, section 10.3): each of its rows has a
// tile of them, column by column, as bytes in the heap.
type packedRows struct {
	stored *Table
	rows   int // of the table that it holds
	tile   int // rows of a tile, the last apart
}

// unpacked returns the table that a stored one holds.
func (stored *Table) unpacked() (*Table, error) {
	h := stored.hdu
	axes := [2]int64{}
	for i := range axes {
		key := fmt.Sprintf("ZNAXIS%d", i+1)
		n, err := h.header.Int(key)
		if err != nil {
			return nil, err
		}
		if n < 0 || n > math.MaxInt32 {
			return nil, h.at.formatError(key, "want a length, have %d", n)
		}
		axes[i] = n
	}
	tile, err := h.header.intOr("ZTILELEN", max(1, axes[1]))
	if err != nil {
		return nil, err
	}
	if tile < 1 || tile > math.MaxInt32 || (axes[1]+tile-1)/tile > int64(stored.Rows) {
		return nil, h.at.formatError("ZTILELEN", "the %d tiles of the table have %d rows each, for %d rows", stored.Rows, tile, axes[1])
	}
	t := &Table{Rows: int(axes[1]), hdu: h, rowBytes: int(axes[0])}
	t.packed = &packedRows{stored: stored, rows: t.Rows, tile: int(tile)}
	if err := t.readFields("ZFORM"); err != nil {
		return nil, err
	}
	for i := range t.fields {
		f := &t.fields[i]
		key := fmt.Sprintf("ZCTYP%d", f.number)
		if f.packing, err = h.header.String(key); err != nil {
			return nil, err
		}
		if !slices.Contains([]string{"RICE_1", "GZIP_1", "GZIP_2"}, f.packing) || f.packing == "RICE_1" && !slices.Contains([]byte("BIJ"), f.letter) {
			return nil, h.at.unsupported(key, "column %q of type %c, compressed by %q", f.name, f.letter, f.packing)
		}
		if in := &stored.fields[i]; in.width == 0 || in.wide == 0 || elementBytes[in.letter] != 1 {
			return nil, h.at.formatError(fmt.Sprintf("TFORM%d", f.number), "want bytes of variable length")
		}
	}
	return t, nil
}

// emptyCells bounds the rows of a column whose cells have no bytes, of which the file has no evidence.
const emptyCells = 1 << 21

// check compares what a column needs with what the file has, before memory is taken for it.
func (p *packedRows) check(f field) error {
	width, memory := int64(f.width), int64(16+8*f.elements(f.count))
	if f.wide != 0 {
		f.packing = "GZIP_1"
		width, memory = width+descriptorBytes, 32
	}
	if f.width == 0 {
		if p.rows > emptyCells {
			return p.stored.hdu.at.unsupported(fmt.Sprintf("column %q", f.name), "%d rows without bytes", p.rows)
		}
		return nil
	}
	total := int64(0)
	err := p.tiles(f, func(number, rows int, at, size int64) error {
		total += size
		if bytes := int64(rows) * width; bytes > f.unfoldsTo(size) {
			return p.tileError(f, number, "%d bytes cannot hold its %d rows of %d bytes", size, rows, width)
		}
		return nil
	})
	if need := product([]int64{int64(p.rows), memory}); err == nil && (need < 0 || need > unfoldLimit(min(total, p.stored.hdu.size))) {
		err = p.stored.hdu.at.unsupported(fmt.Sprintf("column %q", f.name), "%d rows out of %d bytes", p.rows, total)
	}
	return err
}

// unfoldsTo returns how many bytes so many compressed ones can be.
func (f *field) unfoldsTo(size int64) int64 {
	if f.packing == "RICE_1" {
		bytes := elementBytes[f.letter]
		return tilecodec.RicePixels(size, riceBlock, bytes) * int64(bytes)
	}
	return size * tilecodec.DeflateRatio
}

// tiles calls visit with where the bytes of each tile of a column are in the file, and with the rows that it has.
func (p *packedRows) tiles(f field, visit func(number, rows int, at, size int64) error) error {
	h := p.stored.hdu
	begin, heap, err := p.stored.heap()
	if err != nil {
		return err
	}
	if err := h.haveHeap(); err != nil {
		return err
	}
	in := p.stored.fields[f.number-1]
	return p.stored.cells(in, func(number int, cell []byte) error {
		rows := min(p.tile, p.rows-number*p.tile)
		if rows <= 0 {
			return nil
		}
		n, at := descriptor(in.wide, cell)
		if n < 0 || at < 0 || n > heap || at > heap-n {
			return p.tileError(f, number, "descriptor of %d bytes at byte %d is outside the heap of %d bytes", n, at, heap)
		}
		return visit(number, rows, h.data+begin+at, n)
	})
}

func (p *packedRows) tileError(f field, number int, format string, args ...any) error {
	return p.stored.hdu.at.formatError(fmt.Sprintf("column %q tile %d", f.name, number), format, args...)
}

// cells calls visit with so many bytes of each row of a column; the caller has it checked.
func (p *packedRows) cells(f field, width int, visit func(row int, cell []byte) error) error {
	cell := make([]byte, width)
	if width == 0 {
		for row := range p.rows {
			if err := visit(row, cell); err != nil {
				return err
			}
		}
		return nil
	}
	var unpack unpacker
	return p.unpackTiles(f, width, &unpack, func(number, rows int) error {
		for row := range rows {
			if err := unpack.next(cell); err != nil {
				return p.tileError(f, number, "%v", err)
			}
			if err := visit(number*p.tile+row, cell); err != nil {
				return err
			}
		}
		return nil
	})
}

// unpackTiles reads each tile of a column and calls visit when unpack is to hand out its rows × width bytes.
func (p *packedRows) unpackTiles(f field, width int, unpack *unpacker, visit func(number, rows int) error) error {
	var stored []byte
	return p.tiles(f, func(number, rows int, at, size int64) error {
		stored = grown(stored, int(size))
		if err := p.stored.hdu.readAt(stored, at); err != nil {
			return err
		}
		if err := unpack.reset(&f, stored, rows*width); err != nil {
			return p.tileError(f, number, "%v", err)
		}
		return visit(number, rows)
	})
}

// descriptorBytes is the size of the descriptor of a compressed array: count and offset of its bytes, as in a column Q.
const descriptorBytes = 16

// arrays calls visit with the arrays of a column of variable length. Each is compressed by itself. The tile has, compressed
// by GZIP_1 whatever ZCTYPn says, the descriptors of the table that was compressed and behind them those of the compressed
// arrays.
func (p *packedRows) arrays(f field, visit func(row int, a array) error) error {
	if f.width == 0 {
		return nil
	}
	descriptors := f
	descriptors.packing = "GZIP_1"
	var unpack unpacker
	return p.unpackTiles(descriptors, f.width+descriptorBytes, &unpack, func(number, rows int) error {
		all := make([]byte, rows*(f.width+descriptorBytes))
		if err := unpack.next(all); err != nil {
			return p.tileError(f, number, "%v", err)
		}
		for row := range rows {
			count, _ := descriptor(f.wide, all[row*f.width:])
			size, at := descriptor('Q', all[rows*f.width+row*descriptorBytes:])
			if count == 0 {
				size, at = 0, 0
			}
			if err := visit(number*p.tile+row, array{count, at, size}); err != nil {
				return err
			}
		}
		return nil
	})
}

// An unpacker turns the bytes of one column of a tile into those of the table. It keeps its memory from tile to tile.
type unpacker struct {
	rice   tilecodec.Rice
	gzip   tilecodec.Gzip
	isRice bool
	bytes  int // of an element
	values []int32
	buffer []byte
}

// reset begins with bytes that are to become size others.
func (u *unpacker) reset(f *field, stored []byte, size int) error {
	u.bytes = 1
	// Of complex numbers cfitsio, the one program that writes such tables, shuffles those of single precision in the heap.
	if slices.Contains([]byte("IJKED"), f.letter) || f.letter == 'C' && f.wide != 0 {
		u.bytes = elementBytes[f.letter]
	}
	u.isRice = f.packing == "RICE_1"
	switch {
	case u.isRice:
		if err := u.rice.Configure(riceBlock, u.bytes); err != nil {
			return err
		}
		return u.rice.Reset(stored)
	case f.packing == "GZIP_2" && u.bytes > 1:
		return u.gzip.ResetShuffled(stored, size/u.bytes, u.bytes)
	}
	return u.gzip.Reset(stored)
}

// next fills p with the next bytes, whole elements.
func (u *unpacker) next(p []byte) error {
	if !u.isRice {
		return u.gzip.ReadFull(p)
	}
	n := len(p) / u.bytes
	u.values = grown(u.values, n)
	if err := u.rice.Next(u.values); err != nil {
		return err
	}
	for i, v := range u.values {
		switch u.bytes {
		case 1:
			p[i] = byte(v)
		case 2:
			binary.BigEndian.PutUint16(p[2*i:], uint16(v))
		default:
			binary.BigEndian.PutUint32(p[4*i:], uint32(v))
		}
	}
	return nil
}

// whole unpacks an array of so many bytes, valid until the next call.
func (u *unpacker) whole(f *field, stored []byte, size int) ([]byte, error) {
	u.buffer = grown(u.buffer, size)
	if err := u.reset(f, stored, size); err != nil {
		return nil, err
	}
	return u.buffer, u.next(u.buffer)
}
