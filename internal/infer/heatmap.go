package infer

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/whole"
)

// scan is the walk over a tile in cells; each row of it is one.
type scan struct {
	id            string // of the tile
	rows, columns int    // of cells
	stride        int    // side of a cell, in the tile's pixels
	x, y          float64
	wcs           *fits.WCS // of the tile; nil where it has none. (x, y) is its pixel at the middle of the first cell
}

// heatmaps writes what the model says of the cells of scanned tiles as images.
type heatmaps struct {
	dir    string
	values []string // names
	names  whole.Names

	of     *scan // the one under way
	pixels []float32
}

func newHeatmaps(dir string, values []string) (*heatmaps, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("--heatmap: %w", err)
	}
	return &heatmaps{dir: dir, values: values}, nil
}

// add adds the cell of a row, of a job's part with this name, and writes the heat
// map with the last cell of a tile: <name>_heatmap.fits [N, rows, columns], a plane a
// value and NaN where nothing is predicted, under the coordinates of the cells.
func (h *heatmaps) add(p *prepared, part string) error {
	s := p.scan
	n := s.rows * s.columns
	if h.of != s {
		h.of, h.pixels = s, make([]float32, len(h.values)*n)
		for i := range h.pixels {
			h.pixels[i] = float32(math.NaN())
		}
	}
	for k, v := range p.row.Values {
		h.pixels[k*n+p.cell] = float32(v)
	}
	if p.cell < n-1 {
		return nil
	}
	if part == "" {
		part = h.names.Of(s.id)
	}
	header := []fits.Card{
		{Key: "OBJECT", Value: card(s.id)},
		{Key: "COMMENT", Comment: "a plane a value that the model predicts, a pixel a cell of the scan"},
	}
	for k, name := range h.values {
		header = append(header, fits.Card{Key: fmt.Sprintf("CLASS%d", k+1), Value: card(name)})
	}
	if s.wcs != nil {
		header = append(header, planes(s.wcs.Binned(s.x, s.y, float64(s.stride), float64(s.stride)))...)
	}
	name := filepath.Join(h.dir, part+"_heatmap.fits")
	whole.Sweep(name)
	return whole.Write(name, func(w io.Writer) error {
		return fits.WriteImages(w, fits.ImageHDU{Image: &fits.Image{Shape: []int{len(h.values), s.rows, s.columns}, Pixels: h.pixels}, Header: header})
	})
}
