package detect_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/astrovit/astrovit/internal/detect"
	"github.com/astrovit/astrovit/patch"
)

// TestHostileImages looks for sources where there is no sky.
func TestHostileImages(t *testing.T) {
	for _, test := range []struct {
		name  string
		value func(x, y int) float64
	}{
		{"undefined", func(x, y int) float64 { return math.NaN() }},
		{"zero", func(x, y int) float64 { return 0 }},
		{"infinite", func(x, y int) float64 { return math.Inf(x - y) }},
		{"checkerboard", func(x, y int) float64 { return float64((x + y) % 2) }},
		{"stripes", func(x, y int) float64 { return float64(x % 3) }},
		{"one pixel", func(x, y int) float64 { return 1 / (float64(x-20)*float64(x-20) + float64(y-20)*float64(y-20)) }},
		{"huge", func(x, y int) float64 { return math.Sin(float64(x*x+3*y)) * 9e29 }},
		{"tiny", func(x, y int) float64 { return math.Sin(float64(x*x+3*y)) * 1e-44 }},
		{"steep", func(x, y int) float64 { return math.Exp(float64(x+y) / 10) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, shape := range [][2]int{{1, 1}, {1, 300}, {300, 1}, {70, 131}, {0, 10}} {
				im := patch.NewImage(1, shape[0], shape[1])
				for i := range im.Pixels {
					im.Pixels[i] = float32(test.value(i%shape[1], i/shape[1]))
				}
				wantSane(t, im, detect.Default)
			}
		})
	}
}

// wantSane finds the sources, and fails if they are not on the image.
func wantSane(t *testing.T, im patch.Image, c detect.Config) {
	t.Helper()
	found, err := detect.Sources(t.Context(), im, c, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range found {
		if !(s.XIso > -0.5 && s.YIso > -0.5 && s.XIso < float64(im.Shape[2]) && s.YIso < float64(im.Shape[1]) &&
			s.A >= s.B && s.B > 0 && s.Area >= c.MinArea && s.KronRadius > 0) {
			t.Errorf("%dx%d: %+v", im.Shape[1], im.Shape[2], s)
		}
	}
}

func FuzzSources(f *testing.F) {
	f.Add(uint8(16), uint8(1), []byte("some pixels that stand for many others, of which none is"))
	f.Add(uint8(3), uint8(9), []byte{0, 0, 128, 63, 0, 0, 192, 127, 0, 0, 128, 127, 1, 0, 0, 0, 255, 255, 127, 127})
	f.Fuzz(func(t *testing.T, width, area uint8, data []byte) {
		w, n := max(1, int(width)), min(len(data)/4, 1<<12)
		im := patch.NewImage(1, n/w, w)
		for i := range im.Pixels {
			im.Pixels[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
		c := detect.Default
		c.Cell, c.MinArea, c.Threshold = 8, max(1, int(area%16)), 0.5
		wantSane(t, im, c)
	})
}
