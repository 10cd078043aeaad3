package infer

import (
	"bytes"
	"io"
	"log/slog"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/vit"
)

// BenchmarkScan compares the scan of a large tile with the model alone, which
// sees as many images that are ready in memory, by wall time and by the time of
// all processors: the latter hardly depends on what else the machine does. The
// model is the built-in one, which is small: a larger one hides more.
func BenchmarkScan(b *testing.B) {
	const side = 2048
	tile := noise(1, side, side)
	o := Options{Batch: 32, Workers: runtime.GOMAXPROCS(0), Stdout: io.Discard, Log: slog.New(slog.DiscardHandler)}
	m, err := o.openModel()
	if err != nil {
		b.Fatal(err)
	}
	n := (side / (m.Recipe.Scanned() / 2)) * (side / (m.Recipe.Scanned() / 2))
	b.Run("model", func(b *testing.B) {
		m, err := o.openModel() // of whose weights the predictor takes possession
		if err != nil {
			b.Fatal(err)
		}
		predictor := vit.NewPredictorInPlace(m.Net, o.precision(), o.Workers)
		defer predictor.Close()
		patches, logits := make([]float32, o.Batch*m.Net.Config.Input()), make([]float32, o.Batch*m.Net.Config.Classes)
		copy(patches, tile.Pixels)
		perSecond(b, n, func() {
			for range n / o.Batch {
				predictor.Logits(logits, patches)
			}
		})
	})
	for name, packing := range map[string]fits.Packing{"plain": fits.Unpacked, "rice": fits.PackQuantised} {
		var file bytes.Buffer
		if err := fits.WriteImages(&file, fits.ImageHDU{Image: &fits.Image{Shape: tile.Shape, Pixels: tile.Pixels}, Header: sky(10, 20).Cards(), Packing: packing}); err != nil {
			b.Fatal(err)
		}
		o := o
		o.Inputs = []string{put(b, filepath.Join(b.TempDir(), "tile.fits"), file.Bytes())}
		b.Run("scan/"+name, func(b *testing.B) {
			perSecond(b, n, func() {
				o.Out = filepath.Join(b.TempDir(), "out.parquet")
				if err := Run(b.Context(), o); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

// perSecond reports images a second, and a second of processor time.
func perSecond(b *testing.B, images int, work func()) {
	start, before, rounds := time.Now(), processorTime(b), 0
	for b.Loop() {
		work()
		rounds++
	}
	n := float64(images * rounds)
	b.ReportMetric(n/time.Since(start).Seconds(), "images/s")
	b.ReportMetric(n/(processorTime(b)-before).Seconds(), "images/cpu-s")
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Skip(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
