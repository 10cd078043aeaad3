package plots

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/astrovit/astrovit/internal/metrics"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// maxCurves is how many curves a figure can hold and its legend can name.
const maxCurves = 18

// ROC draws, under a caption, one receiver operating characteristic a class with its area in the
// legend, and the diagonal of a guess. A class without a curve (none or all of
// the rows are of it) is named with a dash for its area. Of more than 18
// classes those with the least area are drawn and the legend says so. Curves
// whose slices differ in length are an error.
func ROC(w io.Writer, caption string, curves []metrics.Curve) error {
	if err := checkCurves(curves); err != nil {
		return err
	}
	cs := characteristics{x: "False positive rate", y: "True positive rate", figure: "AUROC", diagonal: true}
	for _, c := range curves {
		cs.lines = append(cs.lines, line{name: c.Name, figure: c.AUROC, x: c.FPR, y: c.TPR})
	}
	return cs.draw(w, caption)
}

// LowFPR draws what ROC draws over a logarithm, for objects so rare that only
// the least false positive rates matter, in steps: the true positive rate that
// the false positive rate allows. The axis begins at the power of ten at or below the least that is not zero,
// and the curves there at TPR0; TPR10 is in the legend.
func LowFPR(w io.Writer, caption string, curves []metrics.Curve) error {
	if err := checkCurves(curves); err != nil {
		return err
	}
	cs := characteristics{x: "False positive rate", y: "True positive rate", figure: "TPR10", diagonal: true, floor: 0.1}
	for _, c := range curves {
		for _, x := range c.FPR {
			for x > 0 && x < cs.floor*(1-1e-9) {
				cs.floor /= 10
			}
		}
	}
	for _, c := range curves {
		l := line{name: c.Name, figure: c.TPR10}
		for i, x := range c.FPR {
			x = max(x, cs.floor)
			l.x, l.y = append(l.x, x, x), append(l.y, c.TPR[max(i-1, 0)], c.TPR[i])
		}
		cs.lines = append(cs.lines, l)
	}
	return cs.draw(w, caption)
}

// PurityCompleteness draws one curve a class, of precision over recall as
// astronomers call it, with the average precision in the legend: the area under
// the steps. It is otherwise like ROC.
func PurityCompleteness(w io.Writer, caption string, curves []metrics.Curve) error {
	if err := checkCurves(curves); err != nil {
		return err
	}
	cs := characteristics{x: "Completeness (recall)", y: "Purity (precision)", figure: "AUPRC"}
	for _, c := range curves {
		l := line{name: c.Name, figure: c.AveragePrecision}
		for i := 1; i < len(c.TPR); i++ {
			l.x = append(l.x, c.TPR[i-1], c.TPR[i])
			l.y = append(l.y, c.Purity[i], c.Purity[i])
		}
		cs.lines = append(cs.lines, l)
	}
	return cs.draw(w, caption)
}

func checkCurves(curves []metrics.Curve) error {
	for _, c := range curves {
		if len(c.FPR) != len(c.TPR) || len(c.Purity) != len(c.TPR) {
			return fmt.Errorf("plots: curve of %s has %d false and %d true positive rates and %d purities", c.Name, len(c.FPR), len(c.TPR), len(c.Purity))
		}
	}
	return nil
}

// line is what is known of one class.
type line struct {
	name   string
	figure metrics.Number // how well it does
	x, y   []float64
	spread [][2]float64 // of each y, from and to; nil: not drawn
}

// characteristics are lines in the unit square, a class each, and a figure of each in the legend.
type characteristics struct {
	x, y     string // titles
	figure   string // its title
	errors   bool   // it is one of errors: the greatest is the worst
	diagonal bool
	floor    float64 // x is a logarithm from here on; 0: it is not
	lines    []line
}

func (cs characteristics) draw(w io.Writer, caption string) error {
	var note string
	cs.lines, note = cs.shown()
	p := newPlot(cs.x, cs.y)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
	if cs.floor > 0 {
		p.X.Min, p.X.Scale, p.X.Tick.Marker = cs.floor, plot.LogScale{}, decades{}
	}
	p.Add(cs)
	legend := cs.legendWidth(note)
	width := inner - legend - legendGap
	f := newFigure(max(heightFor(p, width), cs.legendHeight()), caption)
	p.Draw(draw.Crop(f.Canvas, 0, width-inner, f.Max.Y-f.Min.Y-heightFor(p, width), 0))
	cs.legend(draw.Crop(f.Canvas, width+legendGap, 0, 0, 0), note)
	return f.encode(w)
}

// shown is the lines that there is room for: all or, worst first, those of the
// worst figures that have one. The note says which of how many, if there are more.
func (cs characteristics) shown() (lines []line, note string) {
	if len(cs.lines) <= maxCurves {
		return cs.lines, ""
	}
	defined := slices.DeleteFunc(slices.Clone(cs.lines), func(l line) bool { return !l.figure.Defined() })
	worst := "lowest"
	slices.SortStableFunc(defined, func(a, b line) int { return cmp.Compare(a.figure, b.figure) })
	if cs.errors {
		worst = "greatest"
		slices.Reverse(defined)
	}
	defined = defined[:min(maxCurves, len(defined))]
	return defined, fmt.Sprintf("%s %d of %d classes", worst, len(defined), len(cs.lines))
}

// guideSteps are the pieces of the diagonal, which over a logarithm is curved.
const guideSteps = 50

// Plot implements plot.Plotter.
func (cs characteristics) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	if cs.diagonal {
		var points []vg.Point
		for i := range guideSteps + 1 {
			v := float64(i) / guideSteps
			if cs.floor > 0 {
				v = math.Pow(cs.floor, 1-v)
			}
			points = append(points, vg.Point{X: toX(v), Y: toY(v)})
		}
		c.StrokeLines(guide, points)
	}
	for i, l := range cs.lines {
		style := lineStyle(i)
		points := make([]vg.Point, len(l.x))
		for k := range points {
			points[k] = vg.Point{X: toX(l.x[k]), Y: toY(l.y[k])}
		}
		mark := observedMark
		mark.Color = style.Color
		for k, s := range l.spread {
			c.StrokeLine2(draw.LineStyle{Color: style.Color, Width: thin}, points[k].X, toY(s[0]), points[k].X, toY(s[1]))
			c.DrawGlyph(mark, points[k])
		}
		c.StrokeLines(style, corners(points))
	}
}

// corners leaves out the inner points of level and upright stretches, of which
// a curve of many rows has thousands, and points that are there twice.
func corners(line []vg.Point) []vg.Point {
	line = slices.Compact(line)
	var kept []vg.Point
	for i, pt := range line {
		if i > 0 && i < len(line)-1 {
			before, after := line[i-1], line[i+1]
			if before.X == pt.X && pt.X == after.X || before.Y == pt.Y && pt.Y == after.Y {
				continue
			}
		}
		kept = append(kept, pt)
	}
	return kept
}

const (
	legendGap = vg.Length(14) // between the plot and the legend
	figureGap = vg.Length(8)  // between a name and its figure
)

// legendWidth is what the names need, between a quarter and nearly half of the figure.
func (cs characteristics) legendWidth(note string) vg.Length {
	style := textStyle(labelSize)
	name := style.Width(note) - keyWidth
	for _, l := range cs.lines {
		name = max(name, style.Width(l.name))
	}
	need := keyWidth + keyGap + name + figureGap + style.Width(cs.figure)
	return min(max(need, inner*0.25), inner*0.45)
}

func legendLeading() vg.Length { return textStyle(labelSize).Height("x") * 1.25 }

func (cs characteristics) legendHeight() vg.Length {
	return legendLeading() * vg.Length(len(cs.lines)+1)
}

// legend writes a table of sample, class and figure from the top of c.
func (cs characteristics) legend(c draw.Canvas, note string) {
	style := textStyle(labelSize)
	right := style
	right.XAlign = draw.XRight
	y := c.Max.Y - legendLeading()/2
	c.FillText(style, vg.Point{X: c.Min.X, Y: y}, note)
	c.FillText(right, vg.Point{X: c.Max.X, Y: y}, cs.figure)
	nameEnd := c.Max.X - style.Width(cs.figure) - figureGap
	for i, l := range cs.lines {
		y -= legendLeading()
		x := key{line: lineStyle(i)}.draw(c, c.Min.X, y)
		c.FillText(style, vg.Point{X: x, Y: y}, elide(style, l.name, nameEnd-x))
		c.FillText(right, vg.Point{X: c.Max.X, Y: y}, thousandths(l.figure))
	}
}

// thousandths is a figure as a legend has it.
func thousandths(x metrics.Number) string {
	if !x.Defined() {
		return "–"
	}
	return fmt.Sprintf("%.3f", float64(x))
}
