package train

import (
	"fmt"
	"math/rand/v2"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/pixels"
)

// cell is a rectangle of a tile, two windows wide and high, about. Windows that are trained on lie in one cell, so that those of
// cells which are kept for validation are new.
type cell struct{ x, y, width, height int }

// openTiles opens image files for windows of so many pixels, and divides them into cells.
func openTiles(names []string, window int) (open tiles, examples []example, cells []cell, err error) {
	open = tiles{}
	defer func() {
		if err != nil {
			open.close()
		}
	}()
	stems, bands := map[string]string{}, 0
	for _, name := range names {
		f, err := pixels.Open(pixels.Source{Files: []string{name}, HDU: -1})
		if err != nil {
			return open, nil, nil, err
		}
		open[name] = f
		stem := catalog.Stem(name)
		other, twice := stems[stem]
		stems[stem] = name
		c, height, width := f.Shape()
		switch {
		case twice:
			return open, nil, nil, fmt.Errorf("%s has the name of %s; windows are called by their tile's", name, other)
		case f.Len() > 1:
			return open, nil, nil, fmt.Errorf("%s holds a stack of %d images; a tile is one", name, f.Len())
		case bands > 0 && c != bands:
			return open, nil, nil, fmt.Errorf("%s has %d bands, %s has %d", name, c, names[0], bands)
		case min(height, width) < window || max(height, width) <= 2*window:
			return open, nil, nil, fmt.Errorf("%s has %d x %d pixels, too few for a tile of windows of %d: name a folder or a catalogue of cutouts with --catalog, or set --window",
				name, width, height, window)
		}
		bands = c
		rows, cols := max(1, height/(2*window)), max(1, width/(2*window))
		for i := range rows * cols {
			x, y := i%cols*width/cols, i/cols*height/rows
			at := cell{x, y, (i%cols+1)*width/cols - x, (i/cols+1)*height/rows - y}
			cells = append(cells, at)
			examples = append(examples, example{object: catalog.Object{
				ID: fmt.Sprintf("%s_%d_%d", stem, x, y), File: name, Files: []string{name}, HDU: -1, Plane: -1,
				X: float64(x) + float64(at.width-1)/2, Y: float64(y) + float64(at.height-1)/2,
			}})
		}
	}
	return open, examples, cells, nil
}

func (t tiles) close() {
	for _, f := range t {
		f.Close() // it was only read from
	}
}

// window is a random place in a cell for the middle of a window.
func (c cell) window(side int, r *rand.Rand) (x, y float64) {
	middle := float64(side-1) / 2
	return float64(c.x+r.IntN(c.width-side+1)) + middle, float64(c.y+r.IntN(c.height-side+1)) + middle
}
