package arcs

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/fits"
)

// madeUp is a host whose pixels are all different.
func madeUp(r *rand.Rand, side int) Host {
	h := Host{Name: "made up", side: side}
	for b := range bands {
		h.pixels[b] = make([]float32, side*side)
		for i := range h.pixels[b] {
			h.pixels[b][i] = float32(noise[b] * r.NormFloat64())
		}
		h.pixels[b][side*side/2] = 1000
		h.sigma[b] = noise[b]
	}
	return h
}

// The host's centre is where the frame says that it is, and turns lose nothing.
func TestPlace(t *testing.T) {
	h := madeUp(seeded(1), 91)
	for seed := range uint64(30) {
		f := &frame{}
		h.place(f, seeded(seed))
		for b := range bands {
			if got := f.pixels[b][int(f.y)*Side+int(f.x)]; got != 1000 {
				t.Errorf("%s: %g at (%g, %g)", Bands[b], got, f.x, f.y)
			}
		}
		if math.Abs(f.x-Side/2) > jitter || math.Abs(f.y-Side/2) > jitter || f.colour[2] != 1 {
			t.Errorf("centre (%g, %g), colour %v", f.x, f.y, f.colour)
		}
	}
	const side = 7
	patterns := map[[2]int]bool{}
	for turn := range 8 {
		seen := map[int]bool{}
		for i := range side * side {
			seen[turned(i%side, i/side, side, turn)] = true
		}
		patterns[[2]int{turned(1, 0, side, turn), turned(0, 2, side, turn)}] = true
		if len(seen) != side*side || turned(3, 3, side, turn) != 3*side+3 {
			t.Errorf("turn %d shows %d of %d pixels", turn, len(seen), side*side)
		}
	}
	if len(patterns) != 8 {
		t.Errorf("%d turns differ", len(patterns))
	}
}

func TestReadHosts(t *testing.T) {
	write := func(folder, band string, n, side int, spoil float32) {
		t.Helper()
		im := &fits.Image{Shape: []int{n, side, side}}
		r := seeded(9)
		for range n * side * side {
			im.Pixels = append(im.Pixels, float32(3*r.NormFloat64()))
		}
		im.Pixels[5] += spoil
		file, err := os.Create(filepath.Join(folder, band+".fits"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if err := fits.WriteImages(file, fits.ImageHDU{Image: im}); err != nil {
			t.Fatal(err)
		}
	}
	good := t.TempDir()
	for _, band := range Bands {
		write(good, band, 30, 71, 0)
	}
	total := 0
	for _, split := range Splits {
		hosts, err := ReadHosts(good, map[string]bool{split: true})
		if err != nil {
			t.Fatal(err)
		}
		total += len(hosts)
		for _, h := range hosts {
			if Split(h.Name) != split {
				t.Errorf("%s is not of %s", h.Name, split)
			}
			near(t, "noise", h.sigma[0], 3, 0.3)
		}
	}
	if total != 30 {
		t.Errorf("%d hosts of 30", total)
	}
	for want, spoil := range map[string]func(folder string){
		"Y.fits":           func(folder string) { os.Remove(filepath.Join(folder, "Y.fits")) },
		"at least 68":      func(folder string) { write(folder, "g", 30, 67, 0) },
		"an odd number":    func(folder string) { write(folder, "g", 30, 70, 0) },
		"20 cutouts":       func(folder string) { write(folder, "i", 20, 71, 0) },
		"30 cutouts of 73": func(folder string) { write(folder, "i", 30, 73, 0) },
		"undefined pixels": func(folder string) { write(folder, "r", 30, 71, float32(math.NaN())) },
	} {
		bad := t.TempDir()
		if err := os.CopyFS(bad, os.DirFS(good)); err != nil {
			t.Fatal(err)
		}
		spoil(bad)
		if _, err := ReadHosts(bad, all()); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// The real hosts are red, and have the noise that simulated skies are given.
func TestRealHosts(t *testing.T) {
	const folder = "../../../shared/data/des-hosts"
	if _, err := os.Stat(folder); err != nil {
		t.Skip("the real hosts are not beside the checkout")
	}
	hosts, err := ReadHosts(folder, all())
	if err != nil {
		t.Fatal(err)
	}
	for b := range bands {
		mean := 0.0
		for _, h := range hosts {
			mean += math.Log(h.sigma[b]) / float64(len(hosts))
		}
		near(t, "noise in "+Bands[b], math.Exp(mean)/noise[b], 1, 0.12)
	}
	for _, h := range hosts {
		f := &frame{}
		h.place(f, seeded(1))
		if gi := -2.5 * math.Log10(f.colour[0]); !(gi > 1.5 && gi < 3.8) {
			t.Errorf("%s has g-i = %.2f", h.Name, gi)
		}
	}
	for _, split := range Splits {
		some, err := ReadHosts(folder, map[string]bool{split: true})
		if err != nil || len(some) < 5 {
			t.Errorf("%d of %d hosts are of %s: %v", len(some), len(hosts), split, err)
		}
		t.Logf("%s: %d of %d", split, len(some), len(hosts))
	}
}
