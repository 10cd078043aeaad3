package fits

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/astrovit/astrovit/fits/internal/tilecodec"
)

// A StackWriter writes images of one type and shape as they come, as the planes of a single FITS image with one more axis,
// the slowest. In memory it holds 16 bytes an image, and those only where the stack is compressed.
type StackWriter struct {
	to     StackFile
	pixels PixelType
	shape  []int
	own    []Card
	room   int // images that the table of tiles has room for; 0: the stack is not compressed

	n     int
	size  int64
	tiles []byte // the rows of the table of tiles
	heap  int64
}

// A StackFile is what a stack is written to: at its end, and in the end at its beginning.
type StackFile interface {
	io.Writer
	io.WriterAt
}

// NewStackWriter begins a stack of images of a shape, slowest axis first, with more cards for its header: their values are
// bool, int or string, on one card. With room above 0 each image becomes a tile of a tile-compressed image, of which there can be
// as many: see Compress.
func NewStackWriter(to StackFile, pixels PixelType, shape []int, header []Card, room int) (*StackWriter, error) {
	s := &StackWriter{to: to, pixels: pixels, shape: shape, own: header, room: room}
	blank := make([]byte, len(s.header())+room*descriptorBytes)
	return s, s.append(blank)
}

func (s *StackWriter) append(data []byte) error {
	n, err := s.to.Write(data)
	s.size += int64(n)
	return err
}

// Len is the number of images so far, Size that of the bytes of the file.
func (s *StackWriter) Len() int    { return s.n }
func (s *StackWriter) Size() int64 { return s.size }

// HDU is the index of the one that the stack is.
func (s *StackWriter) HDU() int {
	if s.room > 0 {
		return 1 // a table cannot be the primary HDU
	}
	return 0
}

// Write appends an image: its pixels as they are stored or, in a compressed stack, what Compress makes of them.
func (s *StackWriter) Write(image []byte) error {
	if s.room > 0 {
		if s.n == s.room {
			panic("fits: a compressed stack without room for another image")
		}
		s.tiles = binary.BigEndian.AppendUint64(s.tiles, uint64(len(image)))
		s.tiles = binary.BigEndian.AppendUint64(s.tiles, uint64(s.heap))
		s.heap += int64(len(image))
	}
	s.n++
	return s.append(image)
}

// Close writes the header, after the stack a table of the given name with a row an image, unless it has no columns, and nothing
// more; the file stays open.
func (s *StackWriter) Close(table string, columns []Column) error {
	if err := s.append(make([]byte, padding(s.size))); err != nil {
		return err
	}
	if len(columns) > 0 {
		if err := WriteTable(&extension{s, blockSize}, table, columns); err != nil {
			return err
		}
	}
	_, err := s.to.WriteAt(append(s.header(), s.tiles...), 0)
	return err
}

// extension appends to a stack what comes after the primary HDU, which is one block.
type extension struct {
	stack *StackWriter
	skip  int
}

func (e *extension) Write(p []byte) (int, error) {
	k := min(len(p), e.skip)
	e.skip -= k
	return len(p), e.stack.append(p[k:])
}

// Compresses tells whether there is a lossless compression for the type that every reader knows.
func (p PixelType) Compresses() bool { return p.Bitpix != 64 }

// method is how images are compressed: RICE_1 for integers, GZIP_2 for floating pixels (FITS Standard 4.0, sections 10.4.1
// and 10.4.3).
func (p PixelType) method() string {
	if p.Bitpix > 0 {
		return "RICE_1"
	}
	return "GZIP_2"
}

// Compress is an image of this type, as one tile of a tile-compressed stack. Every bit comes back.
func (p PixelType) Compress(image []byte) []byte {
	size := p.Size()
	if p.Bitpix < 0 {
		return tilecodec.AppendGzipShuffled(nil, image, size)
	}
	values := make([]int32, len(image)/size)
	for i := range values {
		if v := image[i*size : (i+1)*size]; size == 1 {
			values[i] = int32(v[0])
		} else {
			values[i] = int32(bigEndian(v))
		}
	}
	return tilecodec.AppendRice(nil, values, riceBlock, size)
}

// header is that of the stack as it stands, of the same length from the beginning.
func (s *StackWriter) header() []byte {
	var h headerText
	axes := func(prefix string) {
		h.card(prefix+"BITPIX", s.pixels.Bitpix)
		h.card(prefix+"NAXIS", len(s.shape)+1)
		for i := range s.shape {
			h.card(fmt.Sprintf("%sNAXIS%d", prefix, i+1), s.shape[len(s.shape)-1-i])
		}
		h.card(fmt.Sprintf("%sNAXIS%d", prefix, len(s.shape)+1), s.n)
	}
	h.card("SIMPLE", true)
	if s.room == 0 {
		axes("")
		h.card("EXTEND", true)
	} else {
		h.card("BITPIX", 8)
		h.card("NAXIS", 0)
		h.card("EXTEND", true)
		h.end()
		h.card("XTENSION", "BINTABLE")
		h.card("BITPIX", 8)
		h.card("NAXIS", 2)
		h.card("NAXIS1", descriptorBytes)
		h.card("NAXIS2", s.n)
		h.card("PCOUNT", int64(s.room-s.n)*descriptorBytes+s.heap)
		h.card("GCOUNT", 1)
		h.card("TFIELDS", 1)
		h.card("TTYPE1", "COMPRESSED_DATA")
		h.card("TFORM1", "1QB")
		h.card("THEAP", s.room*descriptorBytes)
		h.card("ZIMAGE", true)
		axes("Z")
		for i := range s.shape {
			h.card(fmt.Sprintf("ZTILE%d", i+1), s.shape[len(s.shape)-1-i])
		}
		h.card(fmt.Sprintf("ZTILE%d", len(s.shape)+1), 1)
		h.card("ZCMPTYPE", s.pixels.method())
		if s.pixels.Bitpix > 0 {
			h.card("ZNAME1", "BLOCKSIZE")
			h.card("ZVAL1", riceBlock)
			h.card("ZNAME2", "BYTEPIX")
			h.card("ZVAL2", s.pixels.Size())
		} else {
			h.card("ZQUANTIZ", "NONE")
		}
	}
	if s.pixels.Scale != 1 || s.pixels.Zero != 0 {
		h.card("BSCALE", s.pixels.Scale)
		h.card("BZERO", s.pixels.Zero)
	}
	if s.pixels.HasBlank {
		h.card("BLANK", s.pixels.Blank)
	}
	for _, c := range s.own {
		h.card(c.Key, c.Value, c.Comment)
	}
	h.end()
	return h
}

// headerText is header cards in the making (section 4.1).
type headerText []byte

// card appends a card, whose value is right in column 30 where it is a number or a logical (section 4.2).
func (h *headerText) card(key string, value any, comment ...string) {
	var text string
	switch v := value.(type) {
	case string:
		text = fmt.Sprintf("'%-8s'", strings.ReplaceAll(Printable(v), "'", "''"))
	case bool:
		text = "F"
		if v {
			text = "T"
		}
		text = fmt.Sprintf("%20s", text)
	case float64:
		form := byte('G')
		if v == math.Trunc(v) && math.Abs(v) < 1<<64 {
			form = 'f'
		}
		text = fmt.Sprintf("%20s", strconv.FormatFloat(v, form, -1, 64))
	default:
		text = fmt.Sprintf("%20d", v)
	}
	text = fmt.Sprintf("%-8s= %s", key, text)
	if len(comment) > 0 && comment[0] != "" {
		text += " / " + comment[0]
	}
	if len(text) > cardSize {
		panic("fits: a card that is too long: " + text)
	}
	*h = fmt.Appendf(*h, "%-80s", text)
}

// end closes a header: the END card, and blanks to the end of its block.
func (h *headerText) end() {
	*h = fmt.Appendf(*h, "%-80s", "END")
	*h = fmt.Appendf(*h, "%*s", padding(int64(len(*h))), "")
}

// padding is the bytes from size to the end of a block.
func padding(size int64) int { return int((blockSize - size%blockSize) % blockSize) }
