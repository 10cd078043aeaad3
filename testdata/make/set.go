package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/astrovit/astrovit/internal/sim"
	"github.com/astrovit/astrovit/internal/whole"
)

// writeSet writes n labelled cutouts and, when all are there, the catalogue of them. Each cutout has its own seed, so
// that neither the number of workers nor n changes it.
func writeSet(folder string, n int, seed uint64, workers int) error {
	if err := os.MkdirAll(filepath.Join(folder, "cutouts"), 0o777); err != nil {
		return err
	}
	var next atomic.Int64
	var group sync.WaitGroup
	errs := make([]error, workers)
	for w := range workers {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && errs[w] == nil; i = int(next.Add(1)) - 1 {
				errs[w] = writeCutout(filepath.Join(folder, cutoutFile(i)), i, seed)
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}

	var table bytes.Buffer
	rows := csv.NewWriter(&table)
	rows.Write([]string{"id_str", "file_loc", "label"})
	for i := range n {
		rows.Write([]string{fmt.Sprintf("sim%06d", i), cutoutFile(i), cutoutClass(i).String()})
	}
	rows.Flush()
	if err := rows.Error(); err != nil {
		return err
	}
	return whole.WriteBytes(filepath.Join(folder, "catalog.csv"), table.Bytes())
}

func cutoutFile(i int) string     { return fmt.Sprintf("cutouts/%06d.fits", i) }
func cutoutClass(i int) sim.Class { return sim.Class(i % sim.Classes) }

func writeCutout(name string, i int, seed uint64) error {
	field, pixels := sim.Window(cutoutClass(i), seed, uint64(i))
	var file bytes.Buffer
	if err := writeImage(&file, field, pixels, northUp(sim.WindowSide), seed); err != nil {
		return err
	}
	return os.WriteFile(name, file.Bytes(), 0o644)
}
