package train

import (
	"math/rand/v2"
	"slices"
)

// draw is an example's turn in an epoch.
type draw struct {
	example int
	copy    int // how often it has been drawn before in the epoch, which makes it vary differently; outside of training, which patch.Variant
}

// order is what an epoch draws, one for each example that there is, which follows from the seed and the epoch; epoch
// -1-k is turn and flip k of the examples in the catalogue's order.
func (l *loader) order(epoch int) []draw {
	order := make([]draw, len(l.examples))
	if epoch < 0 {
		for i := range order {
			order[i] = draw{i, -1 - epoch}
		}
		return order
	}
	random := rand.New(rand.NewPCG(l.seed, uint64(epoch)))
	var indices []int
	if l.balanced {
		indices = equallyOften(l.examples, random)
	} else {
		indices = random.Perm(len(order))
	}
	if l.repeat > 1 {
		indices = repeated(indices, l.batch, l.repeat, random)
	}
	copies := make([]int, len(l.examples))
	for i, at := range indices {
		order[i] = draw{at, copies[at]}
		copies[at]++
	}
	return order
}

// equallyOften draws as many examples as there are, at random, as many of each class that has any. None is drawn once
// more before all of its class have been drawn.
func equallyOften(examples []example, random *rand.Rand) []int {
	classes := make([][]int, len(examples[0].target))
	for i, e := range examples {
		class := argmax(e.target)
		classes[class] = append(classes[class], i)
	}
	classes = slices.DeleteFunc(classes, func(class []int) bool { return len(class) == 0 })
	var list []int
	for c, class := range classes {
		for end := (c + 1) * len(examples) / len(classes); len(list) < end; {
			random.Shuffle(len(class), func(i, j int) { class[i], class[j] = class[j], class[i] })
			list = append(list, class[:min(len(class), end-len(list))]...)
		}
	}
	random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// repeated fills each batch with the next of the indices, each as often as repeat says but for the last (repeated
// augmentation: Hoffer et al. 2020, arXiv:1901.09335; as in DeiT, an epoch is as long as without). The batch is shuffled,
// so that copies of an image are mixed with different ones.
func repeated(indices []int, batch, repeat int, random *rand.Rand) []int {
	var list []int
	for at := 0; len(list) < len(indices); {
		size := min(batch, len(indices)-len(list))
		first := len(list)
		for i := range size {
			list = append(list, indices[at+i/repeat])
		}
		at += (size + repeat - 1) / repeat
		random.Shuffle(size, func(i, j int) { list[first+i], list[first+j] = list[first+j], list[first+i] })
	}
	return list
}
