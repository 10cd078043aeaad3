package fits

import (
	"github.com/astrovit/astrovit/fits/internal/tilecodec"
)

// tileScratch is how many pixels are decoded at a time: few enough for the fastest cache.
const tileScratch = 1 << 11

// A tileDecoder turns the bytes of tiles into physical pixels. It is for one goroutine and keeps its memory from tile to
// tile.
type tileDecoder struct {
	t *tiling

	rice      tilecodec.Rice
	plio      tilecodec.PLIO
	gzip      tilecodec.Gzip
	plain     tilecodec.Plain
	words     tilecodec.Words
	hcompress tilecodec.HCompress[int32] // of pixels of up to 16 bits
	hwide     tilecodec.HCompress[int64]

	// The tile that begin has begun: integers, or bytes of a type that only scaling.decode knows.
	ints     tilecodec.Integers
	bytes    tilecodec.ByteSource
	scaling  scaling
	dithered bool
	dither   ditherer

	stored [tileScratch]int32
	raw    [tileScratch * 8]byte
}

func (t *tiling) newDecoder() (*tileDecoder, error) {
	d := &tileDecoder{t: t}
	if t.method == "RICE_1" {
		if err := d.rice.Configure(t.block, t.bytes); err != nil {
			return nil, t.hdu.at.wrap(err)
		}
	}
	d.hcompress.Smooth, d.hwide.Smooth = t.smooth, t.smooth
	return d, nil
}

// begin prepares to read the pixels of a tile of rows of width pixels from its bytes.
func (d *tileDecoder) begin(tile storedTile, data []byte, rows, width int) (err error) {
	t := d.t
	d.ints, d.bytes, d.dithered = nil, nil, false
	d.scaling = t.scaling
	if t.blank.known && (t.quantised || t.bitpix > 0) {
		d.scaling.blank, d.scaling.hasBlank = int64(tile.blank), true
	}
	switch {
	case tile.in == t.gzipped:
		d.bytes = &d.gzip
		return d.gzip.Reset(data)
	case tile.in == t.plain:
		d.beginPlain(tile.in, data)
		return nil
	}
	if t.quantised {
		d.scaling.bitpix = 32
		d.scaling.scale = tile.scale * t.scaling.scale
		d.scaling.zero = float64(tile.zero*t.scaling.scale) + t.scaling.zero
		if d.dithered = t.dither != noDither; d.dithered {
			d.dither = newDitherer(t.dither, t.seed, tile.number, t.scaling.physical(0))
		}
	}
	switch t.method {
	case "RICE_1":
		d.ints, err = &d.rice, d.rice.Reset(data)
	case "PLIO_1":
		if d.scaling.zero == 1<<15 { // masks have no negative values: the list has what BZERO makes of them
			d.scaling.zero = 0
		}
		d.ints, err = &d.plio, d.plio.Reset(data)
	case "HCOMPRESS_1":
		if t.bitpix == 8 || t.bitpix == 16 {
			d.ints, err = &d.hcompress, d.hcompress.Reset(data, rows, width)
		} else {
			d.ints, err = &d.hwide, d.hwide.Reset(data, rows, width)
		}
	case "NOCOMPRESS":
		d.plain.Reset(data)
		d.beginBytes(&d.plain, t.storedBytes())
	default:
		pixels := rows * width
		bytes := t.storedBytes()
		if size := tilecodec.GzipSize(data); size%int64(pixels) == 0 { // writers differ in the type that integers have here
			if n := size / int64(pixels); n == 1 || n == 2 || n == 4 || n == 8 {
				bytes = int(n)
			}
		}
		if t.method == "GZIP_2" && bytes > 1 {
			err = d.gzip.ResetShuffled(data, pixels, bytes)
		} else {
			err = d.gzip.Reset(data)
		}
		d.beginBytes(&d.gzip, bytes)
	}
	d.scaling.recognise()
	return err
}

// storedBytes returns the size of a pixel that is stored as bytes.
func (t *tiling) storedBytes() int {
	if t.quantised {
		return 4
	}
	return bytesOf(t.bitpix)
}

// beginBytes takes pixels of so many bytes from a source: integers, unless they are floating ones that were not quantised.
func (d *tileDecoder) beginBytes(source tilecodec.ByteSource, bytes int) {
	switch {
	case !d.t.quantised && d.t.bitpix < 0:
		d.bytes, d.scaling.bitpix = source, -8*bytes
	case bytes == 8:
		d.bytes, d.scaling.bitpix = source, 64
	default:
		d.words.Source, d.words.Width = source, bytes
		d.ints = &d.words
	}
}

// beginPlain takes pixels of the type that the column of a tile has.
func (d *tileDecoder) beginPlain(f *field, data []byte) {
	d.plain.Reset(data)
	d.bytes = &d.plain
	d.scaling.bitpix = 8 * elementBytes[f.letter]
	if f.letter == 'E' || f.letter == 'D' {
		d.scaling.bitpix = -d.scaling.bitpix
	}
	d.scaling.recognise()
}

// width returns the bytes of a pixel of d.bytes.
func (d *tileDecoder) width() int { return bytesOf(d.scaling.bitpix) }

// skip passes over n pixels.
func (d *tileDecoder) skip(n int) error {
	if d.dithered {
		d.dither.skip(n)
	}
	for n > 0 {
		k := min(n, tileScratch)
		if err := d.fetch(k); err != nil {
			return err
		}
		n -= k
	}
	return nil
}

// read decodes the next pixels.
func (d *tileDecoder) read(dst []float32) error {
	for len(dst) > 0 {
		k := min(len(dst), tileScratch)
		if err := d.fetch(k); err != nil {
			return err
		}
		switch {
		case d.ints == nil:
			d.scaling.decode(dst[:k], d.raw[:k*d.width()])
		case d.dithered:
			d.dither.restore(dst[:k], d.stored[:k], &d.scaling)
		default:
			d.scaling.integers(dst[:k], d.stored[:k])
		}
		dst = dst[k:]
	}
	return nil
}

// fetch decodes k stored values into d.stored or d.raw.
func (d *tileDecoder) fetch(k int) error {
	if d.ints != nil {
		return d.ints.Next(d.stored[:k])
	}
	return d.bytes.ReadFull(d.raw[:k*d.width()])
}
