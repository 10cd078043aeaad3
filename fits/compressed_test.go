package fits

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// storedPixels returns n pixels of a BITPIX as bytes: sky with noise, a source, and some undefined floating ones.
func storedPixels(bitpix, n int, r *rand.Rand) (raw []byte) {
	for i := range n {
		v := 60 + 5*r.NormFloat64() + 100*math.Exp(-math.Pow(float64(i-n/2)/50, 2))
		switch bitpix {
		case 8:
			raw = append(raw, byte(v))
		case 16:
			raw = binary.BigEndian.AppendUint16(raw, uint16(int16(100*v-6000)))
		case 32:
			raw = binary.BigEndian.AppendUint32(raw, uint32(int32(1e5*(v-60))))
		default:
			if r.IntN(50) == 0 {
				v = math.NaN()
			} else if r.IntN(50) == 0 {
				v = 0
			}
			if bitpix == -32 {
				raw = binary.BigEndian.AppendUint32(raw, math.Float32bits(float32(v)))
			} else {
				raw = binary.BigEndian.AppendUint64(raw, math.Float64bits(v))
			}
		}
	}
	return raw
}

// dumped returns what cfitsio reads from a file, rounded once to float32.
func dumped(t *testing.T, cfitsio *peer, name string) []float32 {
	t.Helper()
	out := filepath.Join(t.TempDir(), "dump")
	if _, err := cfitsio.run("dump " + name + " " + out); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(out)
	pixels := make([]float32, len(raw)/8)
	for i := range pixels {
		pixels[i] = float32(math.Float64frombits(binary.NativeEndian.Uint64(raw[8*i:])))
	}
	return pixels
}

// TestFpack has fpack compress images of all types in every way that it knows, and compares all pixels with cfitsio's.
func TestFpack(t *testing.T) {
	if _, err := exec.LookPath("fpack"); err != nil {
		t.Skipf("no fpack (Debian: libcfitsio-bin): %v", err)
	}
	cfitsio, err := startCfitsio(t)
	if err != nil {
		t.Skipf("no cfitsio: %v", err)
	}
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(7, 8))
	ways := []string{"-r", "-g1", "-g2", "-d", "-h", "-h -s 20", "-p"}
	tiles := []string{"", "-w", "-t 17,13", "-t 30,40"}
	if testing.Short() {
		tiles = tiles[3:]
	}
	quantisations := []string{"-q 4", "-q 16", "-qz 4", "-q0"}
	files := 0
	for _, image := range []struct {
		bitpix int
		axes   []int
		cards  []string
	}{
		{8, []int{67, 53}, nil}, {16, []int{67, 53}, nil}, {32, []int{67, 53}, nil}, {-32, []int{67, 53}, nil}, {-64, []int{67, 53}, nil},
		{16, []int{67, 53}, []string{"BZERO   = 32768", "BSCALE  = 1"}}, {32, []int{67, 53}, []string{"BZERO   = 2147483648", "BSCALE  = 1"}},
		{16, []int{67, 53}, []string{"BZERO   = 5.5", "BSCALE  = 0.25", "BLANK   = 7"}},
		{16, []int{31, 23, 5}, nil}, {-32, []int{31, 23, 5}, nil}, {16, []int{500}, nil}, {-32, []int{500}, nil},
	} {
		n := 1
		for _, axis := range image.axes {
			n *= axis
		}
		plain := filepath.Join(dir, "plain.fits")
		if err := os.WriteFile(plain, rawImage(image.bitpix, image.axes, storedPixels(image.bitpix, n, r), image.cards...), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, way := range ways {
			for _, tile := range tiles {
				for _, quantisation := range quantisations {
					if image.bitpix > 0 && quantisation != "-q 4" {
						continue
					}
					if way == "-d" && image.bitpix < 0 && quantisation != "-q0" {
						continue // fpack puts quantised integers into a column of floats
					}
					name := filepath.Join(dir, "packed.fits.fz")
					os.Remove(name)
					args := strings.Fields(way + " " + tile + " " + quantisation)
					exec.Command("fpack", append(args, "-O", name, plain)...).Run()
					f, err := Open(name)
					if err != nil {
						continue // there are combinations that fpack refuses
					}
					truth := name
					if way == "-d" { // where cfitsio forgets BSCALE and BZERO
						truth = plain
					}
					what := fmt.Sprintf("BITPIX %d %v %v fpack %s", image.bitpix, image.axes, image.cards, args)
					checkCompressed(t, what, f, dumped(t, cfitsio, truth), r)
					f.Close()
					files++
				}
			}
		}
	}
	t.Logf("%d files", files)
	if files < 70*len(tiles) {
		t.Errorf("fpack made %d files only", files)
	}
}

// checkCompressed compares the only image of a file with its pixels, and sections of it with the whole.
func checkCompressed(t *testing.T, what string, f *File, want []float32, r *rand.Rand) {
	t.Helper()
	h := f.HDU(0)
	if f.NumHDU() > 1 {
		h = f.HDU(1)
	}
	im, err := h.Read()
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	if !sameBits(im.Pixels, want) {
		for i := range im.Pixels {
			if i >= len(want) || !sameBits(im.Pixels[i:i+1], want[i:i+1]) {
				t.Errorf("%s: of %d pixels the one at %d is the first to differ: %v, want %v", what, len(want), i, im.Pixels[i], want[min(i, len(want)):min(i+1, len(want))])
				return
			}
		}
	}
	for range 4 {
		lo, hi := make([]int, len(im.Shape)), make([]int, len(im.Shape))
		for k, n := range im.Shape {
			lo[k] = r.IntN(n)
			hi[k] = lo[k] + 1 + r.IntN(n-lo[k])
		}
		part, err := h.Section(lo, hi)
		if err != nil {
			t.Errorf("%s: section %v to %v: %v", what, lo, hi, err)
			return
		}
		var cut []float32
		for at := append([]int(nil), lo...); ; {
			i := 0
			for k := range at {
				i = i*im.Shape[k] + at[k]
			}
			cut = append(cut, im.Pixels[i])
			if !advance(at, lo, hi) {
				break
			}
		}
		if !sameBits(part.Pixels, cut) {
			t.Errorf("%s: section %v to %v differs from the whole", what, lo, hi)
		}
	}
}

// TestTilesInParallel reads an image of many tiles, two of them damaged, with several numbers of processors: the same
// pixels, and always the error of the first tile.
func TestTilesInParallel(t *testing.T) {
	var whole *Image
	for _, processors := range []int{1, 2, 8} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		file := compressedFile(16, []int{100, 3000}, "", "RICE_1", riceTiles(100, 3000), "ZNAME1  = 'BLOCKSIZE'", "ZVAL1   = 32", "ZNAME2  = 'BYTEPIX'", "ZVAL2   = 2")
		im, err := openBytes(t, file).HDU(1).Read()
		if err != nil {
			t.Fatal(err)
		}
		if whole == nil {
			whole = im
		}
		if !sameBits(im.Pixels, whole.Pixels) {
			t.Errorf("%d processors give other pixels", processors)
		}
		bad := riceTiles(100, 3000)
		bad[2900] = append([]byte{0, 0}, make([]byte, 40)...)
		bad[2900][2] = 0xff
		bad[2905] = bad[2900]
		bad[1500] = bad[2900]
		file = compressedFile(16, []int{100, 3000}, "", "RICE_1", bad, "ZNAME1  = 'BLOCKSIZE'", "ZVAL1   = 32", "ZNAME2  = 'BYTEPIX'", "ZVAL2   = 2")
		for range 5 {
			if _, err = openBytes(t, file).HDU(1).Read(); err == nil || !strings.Contains(err.Error(), "HDU 1: tile 1500: ") {
				t.Errorf("%d processors: %v", processors, err)
			}
		}
	}
}

// riceTiles returns rows of pixels that are equal in a row and rise from row to row.
func riceTiles(width, rows int) [][]byte {
	tiles := make([][]byte, rows)
	for i := range tiles {
		tiles[i] = append(binary.BigEndian.AppendUint16(nil, uint16(i)), make([]byte, (width/32+1)*4/8+1)...)
	}
	return tiles
}

// compressedFile returns a file with a compressed image, one tile a row, from the bytes of its tiles.
func compressedFile(bitpix int, axes []int, quantiz, method string, tiles [][]byte, cards ...string) []byte {
	var rows, heap []byte
	for _, tile := range tiles {
		rows = binary.BigEndian.AppendUint32(rows, uint32(len(tile)))
		rows = binary.BigEndian.AppendUint32(rows, uint32(len(heap)))
		heap = append(heap, tile...)
	}
	head := []string{"ZIMAGE  = T", "TFIELDS = 1", "TTYPE1  = 'COMPRESSED_DATA'", "TFORM1  = '1PB'", "ZCMPTYPE= '" + method + "'",
		fmt.Sprintf("ZBITPIX = %d", bitpix), fmt.Sprintf("ZNAXIS  = %d", len(axes))}
	for i, n := range axes {
		head = append(head, fmt.Sprintf("ZNAXIS%d = %d", i+1, n))
	}
	if quantiz != "" {
		head = append(head, "ZQUANTIZ= '"+quantiz+"'")
	}
	return rawTable(8, len(tiles), append(rows, heap...), len(heap), append(head, cards...)...)
}

// inColumn puts the tiles of a compressedFile into a column of another name and type.
func inColumn(name, form string, file []byte) []byte {
	for _, c := range [][2]string{{"TTYPE1  = 'COMPRESSED_DATA'", "TTYPE1  = '" + name + "'"}, {"TFORM1  = '1PB'", "TFORM1  = '" + form + "'"}} {
		file = bytes.Replace(file, fmt.Appendf(nil, "%-80s", c[0]), fmt.Appendf(nil, "%-80s", c[1]), 1)
	}
	return file
}

// tileSeeds returns small files with tiles of every kind.
func tileSeeds(t testing.TB) (files [][]byte) {
	im := &Image{Shape: []int{5, 30}}
	for i := range 150 {
		im.Pixels = append(im.Pixels, float32(i*7%13))
	}
	for _, packing := range []Packing{PackLossless, PackInt16, PackInt32, PackQuantised} {
		var b bytes.Buffer
		if err := WriteImages(&b, ImageHDU{Image: im, Packing: packing}); err != nil {
			t.Fatal(err)
		}
		files = append(files, b.Bytes())
	}
	list := []byte{0, 0, 0xff, 0x9c, 0, 6, 0, 0, 0, 0, 0, 0, 0x00, 2, 0x40, 3, 0x10, 5, 0, 1, 0x50, 2}
	binary.BigEndian.PutUint16(list[4:], uint16(len(list)/2))
	tree := binary.BigEndian.AppendUint32([]byte{0xdd, 0x99}, 6)
	tree = binary.BigEndian.AppendUint32(tree, 7)
	tree = append(tree, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 1, 0, 2, 1, 0, // scale, sum, bit planes
		0x0f, 0x73, 0x25, 0xf0, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xff, 0x01, 0x80, 0x0f, 0x73, 0, 0, 0, 0, 0, 0, 0, 0)
	blank := append(slices.Clone(tree[:14]), make([]byte, 12)...)
	return append(files,
		compressedFile(16, []int{8, 2}, "", "PLIO_1", [][]byte{list, list}),
		compressedFile(16, []int{7, 6}, "", "HCOMPRESS_1", [][]byte{tree}, "ZTILE1  = 7", "ZTILE2  = 6", "ZVAL1   = 4", "ZVAL2   = 1"),
		compressedFile(-32, []int{7, 6}, "SUBTRACTIVE_DITHER_2", "HCOMPRESS_1", [][]byte{blank}, "ZTILE2  = 6", "ZSCALE  = 0.5", "ZZERO   = 3", "ZBLANK  = 0"),
		compressedFile(16, []int{100, 3}, "", "RICE_1", riceTiles(100, 3), "ZVAL1   = 32", "ZVAL2   = 2"),
		compressedFile(32, []int{3, 2}, "", "NOCOMPRESS", [][]byte{make([]byte, 12), make([]byte, 12)}, "BSCALE  = 2", "BLANK   = 0"),
		inColumn("UNCOMPRESSED_DATA", "1PB", compressedFile(8, []int{4, 2}, "", "RICE_1", [][]byte{{1, 5, 3, 4}, {5, 6, 7, 8}}, "ZBLANK  = 5")))
}
