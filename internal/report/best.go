package report

import (
	"cmp"
	"container/heap"
	"slices"
)

// best keeps the rows with the highest values, at most so many; of equal ones
// those that came first.
type best struct {
	most int
	rows []ranked // a heap, the first to go on top
}

type ranked struct {
	*Row
	value float64
}

// takes tells whether a row with this value, that comes after all others, would be kept.
func (b *best) takes(value float64) bool {
	return len(b.rows) < b.most || value > b.rows[0].value
}

// add keeps a row that it takes.
func (b *best) add(row *Row, value float64) {
	if len(b.rows) < b.most {
		heap.Push(b, ranked{row, value})
		return
	}
	b.rows[0] = ranked{row, value}
	heap.Fix(b, 0)
}

// sorted are the rows, best first.
func (b *best) sorted() []*Row {
	ordered := slices.SortedFunc(slices.Values(b.rows), ranked.compare)
	rows := make([]*Row, len(ordered))
	for i, r := range ordered {
		rows[i] = r.Row
	}
	return rows
}

func (a ranked) compare(b ranked) int {
	return cmp.Or(cmp.Compare(b.value, a.value), cmp.Compare(a.number, b.number))
}

func (b *best) Len() int           { return len(b.rows) }
func (b *best) Less(i, j int) bool { return b.rows[i].compare(b.rows[j]) > 0 }
func (b *best) Swap(i, j int)      { b.rows[i], b.rows[j] = b.rows[j], b.rows[i] }
func (b *best) Push(x any)         { b.rows = append(b.rows, x.(ranked)) }
func (b *best) Pop() any {
	last := b.rows[len(b.rows)-1]
	b.rows = b.rows[:len(b.rows)-1]
	return last
}
