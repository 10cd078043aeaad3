package report

import (
	"maps"
	"slices"
	"testing"

	"github.com/astrovit/astrovit/internal/job"
)

// shownIn are the ids of the candidates of an output.
func shownIn(p page, output int) (ids []string) {
	for _, c := range p.Candidates {
		if slices.Contains(c.Lists, output) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// An object on two tiles is one candidate, by the row that is the better one
// whatever its values are, and marked on both; rows of one tile and cutouts are not
// taken for each other.
func TestObjectsOfOverlappingTiles(t *testing.T) {
	east, _ := putNoise(t, "east.fits", 1, 60, 100)
	west, _ := putNoise(t, "west.fits", 1, 60, 100)
	view := job.View{Height: 60, Width: 100, Scale: 0.5, Window: 8}
	at := func(id, file string, x, ra, value float64, view job.View) Row {
		r := row(id, file, 1, 8, value, 1-value)
		r.X, r.Y, r.RA, r.Dec, r.Image = x, 30, ra, 0, view
		return r
	}
	const arcsec = 1.0 / 3600
	r := begin(t, Options{Names: names(2), Side: 8})
	r.Add(at("near the edge", east, 4, 0.3*arcsec, 0.9, view))
	r.Add(at("its neighbour", east, 6, 0, 0.8, view))
	r.Add(at("a cutout", west, 0, 0, 0.7, job.View{Scale: 0.5, Window: 8}))
	r.Add(at("farther from it", west, 40, 359.9999, 0.6, view)) // 0.36 arcsec
	r.Add(at("alone", west, 50, 359, 0.5, view))
	r.Add(at("east alone", east, 50, 1, 0.4, view))
	_, p := written(t, r)
	// Those within 2 pixels, 1 arcsec, of the one farther from its edge are there by it.
	if got, want := shownIn(p, 0), []string{"a cutout", "farther from it", "alone", "east alone"}; !slices.Equal(got, want) {
		t.Errorf("candidates %q, want %q", got, want)
	}
	if c := p.Candidates[1]; c.Merged != 3 || p.Candidates[2].Merged != 1 {
		t.Errorf("%s is there for %d rows, %s for %d", c.ID, c.Merged, p.Candidates[2].ID, p.Candidates[2].Merged)
	}
	marks := map[string]int{}
	for _, tile := range p.Tiles {
		for _, m := range tile.Marks {
			marks[m.ID] = m.Candidate
		}
	}
	if want := map[string]int{"near the edge": 1, "its neighbour": 1, "farther from it": 1, "a cutout": 0, "alone": 2, "east alone": 3}; !maps.Equal(marks, want) {
		t.Errorf("the marks are of the candidates %v, want %v", marks, want)
	}
}

// Of the cells of a scan that touch, each class has the one with the highest value.
func TestCellsThatTouch(t *testing.T) {
	file, _ := putNoise(t, "scan.fits", 1, 60, 100)
	view := job.View{Height: 60, Width: 100, Scale: 0.5, Cell: 10, Window: 20}
	r := begin(t, Options{Names: names(2), Side: 20})
	for _, c := range []struct {
		id    string
		x, y  float64
		value float64
	}{{"best", 20, 20, 0.9}, {"beside", 30, 20, 0.8}, {"across", 10, 10, 0.7}, {"apart", 40, 20, 0.6}, {"below", 40, 30, 0.65}} {
		cell := row(c.id, file, 1, 20, c.value, 1-c.value)
		cell.X, cell.Y, cell.Image = c.x, c.y, view
		r.Add(cell)
	}
	_, p := written(t, r)
	if got, want := shownIn(p, 0), []string{"best", "below"}; !slices.Equal(got, want) {
		t.Errorf("class 0 has %q, want %q", got, want)
	}
	if got, want := shownIn(p, 1), []string{"across", "apart"}; !slices.Equal(got, want) {
		t.Errorf("class 1 has %q, want %q", got, want)
	}
	if n := len(p.Tiles[0].Marks); n != 5 {
		t.Errorf("%d marks on the tile", n)
	}
}
