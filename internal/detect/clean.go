package detect

import "math"

// clean takes away the objects that would not have been found without a brighter neighbour's wings (B&A section 6):
// whose MinArea-th brightest pixel is not above the threshold once those are subtracted. Their pixels become the
// neighbour's.
func clean(objects []object) []object {
	const side = 64
	cells := map[[2]int][]int32{} // objects by place
	cell := func(v float64) int { return int(math.Floor(v / side)) }
	for i := range objects {
		at := [2]int{cell(objects[i].x), cell(objects[i].y)}
		cells[at] = append(cells[at], int32(i))
	}
	host, light := make([]int32, len(objects)), make([]float64, len(objects)) // the brightest wings at an object
	for j := range objects {
		o := &objects[j]
		a, _, _ := o.covariance.axes()
		reach := min(wingReach*a, maxRadius)
		for v := cell(o.y - reach); v <= cell(o.y+reach); v++ {
			for u := cell(o.x - reach); u <= cell(o.x+reach); u++ {
				for _, i := range cells[[2]int{u, v}] {
					if objects[i].flux >= o.flux {
						continue
					}
					if w := o.wing(objects[i].x-o.x, objects[i].y-o.y); w > light[i] {
						host[i], light[i] = int32(j), w
					}
				}
			}
		}
	}
	isWing := func(i int32) bool { return float64(objects[i].rank)-light[i] < float64(objects[i].floor) }
	kept := objects[:0:0]
	for i := range objects {
		if !isWing(int32(i)) {
			continue
		}
		j := host[i]
		for isWing(j) { // each host is brighter than its wing
			j = host[j]
		}
		objects[j].wings = append(objects[j].wings, objects[i].runs...)
	}
	for i := range objects {
		if !isWing(int32(i)) {
			kept = append(kept, objects[i])
		}
	}
	return kept
}

const wingReach = 10 // in standard deviations of the object, as SExtractor's CLEAN_ZONE

// wing is the brightness of the object at a distance from its centroid: an elliptical Moffat profile (Moffat 1969)
// whose exponent is 1, as SExtractor's CLEAN_PARAM, from its peak down to the threshold at the edge of its area.
func (o *object) wing(dx, dy float64) float64 {
	d2 := o.covariance.distance2(dx, dy)
	if d2 > wingReach*wingReach {
		return 0
	}
	a, b, _ := o.covariance.axes()
	edge2 := float64(o.area) / (math.Pi * a * b) // squared distance of the isophote
	return float64(o.peak) / (1 + (float64(o.peak)/float64(o.floor)-1)*d2/edge2)
}
