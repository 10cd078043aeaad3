package unite

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/astrovit/astrovit/internal/job"
)

// stand says for each place of how many rows it is the best, itself included: 0
// for a duplicate.
func stand(places []Place, radius float64) []int {
	n := make([]int, len(places))
	for _, best := range Of(places, radius) {
		n[best]++
	}
	return n
}

// separation is the angle between two places in degrees, in arcsec, by the
// haversine formula.
func separation(ra, dec, ra2, dec2 float64) float64 {
	const degree = math.Pi / 180
	s, c := math.Sin((dec2-dec)*degree/2), math.Sin((ra2-ra)*degree/2)
	return 2 * math.Asin(math.Sqrt(s*s+math.Cos(dec*degree)*math.Cos(dec2*degree)*c*c)) / degree * 3600
}

// Everywhere on the sky, those that stay are those that a search of all pairs
// leaves, the best first.
func TestUnite(t *testing.T) {
	const n, radius = 1500, 30.0
	for name, place := range map[string]func(*rand.Rand) (ra, dec float64){
		"right ascension 0": func(r *rand.Rand) (float64, float64) {
			return math.Mod(360.1-0.2*r.Float64(), 360), 60 + 0.1*r.Float64()
		},
		"beyond 360": func(r *rand.Rand) (float64, float64) { return 359.9 + 0.2*r.Float64(), 60 + 0.1*r.Float64() },
		"north pole": func(r *rand.Rand) (float64, float64) { return 360 * r.Float64(), 90 - 0.1*r.Float64() },
		"south pole": func(r *rand.Rand) (float64, float64) { return 360 * r.Float64(), -90 + 0.1*r.Float64() },
		"one place":  func(r *rand.Rand) (float64, float64) { return 12, 34 },
	} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			entries, places := make([]Place, n), make([][2]float64, n)
			for i := range entries {
				ra, dec := place(r)
				places[i] = [2]float64{ra, dec}
				entries[i] = Place{Direction: Direction(ra, dec), number: int32(i), Group: r.Int32N(4), Flags: r.Int32N(3), Edge: float64(r.IntN(50)), Unseen: r.IntN(20) == 0}
			}
			order := make([]int, n)
			for i := range order {
				order[i] = i
			}
			slices.SortStableFunc(order, func(i, j int) int { return entries[i].compare(&entries[j]) })
			want, gone, duplicates := make([]int, n), make([]bool, n), 0
			for _, i := range order {
				if gone[i] {
					continue
				}
				want[i] = 1
				for _, k := range order {
					if entries[k].Group != entries[i].Group && !gone[k] && separation(places[i][0], places[i][1], places[k][0], places[k][1]) < radius {
						gone[k] = true
						want[i]++
						duplicates++
					}
				}
			}
			if duplicates < n/10 {
				t.Fatalf("only %d of %d are duplicates", duplicates, n)
			}
			if got := stand(entries, radius); !slices.Equal(got, want) {
				t.Errorf("%d differ of %d", differ(got, want), n)
			}
		})
	}
}

func differ(a, b []int) (n int) {
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}

// Of two scans of the same sky, whatever the offset of one grid from the other,
// each cell in the overlap is there once, and no scan loses cells to itself.
func TestUniteScans(t *testing.T) {
	const side, cell = 20, 16.0 // cells, and arcsec
	radius := job.View{Scale: 1, Cell: cell}.Same()
	for _, offset := range [][2]float64{{0, 0}, {0.5, 0.5}, {0.5, 0}, {0.25, 0.4}, {0.1, 0.45}} {
		var entries []Place
		for tile := range 2 {
			for i := range side * side {
				x, y := float64(i%side)+float64(tile)*(5+offset[0]), float64(i/side)+float64(tile)*offset[1]
				e := Place{Direction: Direction(359.99+x*cell/3600, y*cell/3600), Group: int32(tile)}
				e.Edge = min(float64(i%side), float64(i/side), side-1-float64(i%side), side-1-float64(i/side))
				entries = append(entries, e)
			}
		}
		stay := 0
		for i, n := range stand(entries, radius) {
			if n > 0 && entries[i].Direction[2] > 0 {
				stay++
			}
		}
		// The sky of both tiles is side+5 cells wide; a seam may cost a cell a row.
		if least, most := (side-1)*(side+4)-2*side, side*(side+6); stay < least || stay > most {
			t.Errorf("offset %v: %d cells stay, of %d to %d", offset, stay, least, most)
		}
		if n := differ(stand(entries[:side*side], radius), slices.Repeat([]int{1}, side*side)); n > 0 {
			t.Errorf("%d cells of one scan are merged", n)
		}
	}
}

// BenchmarkUnite is of a million rows, half of which are duplicates.
func BenchmarkUnite(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	entries := make([]Place, 1_000_000)
	for i := range entries {
		ra, dec := 40*r.Float64(), 30*r.Float64()
		if i%2 == 1 {
			entries[i] = entries[i-1]
		} else {
			entries[i] = Place{Direction: Direction(ra, dec)}
		}
		entries[i].Group = int32(i % 2)
	}
	b.ReportAllocs()
	for b.Loop() {
		Of(entries, 1)
	}
}
