package plots

import (
	"cmp"
	"fmt"
	"io"
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
	return characteristics{
		x: "False positive rate", y: "True positive rate", areaTitle: "AUROC",
		area:     func(c metrics.Curve) metrics.Number { return c.AUROC },
		path:     func(c metrics.Curve) (x, y []float64) { return c.FPR, c.TPR },
		diagonal: true, curves: curves,
	}.draw(w, caption)
}

// PurityCompleteness draws one curve a class, of precision over recall as
// astronomers call it, with the average precision in the legend: the area under
// the steps. It is otherwise like ROC.
func PurityCompleteness(w io.Writer, caption string, curves []metrics.Curve) error {
	return characteristics{
		x: "Completeness (recall)", y: "Purity (precision)", areaTitle: "AUPRC",
		area: func(c metrics.Curve) metrics.Number { return c.AveragePrecision },
		path: func(c metrics.Curve) (x, y []float64) {
			for i := 1; i < len(c.TPR); i++ {
				x = append(x, c.TPR[i-1], c.TPR[i])
				y = append(y, c.Purity[i], c.Purity[i])
			}
			return x, y
		},
		curves: curves,
	}.draw(w, caption)
}

// characteristics are curves in the unit square.
type characteristics struct {
	x, y      string // titles
	areaTitle string
	area      func(metrics.Curve) metrics.Number
	path      func(metrics.Curve) (x, y []float64)
	diagonal  bool
	curves    []metrics.Curve
}

func (cs characteristics) draw(w io.Writer, caption string) error {
	for _, c := range cs.curves {
		if len(c.FPR) != len(c.TPR) || len(c.Purity) != len(c.TPR) {
			return fmt.Errorf("plots: curve of %s has %d false and %d true positive rates and %d purities", c.Name, len(c.FPR), len(c.TPR), len(c.Purity))
		}
	}
	var note string
	cs.curves, note = cs.shown()
	p := newPlot(cs.x, cs.y)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
	p.Add(cs)
	legend := cs.legendWidth(note)
	width := inner - legend - legendGap
	f := newFigure(max(heightFor(p, width), cs.legendHeight()), caption)
	p.Draw(draw.Crop(f.Canvas, 0, width-inner, f.Max.Y-f.Min.Y-heightFor(p, width), 0))
	cs.legend(draw.Crop(f.Canvas, width+legendGap, 0, 0, 0), note)
	return f.encode(w)
}

// shown is the curves that there is room for: all or, worst first, those of least
// area that have one. The note says which of how many, if there are more.
func (cs characteristics) shown() (curves []metrics.Curve, note string) {
	if len(cs.curves) <= maxCurves {
		return cs.curves, ""
	}
	defined := slices.DeleteFunc(slices.Clone(cs.curves), func(c metrics.Curve) bool { return !cs.area(c).Defined() })
	slices.SortStableFunc(defined, func(a, b metrics.Curve) int { return cmp.Compare(cs.area(a), cs.area(b)) })
	defined = defined[:min(maxCurves, len(defined))]
	return defined, fmt.Sprintf("lowest %d of %d classes", len(defined), len(cs.curves))
}

// Plot implements plot.Plotter.
func (cs characteristics) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	if cs.diagonal {
		c.StrokeLine2(guide, toX(0), toY(0), toX(1), toY(1))
	}
	for i, curve := range cs.curves {
		x, y := cs.path(curve)
		line := make([]vg.Point, len(x))
		for k := range line {
			line[k] = vg.Point{X: toX(x[k]), Y: toY(y[k])}
		}
		c.StrokeLines(lineStyle(i), corners(line))
	}
}

// corners leaves out the inner points of level and upright stretches, of which
// a curve of many rows has thousands.
func corners(line []vg.Point) []vg.Point {
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
	areaGap   = vg.Length(8)  // between a name and its area
)

// legendWidth is what the names need, between a quarter and nearly half of the figure.
func (cs characteristics) legendWidth(note string) vg.Length {
	style := textStyle(labelSize)
	name := style.Width(note) - keyWidth
	for _, c := range cs.curves {
		name = max(name, style.Width(c.Name))
	}
	need := keyWidth + keyGap + name + areaGap + style.Width(cs.areaTitle)
	return min(max(need, inner*0.25), inner*0.45)
}

func legendLeading() vg.Length { return textStyle(labelSize).Height("x") * 1.25 }

func (cs characteristics) legendHeight() vg.Length {
	return legendLeading() * vg.Length(len(cs.curves)+1)
}

// legend writes a table of sample, class and area from the top of c.
func (cs characteristics) legend(c draw.Canvas, note string) {
	style := textStyle(labelSize)
	right := style
	right.XAlign = draw.XRight
	y := c.Max.Y - legendLeading()/2
	c.FillText(style, vg.Point{X: c.Min.X, Y: y}, note)
	c.FillText(right, vg.Point{X: c.Max.X, Y: y}, cs.areaTitle)
	nameEnd := c.Max.X - style.Width(cs.areaTitle) - areaGap
	for i, curve := range cs.curves {
		y -= legendLeading()
		area := "–"
		if cs.area(curve).Defined() {
			area = fmt.Sprintf("%.3f", float64(cs.area(curve)))
		}
		x := key{line: lineStyle(i)}.draw(c, c.Min.X, y)
		c.FillText(style, vg.Point{X: x, Y: y}, elide(style, curve.Name, nameEnd-x))
		c.FillText(right, vg.Point{X: c.Max.X, Y: y}, area)
	}
}
