package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/spf13/pflag"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/arcs"
	"github.com/astrovit/astrovit/internal/whole"
)

// arcSet is a set of cutouts with and without arcs, in stacks, a FITS file
// a band, as the real hosts come.
type arcSet struct {
	maker          arcs.Maker
	folder         string
	lenses, others int
	seed           uint64
	length         int // of a stack
}

// labels of the catalogue, by whether there is an arc.
var labels = map[bool]string{true: "lens", false: "non-lens"}

func runArcs(flags *pflag.FlagSet, args []string, seed *uint64) error {
	hosts := flags.String("hosts", "", "folder of real hosts, a stack <band>.fits a band (default: all hosts are simulated)")
	out := flags.String("out", "", "folder for catalog.csv and stacks/")
	sheet := flags.String("sheet", "", "PNG file: instead of a set, a row of cutouts a kind")
	lenses := flags.Int("lenses", 10000, "cutouts with an arc")
	others := flags.Int("others", 10000, "cutouts without")
	splits := flags.StringSlice("splits", arcs.Splits[:], "take only hosts of these splits")
	simulated := flags.Float64("simulated", 0.4, "share of cutouts with simulated hosts, where there are real ones")
	lookalikes := flags.Float64("lookalikes", 0.25, "share of cutouts without an arc that have something else, with the brightness of one")
	flux := flags.Float64("arc-flux", 1, "multiplies the light of arcs; 0 leaves only what must not tell lenses from others")
	workers := flags.Int("workers", runtime.GOMAXPROCS(0), "stacks made at the same time")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if (*out == "") == (*sheet == "") || *lenses < 0 || *others < 0 || *workers < 1 || len(*splits) == 0 {
		return errors.New("arcs needs --out DIR or --sheet FILE, --lenses and --others of at least 0, and --workers and --splits of at least 1")
	}
	maker := arcs.Maker{Simulated: *simulated, Lookalikes: *lookalikes, Splits: map[string]bool{}, ArcFlux: *flux}
	for _, s := range *splits {
		if !slices.Contains(arcs.Splits[:], s) {
			return fmt.Errorf("--splits: there is no split %q, but %q", s, arcs.Splits)
		}
		maker.Splits[s] = true
	}
	if *hosts != "" {
		var err error
		if maker.Hosts, err = arcs.ReadHosts(*hosts, maker.Splits); err != nil {
			return err
		}
	}
	if *sheet != "" {
		return writeArcSheet(*sheet, &maker, *seed)
	}
	set := arcSet{maker, *out, *lenses, *others, *seed, 500}
	return set.write(*workers)
}

// isLens spreads the lenses evenly over the set.
func (s *arcSet) isLens(i int) bool {
	n := s.lenses + s.others
	return (i+1)*s.lenses/n > i*s.lenses/n
}

// write writes the stacks and, when all are there, the catalogue. Each cutout has
// its own seed, so that it does not depend on the number of workers.
func (s *arcSet) write(workers int) error {
	if err := os.MkdirAll(filepath.Join(s.folder, "stacks"), 0o777); err != nil {
		return err
	}
	scenes := make([]arcs.Scene, s.lenses+s.others) // without their pixels
	var next atomic.Int64
	var group sync.WaitGroup
	errs := make([]error, workers)
	for w := range workers {
		group.Go(func() {
			for errs[w] == nil {
				first := s.length * (int(next.Add(1)) - 1)
				if first >= len(scenes) {
					return
				}
				errs[w] = s.writeStack(first, scenes[first:min(first+s.length, len(scenes))])
			}
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}

	var table bytes.Buffer
	rows := csv.NewWriter(&table)
	header := []string{"id_str"}
	for _, band := range arcs.Bands {
		header = append(header, "file_"+band)
	}
	rows.Write(append(header, "plane", "label", "kind", "host", "real", "theta_e", "snr", "split"))
	for i, scene := range scenes {
		row := []string{fmt.Sprintf("arc%06d", i)}
		for _, band := range arcs.Bands {
			row = append(row, s.stackFile(i, band))
		}
		rows.Write(append(row, strconv.Itoa(i%s.length), labels[s.isLens(i)], string(scene.Kind), scene.Host, strconv.FormatBool(scene.Real),
			decimal(scene.ThetaE, 3), decimal(scene.SNR, 2), arcs.Split(scene.Host)))
	}
	rows.Flush()
	if err := rows.Error(); err != nil {
		return err
	}
	return whole.WriteBytes(filepath.Join(s.folder, "catalog.csv"), table.Bytes())
}

func (s *arcSet) stackFile(i int, band string) string {
	return fmt.Sprintf("stacks/%04d-%s.fits", i/s.length, band)
}

// writeStack makes the scenes from number first on and writes their pixels.
func (s *arcSet) writeStack(first int, scenes []arcs.Scene) error {
	stacks := make([]*fits.Image, len(arcs.Bands))
	for b := range stacks {
		stacks[b] = &fits.Image{Shape: []int{len(scenes), arcs.Side, arcs.Side}}
	}
	for k := range scenes {
		scenes[k] = s.maker.Make(s.isLens(first+k), rand.New(rand.NewPCG(s.seed, uint64(first+k))))
		for b, pixels := range scenes[k].Images {
			stacks[b].Pixels = append(stacks[b].Pixels, pixels...)
			scenes[k].Images[b] = nil
		}
	}
	for b, band := range arcs.Bands {
		err := whole.Write(filepath.Join(s.folder, s.stackFile(first, band)), func(w io.Writer) error {
			return fits.WriteImages(w, fits.ImageHDU{Image: stacks[b], Packing: fits.PackQuantised, Header: []fits.Card{
				{Key: "OBJECT", Value: "HOSTS WITH AND WITHOUT SIMULATED ARCS", Comment: "not an observation"},
				{Key: "ORIGIN", Value: "astrovit testdata/make", Comment: "the program that made this file"},
				{Key: "SIMSEED", Value: int64(s.seed), Comment: "seed of the simulation"},
				{Key: "FILTER", Value: band},
				{Key: "PIXSCALE", Value: arcs.PixelScale, Comment: "arcsec a pixel"},
				{Key: "MAGZERO", Value: 30.0, Comment: "mag of one count"},
			}})
		})
		if err != nil {
			return err
		}
	}
	return nil
}
