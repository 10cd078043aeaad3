package fits

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// noise is an image of sky with noise of ten units about 1000 and some stars, as bytes of a BITPIX.
func noise(bitpix, side int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	raw := make([]byte, 0, side*side*4)
	for range side * side {
		v := 1000 + 10*r.NormFloat64()
		if r.IntN(1000) == 0 {
			v += 1000 * r.ExpFloat64()
		}
		if bitpix == 16 {
			raw = binary.BigEndian.AppendUint16(raw, uint16(int16(v)))
		} else {
			raw = binary.BigEndian.AppendUint32(raw, math.Float32bits(float32(v)))
		}
	}
	return raw
}

// BenchmarkBesidePeers reads the same files in turns with each peer, and gives the median of our milliseconds, of the
// fastest peer's and the ratio of the two, above 1 when we are faster; for one core and for two.
//
//	go test -run '^$' -bench BesidePeers -benchtime 15x ./fits
func BenchmarkBesidePeers(b *testing.B) {
	const side = 4096
	dir := b.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	save := func(name string, file []byte) {
		if err := os.WriteFile(path(name), file, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	for name, bitpix := range map[string]int{"int16": 16, "float32": -32} {
		save(name+".fits", rawImage(bitpix, []int{side, side}, noise(bitpix, side)))
		args := []string{"-r", "-q", "4", "-O", path(name + ".fits.fz"), path(name + ".fits")}
		if out, err := exec.Command("fpack", args...).CombinedOutput(); err != nil {
			b.Logf("SKIPPED tile-compressed %s (Debian: libcfitsio-bin): %v %s", name, err, out)
		}
	}
	const cutouts = 1000
	if err := os.Mkdir(path("cutouts"), 0o755); err != nil {
		b.Fatal(err)
	}
	for i := range cutouts {
		save(fmt.Sprintf("cutouts/%d.fits", i), rawImage(-32, []int{64, 64, 3}, make([]byte, 64*64*3*4)))
	}
	peers := startPeers(b)
	for _, job := range []struct{ name, line string }{
		{"rice/int16", "read " + path("int16.fits.fz")},
		{"rice/float32", "read " + path("float32.fits.fz")},
		{"rice/int16/window", "window " + path("int16.fits.fz") + " 2001 1999 64"},
		{"rice/float32/window", "window " + path("float32.fits.fz") + " 2001 1999 64"},
		{"plain/int16", "read " + path("int16.fits")},
		{"plain/float32", "read " + path("float32.fits")},
		{"plain/float32/window", "window " + path("float32.fits") + " 2001 1999 64"},
		{"cutouts", fmt.Sprintf("folder %s %d", path("cutouts"), cutouts)},
	} {
		for _, cores := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/cores=%d", job.name, cores), func(b *testing.B) {
				words := strings.Fields(job.line)
				if _, err := os.Stat(words[1]); err != nil {
					b.Skip(err)
				}
				if cores > runtime.NumCPU() {
					b.Skipf("this machine has %d cores", runtime.NumCPU())
				}
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
				var ours []float64
				theirs := make([][]float64, len(peers))
				for b.Loop() {
					begin := time.Now()
					if err := ourRun(words); err != nil {
						b.Fatal(err)
					}
					ours = append(ours, time.Since(begin).Seconds())
					for i, p := range peers {
						seconds, err := p.run(job.line)
						if err != nil {
							b.Fatal(err)
						}
						theirs[i] = append(theirs[i], seconds)
					}
				}
				b.ReportMetric(0, "ns/op") // it is of all contenders together
				b.ReportMetric(1e3*median(ours), "ms")
				for i, p := range peers {
					b.ReportMetric(1e3*median(theirs[i]), p.name+"-ms")
					b.ReportMetric(median(theirs[i])/median(ours), "x-"+p.name)
				}
			})
		}
	}
}

// ourRun does what a peer does with the words of a job.
func ourRun(words []string) error {
	names, number := []string{words[1]}, func(i int) int { n, _ := strconv.Atoi(words[i]); return n }
	if words[0] == "folder" {
		names = nil
		for i := range number(2) {
			names = append(names, filepath.Join(words[1], strconv.Itoa(i)+".fits"))
		}
	}
	for _, name := range names {
		f, err := Open(name)
		if err != nil {
			return err
		}
		h := f.HDU(0)
		if len(h.Shape()) == 0 {
			h = f.HDU(1)
		}
		if words[0] == "window" {
			x, y, side := number(2), number(3), number(4)
			_, err = h.Section([]int{y, x}, []int{y + side, x + side})
		} else {
			_, err = h.Read()
		}
		f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}
