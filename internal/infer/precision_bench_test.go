package infer

import (
	"context"
	"encoding/csv"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/pflag"

	"github.com/astrovit/astrovit/internal/train"
	"github.com/astrovit/astrovit/vit"
)

// BenchmarkPrecision trains on four fifths of the Galaxy Zoo 1 images beside the
// checkout and predicts the others in each precision: their accuracy, and how
// many keep the label that float32 gives them.
func BenchmarkPrecision(b *testing.B) {
	images, err := filepath.Abs("../../../shared/data/gz1")
	if err != nil {
		b.Fatal(err)
	}
	file, err := os.Open(filepath.Join(images, "catalog.csv"))
	if err != nil {
		b.Skipf("no real data: %v", err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	test := [][]string{rows[0]}
	learn := [][]string{rows[0]}
	for i, row := range rows[1:] {
		row[1] = filepath.Join(images, row[1])
		if i%5 == 0 {
			test = append(test, row)
		} else {
			learn = append(learn, row)
		}
	}
	trainCatalog, testCatalog := writeRows(b, dir, "train.csv", learn), writeRows(b, dir, "test.csv", test)
	o := train.Options{
		Catalog: trainCatalog, Labels: []string{"morphology"}, Task: "classify", ValFraction: 0.1, Out: filepath.Join(dir, "run"),
		Recipe: "10k", Seed: 1, Workers: 2, CacheMiB: 1024, Keep: 2, Explicit: map[string]bool{"epochs": true}, Log: slog.New(slog.DiscardHandler),
	}
	flags := pflag.NewFlagSet("benchmark", pflag.ContinueOnError)
	o.Settings.Register(flags)
	if err := flags.Parse([]string{"--epochs=10"}); err != nil {
		b.Fatal(err)
	}
	if err := train.Run(context.Background(), o); err != nil {
		b.Fatal(err)
	}

	var reference []string
	for _, precision := range vit.Precisions {
		b.Run(string(precision), func(b *testing.B) {
			var labels []string
			for b.Loop() {
				out := filepath.Join(dir, string(precision)+".csv")
				err := Run(context.Background(), Options{
					Model: filepath.Join(o.Out, "best"), Inputs: []string{testCatalog}, Out: out, Precision: string(precision),
					Batch: 32, Workers: 2, Stdout: io.Discard, Log: slog.New(slog.DiscardHandler),
				})
				if err != nil {
					b.Fatal(err)
				}
				labels = columnOf(b, out, "label")
			}
			if reference == nil {
				reference = labels
			}
			right, same := 0, 0
			for i, label := range labels {
				if label == test[1+i][2] {
					right++
				}
				if label == reference[i] {
					same++
				}
			}
			b.ReportMetric(100*float64(right)/float64(len(labels)), "%right")
			b.ReportMetric(100*float64(same)/float64(len(labels)), "%as_f32")
		})
	}
}

func writeRows(b *testing.B, dir, name string, rows [][]string) string {
	b.Helper()
	name = filepath.Join(dir, name)
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if err := csv.NewWriter(f).WriteAll(rows); err != nil {
		b.Fatal(err)
	}
	return name
}

func columnOf(b *testing.B, name, column string) []string {
	b.Helper()
	f, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		b.Fatal(err)
	}
	for i, title := range rows[0] {
		if title != column {
			continue
		}
		var values []string
		for _, row := range rows[1:] {
			values = append(values, row[i])
		}
		return values
	}
	b.Fatalf("%s has no column %s", name, column)
	return nil
}
