package report

import (
	"math"

	"github.com/astrovit/astrovit/internal/unite"
)

// unify finds the rows of tiles that show an object which a row of another tile
// shows better.
func unify(rows []*Row) {
	var windows []*Row
	var places []unite.Place
	radius, groups := 0.0, map[string]int32{}
	for _, row := range rows {
		row.shown = row
		if row.Image.Height == 0 || math.IsNaN(row.RA) || math.IsNaN(row.Dec) {
			continue
		}
		if _, met := groups[row.at]; !met {
			groups[row.at] = int32(len(groups))
		}
		radius = max(radius, row.Image.Same())
		windows = append(windows, row)
		places = append(places, unite.Place{
			Direction: unite.Direction(row.RA, row.Dec), Edge: row.Image.Edge(row.X, row.Y), Group: groups[row.at], Flags: int32(len(row.Flags)),
		})
	}
	for i, best := range unite.Of(places, radius) {
		if int(best) != i {
			windows[i].shown = windows[best]
			windows[best].Merged += windows[i].Merged
		}
	}
}

// covers tells whether o need not be shown beside r: it is r, or a cell of a scan
// that touches that of r, along a side or at a corner, so that one object may be in
// both of their windows.
func (r *Row) covers(o *Row) bool {
	switch {
	case r == o:
		return true
	case r.Image.Cell == 0 || o.Image.Cell == 0:
		return false
	case r.at == o.at:
		cell := float64(r.Image.Cell)
		return math.Abs(r.X-o.X) <= cell && math.Abs(r.Y-o.Y) <= cell
	}
	// The cells of two tiles may be turned against each other.
	a, b, chord := unite.Direction(r.RA, r.Dec), unite.Direction(o.RA, o.Dec), 0.0
	for i := range a {
		chord += (a[i] - b[i]) * (a[i] - b[i])
	}
	return math.Sqrt(chord)*180/math.Pi*3600 <= 2*max(r.Image.Same(), o.Image.Same()) // twice half the diagonal
}
