package fits

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// benchFile writes a 4096x4096 image of a BITPIX to disk.
func benchFile(b *testing.B, bitpix int) string {
	name := filepath.Join(b.TempDir(), "bench.fits")
	file := rawImage(bitpix, []int{4096, 4096}, make([]byte, 4096*4096*max(bitpix, -bitpix)/8), "BZERO   = 32768")
	if err := os.WriteFile(name, file, 0o644); err != nil {
		b.Fatal(err)
	}
	return name
}

func BenchmarkRead(b *testing.B) {
	for _, bitpix := range []int{8, 16, 32, -32, -64} {
		b.Run(fmt.Sprintf("bitpix=%d", bitpix), func(b *testing.B) {
			name := benchFile(b, bitpix)
			b.SetBytes(4096 * 4096 * int64(max(bitpix, -bitpix)) / 8)
			for b.Loop() {
				f, err := Open(name)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := f.HDU(0).Read(); err != nil {
					b.Fatal(err)
				}
				f.Close()
			}
		})
	}
}

func BenchmarkSection(b *testing.B) {
	name := benchFile(b, -32)
	for b.Loop() {
		f, err := Open(name)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := f.HDU(0).Section([]int{2000, 2000}, []int{2064, 2064}); err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
}

func BenchmarkCutout(b *testing.B) {
	file := rawImage(-32, []int{64, 64, 3}, make([]byte, 64*64*3*4))
	b.ReportAllocs()
	for b.Loop() {
		f, err := New(bytes.NewReader(file), int64(len(file)), "cutout.fits")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := f.HDU(0).Read(); err != nil {
			b.Fatal(err)
		}
	}
}
