package fits

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// exercise does everything that can be done with a file. It must return, without a panic, whatever the bytes are.
func exercise(t testing.TB, b []byte) {
	t.Helper()
	f, err := New(bytes.NewReader(b), int64(len(b)), "hostile.fits")
	if err != nil {
		return
	}
	for i := range f.NumHDU() {
		h := f.HDU(i)
		h.Header().Cards()
		h.Name()
		shape := h.Shape()
		if im, err := h.Read(); err == nil && len(shape) > 0 {
			n := 1
			for _, axis := range shape {
				n *= axis
			}
			if len(im.Pixels) != n {
				t.Errorf("HDU %d: %d pixels in an image of shape %v", i, len(im.Pixels), im.Shape)
			}
		}
		lo, hi := make([]int, len(shape)), make([]int, len(shape))
		for k := range shape {
			lo[k], hi[k] = shape[k]/2, min(shape[k]/2+3, shape[k])
		}
		h.Section(lo, hi)
		h.Cutout(2, -1, 5, 4, Padded)
		h.CutoutICRS(10, 20, 3, 3, Partial)
		if w, err := h.WCS(); err == nil {
			lon, lat, _ := w.PixelToSky(3, -4)
			w.SkyToPixel(lon, lat)
			w.PixelToICRS(1e6, 1e6)
			w.Cards()
		}
		if table, err := h.Table(); err == nil {
			for _, name := range table.Names() {
				if c, err := table.Column(name); err == nil && c.Len() > 0 {
					c.Float(c.Len() - 1)
					c.Text(0)
				}
			}
		}
	}
	f.Err()
}

// seeds returns small files that between them have every structure that the package reads.
func seeds(t testing.TB) [][]byte {
	var image, table, zipped bytes.Buffer
	im := &Image{[]int{2, 3, 4}, make([]float32, 24)}
	tan := NewTAN(1, 1, 10, 20, [2][2]float64{{-1e-3, 0}, {0, 1e-3}}).Cards()
	if err := errors.Join(WriteImages(&image, ImageHDU{Image: im, Header: append(writtenCards(), tan...)}, ImageHDU{Image: im}),
		WriteTable(&table, "all", allColumns())); err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(&zipped)
	z.Write(image.Bytes())
	z.Close()
	heap := make([]byte, 40)
	heap[3], heap[11], heap[15] = 3, 2, 12
	files := [][]byte{image.Bytes(), table.Bytes(), zipped.Bytes(),
		rawTable(8, 2, heap, 24, "TFIELDS = 1", "TTYPE1  = 'a'", "TFORM1  = '1PI(3)'", "TZERO1  = 32768"),
		rawTable(16, 1, heap, 24, "TFIELDS = 1", "TFORM1  = 'QD'", "THEAP   = 16"),
		rawImage(16, []int{5, 2}, make([]byte, 20), "BSCALE  = 2", "BZERO   = 3", "BLANK   = 0",
			card("CTYPE1", "RA---TAN-SIP"), card("CTYPE2", "DEC--TAN-SIP"), card("CDELT1", 0.1), card("CDELT2", 0.1),
			card("A_ORDER", 2), card("A_2_0", 1e-3), card("B_ORDER", 2), card("EQUINOX", 1950.0), card("CROTA2", 10.0)),
		rawImage(8, []int{0, 3, 4}, make([]byte, 28), "GROUPS  = T", "PCOUNT  = 2", "GCOUNT  = 2"),
		append(rawImage(8, nil, nil), rawHDU([]byte("  1 2.5  "), "XTENSION= 'TABLE'", "BITPIX  = 8", "NAXIS   = 2",
			"NAXIS1  = 9", "NAXIS2  = 1", "PCOUNT  = 0", "GCOUNT  = 1", "TFIELDS = 2", "TBCOL1  = 1", "TFORM1  = 'I3'",
			"TBCOL2  = 5", "TFORM2  = 'F3.1'")...),
		noImage(make([]byte, 64)),
		append(rawImage(8, nil, nil), packedTable()...),
	}
	return append(files, tileSeeds(t)...)
}

// noImage is a file whose extension is no image of 8 x 8 pixels: its size is zero and its axes are not.
func noImage(data []byte) []byte {
	return append(rawImage(8, nil, nil), rawHDU(data, "XTENSION= 'IMAGE   '", "BITPIX  = 8", "NAXIS   = 2",
		"NAXIS1  = 8", "NAXIS2  = 8", "PCOUNT  = 0", "GCOUNT  = 0")...)
}

func TestNoImage(t *testing.T) {
	im, err := openBytes(t, noImage(make([]byte, 64))).HDU(1).Read()
	var format *FormatError
	if !errors.As(err, &format) || format.Where != "GCOUNT" {
		t.Errorf("GCOUNT = 0 with axes of 8 x 8 pixels: %v, %v", im, err)
	}
}

// TestHugeSizes gives data units sizes up to 2^63: of what they claim nothing is believed, and sums of offsets do not wrap.
func TestHugeSizes(t *testing.T) {
	row := make([]byte, 16)
	row[7], row[8] = 8, 0x7f // 1QB: 8 bytes, at nearly 2^63
	for i := range row[9:] {
		row[9+i] = 0xf0
	}
	long := slices.Clone(row)
	copy(long, []byte{0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xd0, 0, 0, 0, 0, 0, 0, 0, 0}) // nearly 2^63 bytes, at 0
	for _, pcount := range []int64{math.MaxInt64 - 16, math.MaxInt64 - 2*blockSize, math.MaxInt64 - 3*blockSize, math.MaxInt64 / 4} {
		for _, data := range [][]byte{row, long} {
			for _, more := range [][]string{{"TTYPE1  = 'a'"}, {"TTYPE1  = 'COMPRESSED_DATA'", "ZIMAGE  = T", "ZBITPIX = 8", "ZNAXIS  = 1", "ZNAXIS1 = 8", "ZCMPTYPE= 'NOCOMPRESS'"}} {
				cards := append([]string{"XTENSION= 'BINTABLE'", "BITPIX  = 8", "NAXIS   = 2", "NAXIS1  = 16", "NAXIS2  = 1",
					fmt.Sprintf("PCOUNT  = %d", pcount), "GCOUNT  = 1", "TFIELDS = 1", "TFORM1  = '1QB'"}, more...)
				h := openBytes(t, append(rawImage(8, nil, nil), rawHDU(data, cards...)...)).HDU(1)
				var err error
				if h.IsTable() {
					var table *Table
					if table, err = h.Table(); err == nil {
						_, err = table.Column("a")
					}
				} else {
					_, err = h.Read()
				}
				var format *FormatError
				if !errors.As(err, &format) {
					t.Errorf("PCOUNT %d, descriptor %x: %v", pcount, data, err)
				}
			}
		}
	}
}

// TestMutations damages each seed in many ways: bytes, words of the header, cuts, swaps of blocks.
func TestMutations(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	words := []string{"-1", "0", "2.0", "'8'", "1000000", "9223372036854775807", "9223372036854775791", "9223372036854770000", "99999999999999999999", "NaN", "T", "-2147483648",
		"1E400", "'1P'", "'2147483647E'", "END", "CONTINUE", "'", "/", "999"}
	const most = 16 << 20 // bytes of memory for any of these small files
	var before, after runtime.MemStats
	for _, seed := range seeds(t) {
		for range 300 {
			b := append([]byte(nil), seed...)
			for range 1 + r.IntN(4) {
				at := r.IntN(len(b))
				switch r.IntN(5) {
				case 0:
					b[at] ^= 1 << r.IntN(8)
				case 1:
					b[at] = byte(r.IntN(256))
				case 2: // a value in the header
					copy(b[min(at/cardSize*cardSize+10, len(b)):], words[r.IntN(len(words))]+"                    ")
				case 3:
					b = b[:at+1]
				case 4:
					n := min(cardSize*(1+r.IntN(40)), len(b)-at)
					copy(b[r.IntN(len(b)-n+1):], b[at:at+n])
				}
			}
			runtime.ReadMemStats(&before)
			exercise(t, b)
			runtime.ReadMemStats(&after)
			if got := after.TotalAlloc - before.TotalAlloc; got > most {
				t.Errorf("%d bytes of memory for %d bytes of file", got, len(b))
			}
		}
	}
}

// TestTruncations cuts every seed at many lengths: what is read must be an error or the whole.
func TestTruncations(t *testing.T) {
	for _, seed := range seeds(t) {
		for n := 0; n < len(seed); n += 97 {
			exercise(t, seed[:n])
		}
	}
	whole := rawImage(-32, []int{100, 100}, make([]byte, 40000))
	for _, n := range []int{blockSize, blockSize + 1, blockSize + 39999} {
		_, err := openBytes(t, whole[:n]).HDU(0).Read()
		var format *FormatError
		if !errors.As(err, &format) {
			t.Errorf("an image cut after %d of 40000 bytes: %v", n-blockSize, err)
		}
	}
	if im, err := openBytes(t, whole[:blockSize+20000]).HDU(0).Section([]int{0, 0}, []int{50, 100}); err != nil || len(im.Pixels) != 5000 {
		t.Errorf("the half of an image that is there: %v", err)
	}
}

// failingReader fails from some offset on, as a bad disk does.
type failingReader struct {
	*bytes.Reader
	from int64
}

func (r failingReader) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > r.from {
		return 0, io.ErrNoProgress
	}
	return r.Reader.ReadAt(p, off)
}

func TestFailingDisk(t *testing.T) {
	b := rawImage(8, []int{100}, make([]byte, 100))
	if _, err := New(failingReader{bytes.NewReader(b), 100}, int64(len(b)), "disk"); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("header: %v", err)
	}
	f, err := New(failingReader{bytes.NewReader(b), blockSize}, int64(len(b)), "disk")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.HDU(0).Read(); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("data: %v", err)
	}
}

// TestHostileWCS puts values into every card of many headers that make no sense there.
func TestHostileWCS(t *testing.T) {
	long(t)
	refused, read := 0, 0
	for _, head := range slices.Concat(projectionHeaders(62), distortedHeaders(12), wcsHeaders()[:24]) {
		for i, c := range head {
			for _, value := range []string{"NaN", "-Inf", "1E308", "-1E308", "1E-320", "0", "-1", "90", "T", "'x'", "1E19", ""} {
				hostile := slices.Clone(head)
				hostile[i] = c[:8] + "= " + value
				w, err := wcsOf(t, hostile...)
				if err != nil {
					var format *FormatError
					var unsupported *UnsupportedError
					if !errors.As(err, &format) && !errors.As(err, &unsupported) && err != ErrNoWCS {
						t.Errorf("%q: %v", hostile[i], err)
					}
					refused++
					continue
				}
				read++
				for _, at := range []func(x, y float64) (float64, float64, error){w.PixelToSky, w.SkyToPixel, w.PixelToICRS, w.ICRSToPixel} {
					if a, b, err := at(20, 30); err == nil && !isFinite(a, b) {
						t.Errorf("%q: (20, 30) becomes (%v, %v)\n%s", hostile[i], a, b, strings.Join(head, "\n"))
					}
				}
			}
		}
	}
	t.Logf("%d headers refused, %d read", refused, read)
}

// FuzzWCS reads a coordinate system of cards, one a line, and maps there and back: an error or finite numbers, never a
// panic, and soon.
func FuzzWCS(f *testing.F) {
	for _, heads := range [][][]string{wcsHeaders()[:24], projectionHeaders(64), distortedHeaders(12)} {
		for _, head := range heads {
			f.Add(strings.Join(head, "\n"), 3.0, -4.0)
		}
	}
	f.Fuzz(func(t *testing.T, head string, x, y float64) {
		var text []byte
		for line := range strings.Lines(head) {
			text = fmt.Appendf(text, "%-80.80s", strings.TrimRight(asciiOnly([]byte(line)), "\n"))
		}
		w, err := readWCS(parseHeader(text, place{"fuzz", 0}))
		if err != nil {
			return
		}
		for _, at := range []func(x, y float64) (float64, float64, error){w.PixelToSky, w.SkyToPixel, w.PixelToICRS, w.ICRSToPixel} {
			if a, b, err := at(x, y); err == nil && !isFinite(a, b) {
				t.Errorf("(%v, %v) becomes (%v, %v)", x, y, a, b)
			}
		}
		if lon, lat, err := w.PixelToSky(x, y); err == nil {
			w.SkyToPixel(lon, lat)
		}
		w.Cards()
	})
}

// FuzzTable reads a table of cards, one a line, and data.
func FuzzTable(f *testing.F) {
	for _, seed := range seeds(f) {
		file := openBytes(f, seed)
		for i := range file.NumHDU() {
			h := file.HDU(i)
			if !h.IsTable() {
				continue
			}
			head := ""
			for at := file.HDU(i - 1).end(); !strings.HasPrefix(string(seed[at:]), "END "); at += cardSize {
				head += strings.TrimRight(string(seed[at:at+cardSize]), " ") + "\n"
			}
			f.Add(head, seed[h.data:])
		}
	}
	f.Fuzz(func(t *testing.T, head string, data []byte) {
		var cards []string
		for line := range strings.Lines(head) {
			cards = append(cards, fmt.Sprintf("%-80.80s", strings.TrimRight(asciiOnly([]byte(line)), "\n")))
		}
		exercise(t, append(rawImage(8, nil, nil), rawHDU(data, cards...)...))
	})
}

func FuzzOpen(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) { exercise(t, b) })
}
