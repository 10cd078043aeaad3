package fits

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/fits/internal/tilecodec"
)

// everyColumn has astropy write a table of every type, of n rows, with noise that compresses badly and runs that compress
// well, with extra cards: name=value. Columns of variable length have a table each: fpack 4.2 corrupts its memory where there are
// many.
const everyColumn = `
import sys
import numpy as np
from astropy.io import fits
rng = np.random.default_rng(2)
n = int(sys.argv[2])
C = fits.Column
ragged = lambda make: np.array([make(k) for k in rng.integers(0, 60, n)] + [None], dtype=object)[:-1]
cols = [
  C('L', 'L', array=rng.integers(0, 2, n).astype(bool)),
  C('X', '11X', array=rng.integers(0, 2, (n, 11)).astype(bool)),
  C('B', 'B', array=rng.integers(0, 256, n).astype('u1')),
  C('B3', '3B', array=rng.integers(0, 256, (n, 3)).astype('u1')),
  C('I', 'I', null=7, array=rng.integers(-2**15, 2**15, n).astype('i2')),
  C('UI', 'I', bzero=2**15, array=rng.integers(0, 2**16, n).astype('u2')),
  C('J', 'J', array=np.cumsum(rng.integers(-20, 20, n)).astype('i4')),
  C('UJ', 'J', bzero=2**31, array=rng.integers(0, 2**32, n).astype('u4')),
  C('K', 'K', array=rng.integers(-2**63, 2**63, n)),
  C('A', '9A', array=np.array(['a%d' % i for i in range(n)], dtype='S9')),
  C('AV', '8A', dim='(4,2)', array=np.array([['ab', 'cdef']] * n, dtype='S4').reshape(n, 2)),
  C('E', 'E', unit='mag', array=rng.normal(size=n).astype('f4')),
  C('D', 'D', array=rng.normal(size=n)),
  C('C', 'C', array=(rng.normal(size=n) + 1j * rng.normal(size=n)).astype('c8')),
  C('M', '2M', array=rng.normal(size=(n, 2)) + 1j * rng.normal(size=(n, 2))),
  C('VE', '6E', dim='(3,2)', array=rng.normal(size=(n, 2, 3)).astype('f4')),
  C('VJ', '5J', array=rng.integers(0, 99, (n, 5)).astype('i4')),
  C('PB', 'PB()', array=ragged(lambda k: rng.integers(0, 255, k).astype('u1'))),
  C('PI', 'PI()', array=ragged(lambda k: np.full(k, k, 'i2'))),
  C('QI', 'QI()', array=ragged(lambda k: rng.integers(-9, 9, k).astype('i2'))),
  C('PJ', 'PJ()', array=ragged(lambda k: rng.integers(-9, 255, k).astype('i4'))),
  C('PK', 'PK()', array=ragged(lambda k: rng.integers(-9, 9, k))),
  C('PE', 'PE()', array=ragged(lambda k: rng.normal(size=k).round(1).astype('f4'))),
  C('QD', 'QD()', array=ragged(lambda k: rng.normal(size=k))),
  C('PC', 'PC()', array=ragged(lambda k: (rng.normal(size=k).round(1) + 1j * np.arange(k)).astype('c8'))),
  C('QM', 'QM()', array=ragged(lambda k: rng.normal(size=k).round(1) + 1j * np.arange(k))),
  C('PL', 'PL()', array=ragged(lambda k: np.full(k, True))),
  C('PA', 'PA()', array=ragged(lambda k: 'x' * int(k))),
]
tables = [[c for c in cols if c.format[0] not in 'PQ']] + [[c] for c in cols if c.format[0] in 'PQ']
hdus = fits.HDUList([fits.PrimaryHDU()])
for columns in tables:
    h = fits.BinTableHDU.from_columns(columns)
    hdus.append(h)
    for card in sys.argv[3:]:
        key, value = card.split('=')
        for i in range(len(columns)) if key.endswith('*') else [0]:
            h.header[key.replace('*', str(i + 1))] = int(value) if value.isdigit() else value
hdus.writeto(sys.argv[1])`

// packTable writes a table as everyColumn does and packs it with fpack.
func packTable(t testing.TB, rows int, cards ...string) (packed string) {
	t.Helper()
	fpack, err := exec.LookPath("fpack")
	if err != nil {
		t.Skipf("no cfitsio here: %v", err)
	}
	plain := filepath.Join(t.TempDir(), "table.fits")
	astropy(t, everyColumn, append([]string{plain, fmt.Sprint(rows)}, cards...)...)
	packed = plain + ".fz"
	pack := exec.Command(fpack, "-table", "-O", filepath.Base(packed), filepath.Base(plain))
	pack.Dir = filepath.Dir(plain) // long paths overrun a buffer of fpack 4.2
	if out, err := pack.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return packed
}

// TestPackedTables reads tables that fpack compressed and compares every column with the table that astropy had
// written; how plain tables are read is compared with astropy elsewhere.
func TestPackedTables(t *testing.T) {
	long(t)
	for name, test := range map[string]struct {
		rows  int
		cards []string
	}{
		"by default":    {1000, nil},
		"Rice":          {500, []string{"FZALG*=RICE_1", "FZTILELN=70"}},
		"GZIP_1":        {500, []string{"FZALG*=GZIP_1", "FZTILELN=499"}},
		"GZIP_2":        {500, []string{"FZALG*=GZIP_2", "FZTILELN=100"}},
		"tiles of rows": {300, []string{"FZTILELN=1"}},
	} {
		t.Run(name, func(t *testing.T) {
			packed := packTable(t, test.rows, test.cards...)
			files := map[string]*File{packed: nil, strings.TrimSuffix(packed, ".fz"): nil}
			for name := range files {
				f, err := Open(name)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				files[name] = f
			}
			have, want := files[packed], files[strings.TrimSuffix(packed, ".fz")]
			if have.NumHDU() != want.NumHDU() || want.NumHDU() < 9 {
				t.Fatalf("%d HDUs, want %d", have.NumHDU(), want.NumHDU())
			}
			for i := 1; i < want.NumHDU(); i++ {
				compareTables(t, have.HDU(i), want.HDU(i))
			}
		})
	}
}

// compareTables compares a packed table with what it was.
func compareTables(t *testing.T, have, want *HDU) {
	t.Helper()
	packed, err := have.Table()
	if err != nil {
		t.Fatal(err)
	}
	plain, err := want.Table()
	if err != nil {
		t.Fatal(err)
	}
	if packed.packed == nil || packed.Rows != plain.Rows || !reflect.DeepEqual(packed.Names(), plain.Names()) {
		t.Fatalf("HDU %d: %d rows, columns %v, want %d, %v", have.Index(), packed.Rows, packed.Names(), plain.Rows, plain.Names())
	}
	for _, name := range plain.Names() {
		want, err := plain.Column(name)
		if err != nil {
			t.Fatal(err)
		}
		have, err := packed.Column(name)
		if err != nil || !reflect.DeepEqual(have, want) {
			t.Errorf("%s: %v\nhave %+v\nwant %+v", name, err, have, want)
		}
	}
}

func TestMalformedPackedTables(t *testing.T) {
	long(t)
	b, err := os.ReadFile(packTable(t, 200, "FZTILELN=90"))
	if err != nil {
		t.Fatal(err)
	}
	replaced := func(card string) []byte {
		damaged := append([]byte(nil), b...)
		at := strings.Index(string(b), "\x20"+card[:8]+"=") + 1
		if at == 0 {
			if at = strings.Index(string(b), card[:8]+"="); at < 0 {
				t.Fatalf("no card %s", card[:8])
			}
		}
		copy(damaged[at:], fmt.Sprintf("%-80s", card))
		return damaged
	}
	for _, test := range []struct {
		card, where string
		unsupported bool
	}{
		{"ZNAXIS2 =                   -1", "ZNAXIS2", false},
		{"ZNAXIS2 =                  271", "ZTILELEN", false},
		{"ZNAXIS1 =                    3", "ZFORM3", false},
		{"ZTILELEN=                    0", "ZTILELEN", false},
		{"ZTILELEN=           2147483647", `column "L" tile 0`, false},
		{"ZCTYP1  = 'BZIP2'", "ZCTYP1", true},
		{"ZCTYP1  = 'RICE_1'", "ZCTYP1", true},
		{"ZFORM1  = '4'", "ZFORM1", false},
		{"TFORM1  = '2J'", "TFORM1", false},
	} {
		table, err := openBytes(t, replaced(test.card)).HDU(1).Table()
		if err == nil {
			_, err = table.Column("L")
		}
		var format *FormatError
		var unsupported *UnsupportedError
		if errors.As(err, &unsupported) != test.unsupported || !test.unsupported && (!errors.As(err, &format) || format.Where != test.where) ||
			test.unsupported && unsupported.Where != test.where {
			t.Errorf("%s: %v, want an error at %s", test.card, err, test.where)
		}
	}
}

// packedTable is a compressed table of two tiles: numbers by Rice and by GZIP_2, and a column of variable length.
func packedTable() []byte {
	var rows, heap []byte
	put := func(b []byte) {
		rows = binary.BigEndian.AppendUint64(rows, uint64(len(b)))
		rows = binary.BigEndian.AppendUint64(rows, uint64(len(heap)))
		heap = append(heap, b...)
	}
	for range 2 {
		put(tilecodec.AppendRice(nil, []int32{1, -5, 7}, riceBlock, 4))
		put(tilecodec.AppendGzipShuffled(nil, make([]byte, 12), 4))
		array := tilecodec.AppendGzipShuffled(nil, make([]byte, 80), 2)
		var original, compressed []byte
		for range 3 {
			original = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(original, 40), 0)
			compressed = binary.BigEndian.AppendUint64(compressed, uint64(len(array)))
			compressed = binary.BigEndian.AppendUint64(compressed, uint64(len(heap)))
		}
		heap = append(heap, array...)
		put(tilecodec.AppendGzip(nil, append(original, compressed...)))
	}
	return rawHDU(append(rows, heap...), "XTENSION= 'BINTABLE'", "BITPIX  = 8", "NAXIS   = 2", "NAXIS1  = 48", "NAXIS2  = 2",
		fmt.Sprintf("PCOUNT  = %d", len(heap)), "GCOUNT  = 1", "TFIELDS = 3", "TFORM1  = '1QB'", "TFORM2  = '1QB'", "TFORM3  = '1QB'",
		"ZTABLE  = T", "ZTILELEN= 3", "ZNAXIS1 = 16", "ZNAXIS2 = 6", "ZPCOUNT = 480", "ZFORM1  = 'J'", "ZFORM2  = 'E'", "ZFORM3  = 'PI(40)'",
		"ZCTYP1  = 'RICE_1'", "ZCTYP2  = 'GZIP_2'", "ZCTYP3  = 'GZIP_2'")
}

func TestPackedTableByHand(t *testing.T) {
	table, err := openBytes(t, append(rawImage(8, nil, nil), packedTable()...)).HDU(1).Table()
	if err != nil {
		t.Fatal(err)
	}
	j, errJ := table.Column("col1")
	e, errE := table.Column("col2")
	p, errP := table.Column("col3")
	if err := errors.Join(errJ, errE, errP); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(j.Ints, []int64{1, -5, 7, 1, -5, 7}) || !reflect.DeepEqual(e.Floats, make([]float64, 6)) ||
		!reflect.DeepEqual(p.Ints, make([]int64, 240)) || p.Offsets[6] != 240 {
		t.Errorf("have %v, %v, %v", j, e, p)
	}
}
