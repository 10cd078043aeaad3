package vit

import "github.com/astrovit/astrovit/simd"

// Ranks are the processes that train one model together, each on its images of every batch (data parallelism). All call the same
// methods in the same order, with as many numbers.
type Ranks interface {
	Rank() int // the number of this one, from 0
	Size() int // how many there are

	// Sum begins to make x the sum of all ranks' x, to the same bits on each; x is not to be touched until wait returns.
	Sum(x []float32) (wait func())
	// Total makes x the sum of all ranks' x.
	Total(x []float64)
	// Broadcast makes x what it is on one rank.
	Broadcast(x []float32, from int)
	// Send gives x to another rank, which asks for it by Receive.
	Send(x []float32, to int)
	Receive(x []float32, from int)
}

// Alone is a process that trains by itself.
type Alone struct{}

func (Alone) Rank() int                { return 0 }
func (Alone) Size() int                { return 1 }
func (Alone) Sum([]float32) func()     { return done }
func (Alone) Total([]float64)          {}
func (Alone) Broadcast([]float32, int) {}
func (Alone) Send([]float32, int)      {}
func (Alone) Receive([]float32, int)   {}

func done() {}

// Join makes the trainer one of several that train a model together, from the same weights and moments. Their steps are those of
// one trainer on all the images, up to the order of sums. The gradient of a block goes out while backward is at the blocks
// before it.
//
// In order, gradients are computed part by part of a batch, a part being the few images that are computed at once, and added up
// as a binary tree over the parts, whoever has them: any number of ranks, one included, gives the same bits. That is slower:
// nothing is sent before the end of a backward, and there is one for each part.
func (d *descent) Join(r Ranks, inOrder bool) {
	d.ranks, d.inOrder = r, inOrder
	if inOrder {
		d.total = make([]float32, len(d.grad.Flat))
	}
}

// Share is which images of a batch of so many are this rank's.
func (d *descent) Share(images int) (lo, hi int) {
	if !d.inOrder {
		s := part(images, d.ranks.Size(), d.ranks.Rank())
		return s.lo, s.hi
	}
	parts := d.parts(images)
	s := part(parts, d.ranks.Size(), d.ranks.Rank())
	return part(images, parts, s.lo).lo, part(images, parts, s.hi).lo
}

// parts is how many a batch has.
func (d *descent) parts(images int) int { return max(1, (images+d.partImages-1)/d.partImages) }

// holder is the rank that has one of the parts.
func (d *descent) holder(i, parts int) int { return ((i+1)*d.ranks.Size() - 1) / parts }

// sendCompleted sends the next bucket, which a backward has completed, if no more will be added to it.
func (d *descent) sendCompleted() {
	if d.last && !d.inOrder {
		d.send(d.sent + 1)
	}
}

// send begins to sum the first n of the gradient's buckets over the ranks.
func (d *descent) send(n int) {
	for ; d.sent < n; d.sent++ {
		d.waits = append(d.waits, d.ranks.Sum(d.buckets[d.sent]))
	}
}

// exchange ends a step's sums over the ranks.
func (d *descent) exchange() {
	if d.inOrder {
		copy(d.grad.Flat, d.total)
		return
	}
	d.send(len(d.buckets))
	for _, wait := range d.waits {
		wait()
	}
	d.waits, d.sent = d.waits[:0], 0
	if size, rank := d.ranks.Size(), d.ranks.Rank(); size > 1 {
		sums := make([]float64, 2*size)
		sums[2*rank], sums[2*rank+1] = d.sum, d.weight
		d.sum, d.weight = 0, 0
		d.tally(sums)
	}
}

// tally adds pairs of a loss and its weight, each of which one rank knows and is 0 on the others.
func (d *descent) tally(sums []float64) {
	d.ranks.Total(sums)
	for i := 0; i < len(sums); i += 2 {
		d.sum, d.weight = d.sum+sums[i], d.weight+sums[i+1]
	}
}

// accumulateInOrder adds the gradient of a batch of so many images, which in this process begins with the given one.
func (d *descent) accumulateInOrder(images, first int) {
	parts := d.parts(images)
	sums := make([]float64, 2*parts)
	d.addTree(span{0, parts}, 0, func(i int) {
		s := part(images, parts, i)
		sums[2*i], sums[2*i+1] = d.add(span{s.lo - first, s.hi - first})
	}, parts)
	d.ranks.Broadcast(d.level(0), d.holder(0, parts))
	simd.Add(d.total, d.total, d.level(0))
	d.tally(sums)
}

// addTree makes level the sum of the gradients of some parts, on the rank that has the first of them.
func (d *descent) addTree(s span, level int, add func(i int), parts int) {
	rank := d.ranks.Rank()
	if own := part(parts, d.ranks.Size(), rank); s.hi <= own.lo || own.hi <= s.lo {
		return
	}
	if s.len() == 1 {
		clear(d.grad.Flat)
		add(s.lo)
		copy(d.level(level), d.grad.Flat)
		return
	}
	middle := (s.lo + s.hi) / 2
	d.addTree(span{s.lo, middle}, level, add, parts)
	d.addTree(span{middle, s.hi}, level+1, add, parts)
	switch to, from := d.holder(s.lo, parts), d.holder(middle, parts); rank {
	case to:
		if from != to {
			d.ranks.Receive(d.level(level+1), from)
		}
		simd.Add(d.level(level), d.level(level), d.level(level+1))
	case from:
		d.ranks.Send(d.level(level+1), to)
	}
}

// level is memory for a gradient.
func (d *descent) level(i int) []float32 {
	for len(d.levels) <= i {
		d.levels = append(d.levels, make([]float32, len(d.grad.Flat)))
	}
	return d.levels[i]
}

// buckets are the numbers of each block, in the order in which a backward completes them, and then the others.
func (p *Params) buckets() [][]float32 {
	var blocks, others [][]float32
	for at, i := 0, 0; i < len(p.tensors); {
		block, begin := p.tensors[i].block, at
		for ; i < len(p.tensors) && p.tensors[i].block == block; i++ {
			at += len(p.tensors[i].Data)
		}
		if bucket := p.Flat[begin:at]; block > 0 {
			blocks = append([][]float32{bucket}, blocks...)
		} else {
			others = append(others, bucket)
		}
	}
	return append(blocks, others...)
}
