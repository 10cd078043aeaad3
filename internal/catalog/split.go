package catalog

import (
	"cmp"
	"hash/fnv"
	"math"
	"slices"
)

// Split divides rows into training and validation, class by class, so that
// each class has the same fraction in validation: the rows whose ids have the
// lowest hashes, at least one id of each class that has two, and never all. No
// random numbers and no order of rows enter: with m rows added to a catalogue,
// at most m of the old ones change sides, and an id that stands in several
// rows of a class is never on both.
//
// ids has an entry a row; class too, where -1 leaves the row out of both, or
// is nil for rows of one kind. The seed picks another division. The indices
// returned are in increasing order.
func Split(ids []string, class []int, fraction float64, seed uint64) (train, val []int) {
	for _, group := range byHash(ids, class, seed) {
		n := int(math.Round(fraction * float64(len(group))))
		if fraction > 0 && len(group) > 1 {
			n = min(max(n, 1), len(group)-1)
		}
		// Rows of one id have one hash and stay together; where that would leave
		// none to train on, those of the last id do.
		for n > 0 && n < len(group) && group[n].hash == group[n-1].hash {
			n++
		}
		if last := len(group) - 1; n > last {
			for n > 0 && group[n-1].hash == group[last].hash {
				n--
			}
		}
		for i, r := range group {
			if i < n {
				val = append(val, r.row)
			} else {
				train = append(train, r.row)
			}
		}
	}
	slices.Sort(train)
	slices.Sort(val)
	return train, val
}

// Folds divides rows into k parts, class by class, so that each class has the
// same number of rows in each, to one: those whose ids have the lowest hashes
// are fold 0, the next ones fold 1, and so on. With m rows added to a catalogue,
// at most m of the old ones cross each of the k-1 borders; otherwise ids and
// class are as for [Split], and so is what holds of their order. The result is
// the fold of each row, -1 for class -1.
func Folds(ids []string, class []int, k int) []int {
	// The hashes are others than those of any Split with a usual seed, whose
	// parts would else be made of whole folds.
	const seed = 0x666f6c6473
	folds := slices.Repeat([]int{-1}, len(ids))
	for _, group := range byHash(ids, class, seed) {
		first := 0 // of the rows with this id
		for i, r := range group {
			if r.hash != group[first].hash {
				first = i
			}
			folds[r.row] = first * k / len(group)
		}
	}
	return folds
}

// ranked is a row with the hash of its id.
type ranked struct {
	row  int
	hash uint64
}

// byHash is the rows of each class in the order of the hashes of their ids.
func byHash(ids []string, class []int, seed uint64) map[int][]ranked {
	groups := map[int][]ranked{}
	for row, id := range ids {
		c := 0
		if class != nil {
			c = class[row]
		}
		if c >= 0 {
			groups[c] = append(groups[c], ranked{row, hashID(id, seed)})
		}
	}
	for _, group := range groups {
		slices.SortFunc(group, func(a, b ranked) int {
			return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.row, b.row))
		})
	}
	return groups
}

// hashID spreads an id evenly over 64 bits: FNV-1a, then the finaliser of
// SplitMix64 (Steele, Lea and Flood 2014), because the upper bits of FNV of
// ids that differ in their last digit alone are nearly the same.
func hashID(id string, seed uint64) uint64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	z := h.Sum64() + seed*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
