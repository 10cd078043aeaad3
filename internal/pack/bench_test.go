package pack

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cutout"
	"github.com/astrovit/astrovit/internal/pixels"
	"github.com/astrovit/astrovit/internal/prepare"
)

// BenchmarkRead reads cutouts of 64 x 64 pixels of 16 bits at random, on all cores: from files, from a pack and from a compressed
// one. ASTROVIT_CUTOUTS says how many there are, and ASTROVIT_COLD=1 drops the page cache before (Linux, as root). How many
// files are opened, strace -f -c -e openat knows.
func BenchmarkRead(b *testing.B) {
	n, err := strconv.Atoi(os.Getenv("ASTROVIT_CUTOUTS"))
	if err != nil {
		n = 1000
	}
	dir := b.TempDir()
	r := rand.New(rand.NewPCG(1, 2))
	var text strings.Builder
	text.WriteString("id_str,file_loc\n")
	for i := range n {
		name := fmt.Sprintf("%03d/%06d.fits", i/1000, i)
		put(b, raw(r, 16, []int{64, 64}, tangent(i%300)...), dir, name)
		fmt.Fprintf(&text, "J%d,%s\n", i, name)
	}
	files := filepath.Join(dir, "catalog.csv")
	put(b, []byte(text.String()), files)
	plain, compressed := filepath.Join(dir, "pack"), filepath.Join(dir, "compressed")
	mustRun(b, Options{Catalog: files, Out: plain, Workers: runtime.GOMAXPROCS(0), MaxMiB: 256})
	mustRun(b, Options{Catalog: files, Out: compressed, Workers: runtime.GOMAXPROCS(0), MaxMiB: 256, Compress: true})
	recipe := prepare.Recipe{Size: [2]int{64, 64}, Window: 64}
	for _, c := range []struct{ name, catalogue string }{{"files", files}, {"pack", filepath.Join(plain, Index)}, {"compressed", filepath.Join(compressed, Index)}} {
		_, all := objects(b, c.catalogue)
		rand.New(rand.NewPCG(3, 4)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if os.Getenv("ASTROVIT_COLD") != "" {
					b.StopTimer()
					if err := os.WriteFile("/proc/sys/vm/drop_caches", []byte("3"), 0); err != nil {
						b.Skip(err)
					}
					b.StartTimer()
				}
				readAll(b, all, recipe)
			}
			b.ReportMetric(float64(b.N)*float64(n)/b.Elapsed().Seconds(), "cutouts/s")
		})
	}
}

func readAll(b *testing.B, all []catalog.Object, r prepare.Recipe) {
	var wait sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wait.Go(func() {
			for i := w; i < len(all); i += workers {
				if _, err := cutout.Read(all[i], pixels.Source{Files: all[i].Files, HDU: all[i].HDU, Bands: 1}, r); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
}
