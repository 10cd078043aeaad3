package train

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/progress"
	"github.com/astrovit/astrovit/internal/whole"
)

const side = 16 // of the test pictures

// sky is a picture [bands, side, side] of class 0, a source in the middle, or
// class 1, a ring, over noise.
func sky(r *rand.Rand, class, bands int) []float32 {
	pixels := make([]float32, bands*side*side)
	for i := range pixels {
		x, y := float64(i%side)-7.5, float64(i/side%side)-7.5
		d := x*x + y*y
		if class == 0 && d < 9 || class == 1 && d > 25 && d < 45 {
			pixels[i] = 40
		}
		pixels[i] += 10 + float32(r.NormFloat64())
	}
	return pixels
}

// write makes a file through encode.
func write(t *testing.T, name string, encode func(io.Writer) error) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := whole.Write(name, encode); err != nil {
		t.Fatal(err)
	}
}

func writeText(t *testing.T, name, text string) {
	t.Helper()
	write(t, name, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
}

// writePicture writes pixels in the format that name asks for.
func writePicture(t *testing.T, name string, pixels []float32) {
	t.Helper()
	bands := len(pixels) / (side * side)
	shape := []int{bands, side, side}
	if bands == 1 {
		shape = shape[1:]
	}
	grey := func() image.Image {
		im := image.NewRGBA(image.Rect(0, 0, side, side))
		for i := range side * side {
			v := uint8(min(255, max(0, 4*pixels[i])))
			im.Set(i%side, i/side, color.RGBA{v, v, v / 2, 255})
		}
		return im
	}
	write(t, name, func(w io.Writer) error {
		switch filepath.Ext(name) {
		case ".jpg":
			return jpeg.Encode(w, grey(), nil)
		case ".png":
			return png.Encode(w, grey())
		}
		return fits.WriteImages(w, fits.ImageHDU{Image: &fits.Image{Shape: shape, Pixels: pixels}})
	})
}

// cutouts writes n pictures of both classes, in turn, and a catalogue with the
// columns id_str, file_loc, class, ring, bright and size.
func cutouts(t *testing.T, n, bands int, suffix string) (catalogue string) {
	t.Helper()
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(1, uint64(bands)))
	text := "id_str,file_loc,class,ring,bright,size\n"
	for i := range n {
		name := fmt.Sprintf("o%02d%s", i, suffix)
		writePicture(t, filepath.Join(dir, "images", name), sky(r, i%2, bands))
		text += fmt.Sprintf("o%02d,images/%s,%s,%d,%d,%.2f\n", i, name, [2]string{"core", "ring"}[i%2], i%2, i/2%2, 3+4*float64(i%2)+r.Float64())
	}
	catalogue = filepath.Join(dir, "train.csv")
	writeText(t, catalogue, text)
	return catalogue
}

// options are those of a tiny run, as vit-train would make them; the settings
// are flags.
func options(t *testing.T, catalogue, label, out string, settings ...string) Options {
	t.Helper()
	o := Options{
		Catalog: catalogue, Task: "classify", ValFraction: 0.25, Out: out, Recipe: "1k", Seed: 1, Workers: 2, CacheMiB: 16, Keep: 2,
		Explicit: map[string]bool{}, Log: slog.New(slog.DiscardHandler),
	}
	if label != "" {
		o.Labels = strings.Split(label, ",")
	}
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	o.Settings.Register(flags)
	small := []string{"--image-size=16", "--patch-size=8", "--dim=16", "--depth=1", "--heads=2", "--epochs=2", "--batch=5", "--warmup=1", "--lr=0.003", "--samples=1"}
	if err := flags.Parse(append(small, settings...)); err != nil {
		t.Fatal(err)
	}
	flags.Visit(func(f *pflag.Flag) { o.Explicit[f.Name] = true })
	return o
}

// long marks a test that trains for seconds without more in it about goroutines
// than others have: minutes under the race detector.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("trains for some seconds, for minutes under the race detector")
	}
}

// mustRun trains and gives the log.
func mustRun(t *testing.T, o Options) string {
	t.Helper()
	var log bytes.Buffer
	o.Log = progress.NewLog(&log)
	if err := Run(context.Background(), o); err != nil {
		t.Fatalf("%v; log:\n%s", err, &log)
	}
	return log.String()
}

// bits is the weights that a run left, which are compared to the last bit, and
// the figures that go with them.
func bits(t *testing.T, out string) string {
	t.Helper()
	var all []string
	for _, name := range []string{"last/model.safetensors", "best/model.safetensors", "best/preprocessor_config.json", "best/config.json", metricsFile} {
		data, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, name, string(data))
	}
	return strings.Join(all, "\n")
}

// figures is metrics.json.
func figures(t *testing.T, out string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(out, metricsFile))
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}
