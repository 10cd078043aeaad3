package plots

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"

	"github.com/astrovit/astrovit/internal/metrics"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Reliability draws, under a caption, how often the predictions of each bin came true over their
// mean probability, with 95 % intervals (Wilson 1927), on the diagonal of
// honest ones; behind it the share of the predictions that each bin holds. The
// title of the x axis says what the probability is of. Bins divide 0 to 1 evenly.
func Reliability(w io.Writer, caption, x string, bins []metrics.Bin) error {
	p := newPlot(x, "Observed fraction")
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
	p.Add(reliability(bins))
	width := inner * 0.72
	f := newFigure(heightFor(p, width), caption)
	p.Draw(draw.Crop(f.Canvas, 0, width-inner, 0, 0))
	reliability(bins).legend(draw.Crop(f.Canvas, width+legendGap, 0, 0, 0))
	return f.encode(w)
}

// fewest is how many predictions a point of ClassReliability is of: its interval is at most 0.4 wide.
const fewest = 20

// ClassReliability draws, under a caption, what Reliability does of the probability of each class by itself, so that a rare
// one is seen too, with its expected calibration error in the legend. Neighbouring bins are drawn as one until they hold 20
// predictions. Of more than 18 classes those with the greatest error are drawn and the legend says so.
func ClassReliability(w io.Writer, caption string, classes []string, bins [][]metrics.Bin) error {
	if len(bins) != len(classes) {
		return fmt.Errorf("plots: bins of %d classes, of which %d have names", len(bins), len(classes))
	}
	cs := characteristics{x: "Probability of the class", y: "Observed fraction, 95 % intervals", figure: "ECE", errors: true, diagonal: true}
	for i, name := range classes {
		l := line{name: name, figure: metrics.ECE(bins[i])}
		for _, b := range merged(bins[i]) {
			lo, hi := wilson(float64(b.Observed), float64(b.N))
			l.x, l.y, l.spread = append(l.x, float64(b.Probability)), append(l.y, float64(b.Observed)), append(l.spread, [2]float64{lo, hi})
		}
		cs.lines = append(cs.lines, l)
	}
	return cs.draw(w, caption)
}

// merged is the bins from the most probable down, each joined to the next until it holds the fewest that are drawn; what
// is left in the end belongs to the last.
func merged(bins []metrics.Bin) []metrics.Bin {
	var list []metrics.Bin
	for _, b := range slices.Backward(bins) {
		switch last := len(list) - 1; {
		case b.N == 0:
		case last >= 0 && list[last].N < fewest:
			list[last] = join(list[last], b)
		default:
			list = append(list, b)
		}
	}
	if last := len(list) - 1; last > 0 && list[last].N < fewest {
		list[last-1] = join(list[last-1], list[last])
		list = list[:last]
	}
	return list
}

// join is two bins as one.
func join(a, b metrics.Bin) metrics.Bin {
	n := metrics.Number(a.N + b.N)
	share := func(x, y metrics.Number) metrics.Number { return (metrics.Number(a.N)*x + metrics.Number(b.N)*y) / n }
	return metrics.Bin{N: a.N + b.N, Probability: share(a.Probability, b.Probability), Observed: share(a.Observed, b.Observed)}
}

type reliability []metrics.Bin

var (
	shareLine    = draw.LineStyle{Color: color.NRGBA{R: 0xd4, G: 0xd4, B: 0xd4, A: 0xff}, Width: 6} // a sample of the bars
	intervalLine = draw.LineStyle{Color: blue, Width: thin}
	observed     = draw.LineStyle{Color: blue, Width: stroke}
	observedMark = draw.GlyphStyle{Color: blue, Radius: 2.4, Shape: draw.CircleGlyph{}}
)

func (bins reliability) total() int {
	n := 0
	for _, b := range bins {
		n += b.N
	}
	return n
}

// Plot implements plot.Plotter.
func (bins reliability) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	edge := func(i int) vg.Length { return toX(float64(i) / float64(len(bins))) }
	for i, b := range bins {
		if b.N > 0 {
			top := toY(float64(b.N) / float64(bins.total()))
			c.FillPolygon(shareLine.Color, []vg.Point{{X: edge(i) + 0.5, Y: toY(0)}, {X: edge(i+1) - 0.5, Y: toY(0)}, {X: edge(i+1) - 0.5, Y: top}, {X: edge(i) + 0.5, Y: top}})
		}
	}
	c.StrokeLine2(guide, toX(0), toY(0), toX(1), toY(1))
	var line []vg.Point
	for _, b := range bins {
		if b.N == 0 {
			continue
		}
		at := vg.Point{X: toX(float64(b.Probability)), Y: toY(float64(b.Observed))}
		lo, hi := wilson(float64(b.Observed), float64(b.N))
		c.StrokeLine2(intervalLine, at.X, toY(lo), at.X, toY(hi))
		c.DrawGlyph(observedMark, at)
		line = append(line, at)
	}
	c.StrokeLines(observed, line)
}

// wilson is the 95 % interval of a fraction of n.
func wilson(fraction, n float64) (lo, hi float64) {
	const z = 1.959964
	centre := (fraction + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(fraction*(1-fraction)/n+z*z/(4*n*n))
	return centre - half, centre + half
}

// legend says what is what, how many there are and how far off, from the top of c.
func (bins reliability) legend(c draw.Canvas) {
	legend(c, []key{{"observed, 95 %", observed}, {"honest", guide}, {"share of all", shareLine}},
		[]string{"N = " + grouped(bins.total()), "ECE = " + thousandths(metrics.ECE(bins))})
}
