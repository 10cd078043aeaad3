package fits

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/fits/internal/tilecodec"
)

// tileRow is a row of a table of tiles of 20 pixels with a Q descriptor, ZSCALE, ZZERO and ZBLANK.
func tileRow(tile []byte, at int, scale, zero float64, blank int32) []byte {
	row := binary.BigEndian.AppendUint64(nil, uint64(len(tile)))
	row = binary.BigEndian.AppendUint64(row, uint64(at))
	row = binary.BigEndian.AppendUint64(row, math.Float64bits(scale))
	row = binary.BigEndian.AppendUint64(row, math.Float64bits(zero))
	return binary.BigEndian.AppendUint32(row, uint32(blank))
}

// TestTileColumns reads tiles whose heap begins late, with wide descriptors, and with scale, zero and undefined value in
// columns or in keywords, and compares them with cfitsio where it is installed.
func TestTileColumns(t *testing.T) {
	cfitsio, err := startCfitsio(t)
	if err != nil {
		t.Logf("SKIPPED cfitsio: %v", err)
	}
	ints := make([]int32, 20)
	for i := range ints {
		ints[i] = int32(i*i - 30)
	}
	ints[3] = quantisedZero
	tile := tilecodec.AppendRice(nil, ints, 32, 4)
	const gap = 24
	rows := append(tileRow(tile, 0, 0.5, 3, -29), tileRow(tile, 0, 2, -1, 34)...) // both rows share the bytes
	data := slices.Concat(rows, make([]byte, gap), tile)
	nan := math.NaN()
	for _, test := range []struct {
		name          string
		columns       int // of COMPRESSED_DATA, ZSCALE, ZZERO, ZBLANK: how many are columns
		cards         []string
		scale, zero   [2]float64
		blank         [2]int32
		dithered, two bool
	}{
		{"columns", 4, []string{"ZQUANTIZ= 'NO_DITHER'"}, [2]float64{0.5, 2}, [2]float64{3, -1}, [2]int32{-29, 34}, false, false},
		{"before 2009", 4, nil, [2]float64{0.5, 2}, [2]float64{3, -1}, [2]int32{-29, 34}, false, false},
		{"dither", 4, []string{"ZQUANTIZ= 'SUBTRACTIVE_DITHER_1'", "ZDITHER0= 9999"}, [2]float64{0.5, 2}, [2]float64{3, -1}, [2]int32{-29, 34}, true, false},
		{"dither with zeros", 4, []string{"ZQUANTIZ= 'SUBTRACTIVE_DITHER_2'", "ZDITHER0= 10000"}, [2]float64{0.5, 2}, [2]float64{3, -1}, [2]int32{-29, 34}, true, true},
		{"ZBLANK keyword", 3, []string{"ZQUANTIZ= 'NO_DITHER'", "ZBLANK  = -14"}, [2]float64{0.5, 2}, [2]float64{3, -1}, [2]int32{-14, -14}, false, false},
		{"BLANK keyword", 3, []string{"ZQUANTIZ= 'NO_DITHER'", "BLANK   = -14"}, [2]float64{0.5, 2}, [2]float64{3, -1}, [2]int32{-14, -14}, false, false},
		{"all keywords", 1, []string{"ZQUANTIZ= 'NO_DITHER'", "ZSCALE  = 0.25", "ZZERO   = 7.", "ZBLANK  = -30"}, [2]float64{0.25, 0.25}, [2]float64{7, 7}, [2]int32{-30, -30}, false, false},
	} {
		cards := []string{"TFIELDS = 4", "ZIMAGE  = T", "ZCMPTYPE= 'RICE_1'", "ZNAME1  = 'BLOCKSIZE'", "ZVAL1   = 32", "ZBITPIX = -32",
			"ZNAXIS  = 2", "ZNAXIS1 = 20", "ZNAXIS2 = 2", fmt.Sprintf("THEAP   = %d", len(rows)+gap),
			"TTYPE1  = 'COMPRESSED_DATA'", "TFORM1  = '1QB(99)'", "TFORM2  = 'D'", "TFORM3  = 'D'", "TFORM4  = 'J'"}
		for i, name := range []string{"", "ZSCALE", "ZZERO", "ZBLANK"} {
			if i >= test.columns {
				name = "OTHER"
			}
			if i > 0 {
				cards = append(cards, fmt.Sprintf("TTYPE%d  = '%s'", i+1, name))
			}
		}
		file := rawTable(36, 2, data, gap+len(tile), append(cards, test.cards...)...)
		im, err := openBytes(t, file).HDU(1).Read()
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if !test.dithered {
			var want []float32
			for row := range 2 {
				for _, v := range ints {
					if w := float32(float64(v)*test.scale[row] + test.zero[row]); v != test.blank[row] {
						want = append(want, w)
					} else {
						want = append(want, float32(nan))
					}
				}
			}
			if !sameBits(im.Pixels, want) {
				t.Errorf("%s: %v, want %v", test.name, im.Pixels, want)
			}
		}
		if test.two && (im.Pixels[3] != 0 || im.Pixels[23] != 0) {
			t.Errorf("%s: pixels of exactly zero are %v and %v", test.name, im.Pixels[3], im.Pixels[23])
		}
		if cfitsio != nil && test.columns > 1 { // without columns it takes the integers for floats, against section 10.2
			checkCompressed(t, test.name, openBytes(t, file), dumped(t, cfitsio, writeFile(t, file)), rand.New(rand.NewPCG(1, 1)))
		}
	}
}

// TestTileBlank reads integers with ZBLANK, a byte or two each, of each column that tiles can be in.
func TestTileBlank(t *testing.T) {
	nan := float32(math.NaN())
	twos := []byte{0, 1, 0xff, 0xfb, 0, 3, 0, 4}
	for name, c := range map[string]struct {
		file []byte
		want []float32
	}{
		"COMPRESSED_DATA":      {compressedFile(16, []int{4, 1}, "", "NOCOMPRESS", [][]byte{twos}, "ZBLANK  = -5", "BSCALE  = 2"), []float32{2, nan, 6, 8}},
		"UNCOMPRESSED_DATA":    {inColumn("UNCOMPRESSED_DATA", "1PB", compressedFile(8, []int{4, 1}, "", "RICE_1", [][]byte{{1, 5, 3, 4}}, "ZBLANK  = 5")), []float32{1, nan, 3, 4}},
		"GZIP_COMPRESSED_DATA": {inColumn("GZIP_COMPRESSED_DATA", "1PB", compressedFile(16, []int{4, 1}, "", "RICE_1", [][]byte{tilecodec.AppendGzip(nil, twos)}, "ZBLANK  = -5", "BLANK   = 3")), []float32{1, nan, 3, 4}},
	} {
		if im, err := openBytes(t, c.file).HDU(1).Read(); err != nil || !sameBits(im.Pixels, c.want) {
			t.Errorf("%s: %v, want %v, %v", name, im, c.want, err)
		}
	}
}

// TestRandoms compares the sequence with the check of the standard's appendix I: the 10,000th seed is 1043618065.
func TestRandoms(t *testing.T) {
	if got, want := randoms()[randomCount-1], float32(1043618065.0/(1<<31-1)); got != want {
		t.Errorf("the last random number is %v, want %v", got, want)
	}
}

// TestTileErrors gives headers and tiles that cannot be: errors that name the place, and no memory for what is claimed.
func TestTileErrors(t *testing.T) {
	rice := []string{"ZVAL1   = 32", "ZVAL2   = 2"}
	blank := append([]byte{0xdd, 0x99, 0, 1, 0, 0, 0, 1, 0, 0}, make([]byte, 30)...) // HCOMPRESS of 65536 x 65536 zeros
	small := [][]byte{make([]byte, 40)}
	gzipped := tilecodec.AppendGzip(nil, make([]byte, 100))
	for _, test := range []struct {
		name        string
		file        []byte
		unsupported bool
		where       string
	}{
		{"fewer rows than tiles", compressedFile(16, []int{10, 2}, "", "RICE_1", small, rice...), false, "NAXIS2"},
		{"a tile of length 0", compressedFile(16, []int{10, 1}, "", "RICE_1", small, "ZTILE1  = 0"), false, "ZTILE1"},
		{"no method", compressedFile(16, []int{10, 1}, "", "SECRET_1", small), true, "ZCMPTYPE"},
		{"a method without letters", compressedFile(16, []int{10, 1}, "", "", small), true, "ZCMPTYPE"},
		{"quantisation", compressedFile(-32, []int{10, 1}, "OTHER", "RICE_1", small, "ZSCALE  = 1."), true, "ZQUANTIZ"},
		{"masks", compressedFile(16, []int{10, 1}, "", "RICE_1", small, "ZMASKCMP= 'RICE_1'"), true, "ZMASKCMP"},
		{"BYTEPIX", compressedFile(16, []int{10, 1}, "", "RICE_1", small, "ZVAL1   = 32", "ZVAL2   = 8"), true, "ZVAL2"},
		{"BLOCKSIZE", compressedFile(16, []int{10, 1}, "", "RICE_1", small, "ZVAL1   = 0"), false, "ZVAL1"},
		{"ZBITPIX", compressedFile(12, []int{10, 1}, "", "RICE_1", small), false, "ZBITPIX"},
		{"an empty tile", compressedFile(16, []int{10, 1}, "", "RICE_1", [][]byte{nil}), false, "tile 0"},
		{"many Rice pixels", compressedFile(16, []int{1e9, 1}, "", "RICE_1", small, rice...), false, "tile 0"},
		{"many GZIP pixels", compressedFile(16, []int{1e9, 1}, "", "GZIP_2", [][]byte{gzipped}), false, "tile 0"},
		{"many plain pixels", compressedFile(16, []int{1e9, 1}, "", "NOCOMPRESS", small), false, "tile 0"},
		{"many HCOMPRESS pixels", compressedFile(16, []int{1 << 16, 1 << 16}, "", "HCOMPRESS_1", [][]byte{blank}, "ZTILE2  = 65536"), true, "tile 0"},
		{"many PLIO pixels", compressedFile(16, []int{1e9, 1}, "", "PLIO_1", small), true, ""},
		{"GZIP cut off", compressedFile(8, []int{100, 1}, "", "GZIP_1", [][]byte{gzipped[:15]}), false, "tile 0"},
		{"GZIP of other pixels", compressedFile(8, []int{200, 1}, "", "GZIP_1", [][]byte{gzipped}), false, "tile 0"},
		{"complex pixels", inColumn("UNCOMPRESSED_DATA", "1PM", compressedFile(16, []int{2, 1}, "", "RICE_1", small)), false, "TFORM1"},
		{"complex pixels of 8 bytes", inColumn("UNCOMPRESSED_DATA", "1PC", compressedFile(16, []int{2, 1}, "", "RICE_1", small)), false, "TFORM1"},
		{"HCOMPRESS of another size", compressedFile(16, []int{9, 9}, "", "HCOMPRESS_1", [][]byte{blank}, "ZTILE2  = 9"), false, "tile 0"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := openBytes(t, test.file).HDU(1).Read()
		runtime.ReadMemStats(&after)
		var format *FormatError
		var unsupported *UnsupportedError
		where := ""
		switch {
		case errors.As(err, &format) && !test.unsupported:
			where = format.Where
		case errors.As(err, &unsupported) && test.unsupported:
			where = unsupported.Where
		default:
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if where != test.where || !strings.Contains(err.Error(), "memory.fits: HDU 1: ") {
			t.Errorf("%s: %v", test.name, err)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > 8<<20 {
			t.Errorf("%s: %d bytes of memory for %d bytes of file", test.name, got, len(test.file))
		}
	}
	// A pixel of an image that is too large as a whole.
	h := openBytes(t, compressedFile(16, []int{1e9, 1}, "", "PLIO_1", small)).HDU(1)
	if im, err := h.Section([]int{0, 5}, []int{1, 9}); err != nil || !bytes.Equal(bigEndianBytes(im.Pixels), make([]byte, 16)) {
		t.Errorf("a section of a large blank tile: %v, %v", im, err)
	}
}
