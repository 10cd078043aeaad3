package vit

// span is some images or rows, from lo to below hi.
type span struct{ lo, hi int }

func (s span) len() int { return s.hi - s.lo }

// times is the rows of the span's images, each of which has n.
func (s span) times(n int) span { return span{s.lo * n, s.hi * n} }

// of is the span's rows of x, each of which has width numbers.
func (s span) of(x []float32, width int) []float32 { return x[s.lo*width : s.hi*width] }

// part is part i of n nearly equal parts of a span that begins at 0.
func part(total, n, i int) span { return span{i * total / n, (i + 1) * total / n} }

// blocks cuts a span into nearly equal pieces of at most n.
func (s span) blocks(n int) func(yield func(span) bool) {
	return func(yield func(span) bool) {
		count := (s.len() + n - 1) / n
		for i := range count {
			p := part(s.len(), count, i)
			if !yield(span{s.lo + p.lo, s.lo + p.hi}) {
				return
			}
		}
	}
}
