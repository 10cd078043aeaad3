package fits

import (
	"fmt"
	"math"
	"strings"
	"sync"
)

// A tiling is how a compressed image is cut into tiles, and what the table that holds them says of all of them (FITS
// Standard 4.0, sections 10.1 and 10.2). Row n of the table has tile n, axis 1 running fastest.
type tiling struct {
	hdu   *HDU
	table *Table
	tile  []int // lengths of the axes of a tile, slowest first; those at the far edges are cut to the image
	grid  []int // how many tiles lie along each axis, slowest first

	bitpix  int // ZBITPIX: the type of the image
	method  string
	block   int // BLOCKSIZE of Rice
	bytes   int // BYTEPIX of Rice
	smooth  bool
	scaling scaling // BSCALE, BZERO and BLANK of the image

	// Where the bytes of a tile are: the first of these columns that is there and not empty for it (section 10.1.3).
	compressed, plain, gzipped *field

	// Floating pixels that were made integers: pixel = ZZERO + ZSCALE × integer (section 10.2).
	quantised          bool
	scale, zero, blank parameter
	dither             ditherMethod
	seed               int64 // ZDITHER0

	cache tileCache
}

// A parameter is a number that each tile has in a column, or all tiles have in a keyword.
type parameter struct {
	column *field
	known  bool
	value  float64
}

// prepareTiling has the header read when the image is first asked for.
func (h *HDU) prepareTiling() {
	h.tiling = sync.OnceValues(func() (*tiling, error) {
		if h.shapeErr != nil {
			return nil, h.shapeErr
		}
		return h.readTiling()
	})
}

func (h *HDU) readTiling() (*tiling, error) {
	t := &tiling{hdu: h}
	var err error
	if t.bitpix, err = h.header.bitpix("ZBITPIX"); err != nil {
		return nil, err
	}
	if err := t.readMethod(); err != nil {
		return nil, err
	}
	if h.header.Has("ZMASKCMP") {
		return nil, h.at.unsupported("ZMASKCMP", "compressed masks of undefined pixels (%s)", h.header.text("ZMASKCMP"))
	}
	if t.table, err = h.table(); err != nil {
		return nil, err
	}
	if t.table.rowBytes > readBuffer {
		return nil, h.at.unsupported("NAXIS1", "rows of %d bytes in a table of tiles", t.table.rowBytes)
	}
	if err := t.readGrid(); err != nil {
		return nil, err
	}
	if t.scaling, err = h.scaling(t.bitpix); err != nil {
		return nil, err
	}
	if err := t.readColumns(); err != nil {
		return nil, err
	}
	return t, t.readQuantisation()
}

// usualParameters are those of ZVAL1, ZVAL2 where a file does not name them.
var usualParameters = map[string][]string{"RICE_1": {"BLOCKSIZE", "BYTEPIX"}, "HCOMPRESS_1": {"SCALE", "SMOOTH"}}

// readMethod reads ZCMPTYPE and the parameters of the compression in ZNAMEi and ZVALi (section 10.1.2 and table 37).
func (t *tiling) readMethod() (err error) {
	h := t.hdu
	if t.method, err = h.header.String("ZCMPTYPE"); err != nil {
		return err
	}
	switch t.method {
	case "RICE_ONE":
		t.method = "RICE_1"
	case "RICE_1", "GZIP_1", "GZIP_2", "PLIO_1", "HCOMPRESS_1", "NOCOMPRESS":
	default:
		return h.at.unsupported("ZCMPTYPE", "tile-compressed image (%s)", t.method)
	}
	block, bytes, smooth := int64(32), int64(4), int64(0)
	for i := 1; h.header.Has(fmt.Sprintf("ZVAL%d", i)); i++ {
		key, name := fmt.Sprintf("ZVAL%d", i), h.header.text(fmt.Sprintf("ZNAME%d", i))
		if usual := usualParameters[t.method]; name == "" && i <= len(usual) {
			name = usual[i-1]
		}
		switch name {
		case "BLOCKSIZE":
			block, err = h.header.intOr(key, block)
		case "BYTEPIX":
			bytes, err = h.header.intOr(key, bytes)
		case "SMOOTH":
			smooth, err = h.header.intOr(key, smooth)
		}
		if err != nil {
			return err
		}
	}
	if t.method == "RICE_1" {
		if block < 1 || block > math.MaxInt32 {
			return h.at.formatError("ZVAL1", "want a BLOCKSIZE, have %d", block)
		}
		if bytes != 1 && bytes != 2 && bytes != 4 {
			return h.at.unsupported("ZVAL2", "Rice compression of BYTEPIX %d", bytes)
		}
	}
	t.block, t.bytes, t.smooth = int(block), int(bytes), smooth != 0
	return nil
}

// readGrid reads ZTILEn, by default rows of the image.
func (t *tiling) readGrid() error {
	h := t.hdu
	axes := len(h.shape)
	t.tile, t.grid = make([]int, axes), make([]int, axes)
	tiles := make([]int64, axes)
	for k, n := range h.shape {
		key, otherwise := fmt.Sprintf("ZTILE%d", axes-k), int64(1)
		if k == axes-1 {
			otherwise = int64(max(n, 1))
		}
		length, err := h.header.intOr(key, otherwise)
		if err != nil {
			return err
		}
		if length < 1 {
			return h.at.formatError(key, "want the length of a tile, have %d", length)
		}
		t.tile[k] = int(min(length, int64(max(n, 1))))
		t.grid[k] = n/t.tile[k] + min(n%t.tile[k], 1)
		tiles[k] = int64(t.grid[k])
	}
	if n := product(tiles); n < 0 || n > int64(t.table.Rows) {
		return h.at.formatError("NAXIS2", "the table has %d rows for the %v tiles of the image", t.table.Rows, t.grid)
	}
	return nil
}

func (t *tiling) readColumns() error {
	for _, c := range []struct {
		name string
		to   **field
	}{{"COMPRESSED_DATA", &t.compressed}, {"UNCOMPRESSED_DATA", &t.plain}, {"GZIP_COMPRESSED_DATA", &t.gzipped}} {
		f := t.table.find(c.name)
		if f == nil {
			continue
		}
		if f.width == 0 || f.wide == 0 || !f.isNumber() {
			return t.hdu.at.formatError(fmt.Sprintf("TFORM%d", f.number), "want %s to be numbers, of variable length", c.name)
		}
		*c.to = f
	}
	if t.compressed == nil && t.plain == nil && t.gzipped == nil {
		return t.hdu.at.formatError("TTYPE1", "no column COMPRESSED_DATA among %q", t.table.Names())
	}
	return nil
}

// readQuantisation reads how floating pixels were made integers (section 10.2).
func (t *tiling) readQuantisation() (err error) {
	h := t.hdu
	for _, p := range []struct {
		name string
		to   *parameter
	}{{"ZSCALE", &t.scale}, {"ZZERO", &t.zero}, {"ZBLANK", &t.blank}} {
		if *p.to, err = t.readParameter(p.name); err != nil {
			return err
		}
	}
	if !t.blank.known && h.header.Has("BLANK") { // as cfitsio, for floating images too
		if v, err := h.header.Int("BLANK"); err == nil {
			t.blank = parameter{known: true, value: float64(v)}
		}
	}
	method := strings.ToUpper(h.header.text("ZQUANTIZ"))
	t.quantised = t.bitpix < 0 && (t.scale.known || t.zero.known) && method != "NONE"
	if !t.quantised {
		return nil
	}
	switch method {
	case "", "NO_DITHER":
	case "SUBTRACTIVE_DITHER_1":
		t.dither = dither1
	case "SUBTRACTIVE_DITHER_2":
		t.dither = dither2
	default:
		return h.at.unsupported("ZQUANTIZ", "quantisation %q", method)
	}
	t.seed, err = h.header.intOr("ZDITHER0", 1)
	return err
}

// isNumber tells whether an element is a real number, as those of an image are.
func (f *field) isNumber() bool { return strings.IndexByte("BIJKED", f.letter) >= 0 }

func (t *tiling) readParameter(name string) (p parameter, err error) {
	if f := t.table.find(name); f != nil {
		if f.wide != 0 || f.count != 1 || !f.isNumber() {
			return p, t.hdu.at.formatError(fmt.Sprintf("TFORM%d", f.number), "want %s to be one number", name)
		}
		return parameter{column: f, known: true}, nil
	}
	if !t.hdu.header.Has(name) {
		return p, nil
	}
	p.known = true
	p.value, err = t.hdu.header.floatOr(name, 0)
	return p, err
}

// of returns the parameter of the tile in a row of the table.
func (p parameter) of(row []byte) float64 {
	if p.column == nil {
		return p.value
	}
	return p.column.first(row)
}
