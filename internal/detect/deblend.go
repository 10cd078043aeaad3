package detect

import (
	"math"
	"slices"
)

const (
	// An island of more pixels than this stays one object: it is a flaw of the image, or as good as one.
	maxIsland = 1 << 22
	// A part of fewer pixels than this is noise (or than MinArea, if that is less), as in SExtractor.
	minPart = 3
)

// objects takes an island apart (B&A section 5), or leaves it whole.
func (s *strips) objects(runs []run, c Config) []object {
	if objects := s.deblended(runs, c); len(objects) > 0 {
		return objects
	}
	return []object{s.whole(runs, c.MinArea)}
}

// deblended are the parts of an island that are large enough: none if it has no parts, or only small ones.
func (s *strips) deblended(runs []run, c Config) (objects []object) {
	pixels := 0
	for _, r := range runs {
		pixels += int(r.x1 - r.x0)
	}
	if c.Levels == 1 || pixels < 2*minPart || pixels > maxIsland {
		return nil
	}
	is := s.island(runs, pixels)
	parts := is.parts(c)
	if len(parts) < 2 {
		return nil
	}
	owners, floor := is.share(parts), slices.Min(is.values)
	sums, owned := make([]*moments, len(parts)), make([][]run, len(parts))
	for i := range sums {
		sums[i] = newMoments(c.MinArea)
	}
	for pixel, owner := range owners {
		x, y := is.xs[pixel], is.ys[pixel]
		sums[owner].add(x, y, is.values[pixel])
		if rs := owned[owner]; len(rs) > 0 && rs[len(rs)-1].y == y && rs[len(rs)-1].x1 == x {
			rs[len(rs)-1].x1++
		} else {
			owned[owner] = append(rs, run{y: y, x0: x, x1: x + 1})
		}
	}
	for i, m := range sums {
		if m.n >= c.MinArea {
			o := m.object(owned[i])
			o.deblended, o.floor = true, floor
			objects = append(objects, o)
		}
	}
	return objects
}

// A part is pixels of an island that touch above a level, and are an object's core.
type part struct {
	pixels []int32
	level  float64
}

// A branch is the pixels that touch above the current level: in a forest over the pixels, the tree whose root it is.
// The lists of trees that join are strung together, so that a list from a root to what was once its tail is for ever
// the pixels of that branch.
type branch struct {
	root, tail int32
	matters    bool // it holds enough flux above the level
	split      bool // parts of it are objects
}

// parts cuts the island at exponentially spaced levels, from the highest to the lowest. Where branches join of which
// two or more matter, each that does is an object, unless it has been split already.
func (is *island) parts(c Config) []part {
	floor, peak, total := slices.Min(is.values), slices.Max(is.values), 0.0
	for _, v := range is.values {
		total += float64(v)
	}
	if peak == floor {
		return nil
	}
	levels := logLevels{float64(floor), math.Log(float64(peak) / float64(floor)), c.Levels}
	byLevel := make([][]int32, c.Levels)
	for pixel, v := range is.values {
		l := levels.of(float64(v))
		byLevel[l] = append(byLevel[l], int32(pixel))
	}
	n := len(is.values)
	parent, next := make([]int32, n), make([]int32, n)                         // parent is -1 below the level
	tail, area, flux := make([]int32, n), make([]int32, n), make([]float64, n) // a root's
	for i := range parent {
		parent[i] = -1
	}
	join := func(a, b int32) {
		a, b = find(parent, a), find(parent, b)
		if a == b {
			return
		}
		if area[a] < area[b] {
			a, b = b, a
		}
		parent[b], next[tail[a]], tail[a] = a, b, tail[b]
		area[a], flux[a] = area[a]+area[b], flux[a]+flux[b]
	}
	var parts []part
	var branches []branch // above the level before
	for l := c.Levels - 1; l >= 0; l-- {
		for _, pixel := range byLevel[l] {
			parent[pixel], next[pixel], tail[pixel] = pixel, -1, pixel
			area[pixel], flux[pixel] = 1, float64(is.values[pixel])
		}
		for _, pixel := range byLevel[l] {
			is.touching(pixel, func(other int32) {
				if parent[other] >= 0 {
					join(pixel, other)
				}
			})
		}
		rivals, split := map[int32]int{}, map[int32]bool{}
		for _, b := range branches {
			root := find(parent, b.root)
			split[root] = split[root] || b.split
			if b.matters {
				rivals[root]++
			}
		}
		for _, b := range branches {
			root := find(parent, b.root)
			if rivals[root] < 2 {
				continue
			}
			split[root] = true
			if b.matters && !b.split {
				p := part{level: levels.at(l + 1)}
				for pixel := b.root; ; pixel = next[pixel] {
					p.pixels = append(p.pixels, pixel)
					if pixel == b.tail {
						break
					}
				}
				parts = append(parts, p)
			}
		}
		roots := make([]int32, 0, len(branches)+len(byLevel[l]))
		for _, b := range branches {
			roots = append(roots, b.root)
		}
		roots, branches = append(roots, byLevel[l]...), branches[:0]
		for _, root := range roots {
			if parent[root] == root {
				above := flux[root] - levels.at(l)*float64(area[root])
				branches = append(branches, branch{
					root: root, tail: tail[root], split: split[root],
					matters: above > c.Contrast*total && int(area[root]) >= min(minPart, c.MinArea),
				})
			}
		}
	}
	return parts
}

// logLevels are n levels from floor to floor*exp(span), excluded, whose logarithms are evenly spaced.
type logLevels struct {
	floor, span float64
	n           int
}

func (l logLevels) at(i int) float64 { return l.floor * math.Exp(l.span*float64(i)/float64(l.n)) }

// of is the highest level that a value reaches.
func (l logLevels) of(value float64) int {
	return max(0, min(l.n-1, int(float64(l.n)*math.Log(value/l.floor)/l.span)))
}
