package plots

import (
	"fmt"
	"io"
	"slices"

	"github.com/astrovit/astrovit/internal/metrics"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// maxROC is how many curves a figure can hold and its legend can name.
const maxROC = 18

// ROC draws one receiver operating characteristic a class with its area in the
// legend, and the diagonal of a guess. A class without a curve (none or all of
// the rows are of it) is named with a dash for its area. Of more than 18
// classes those with the least area are drawn and the legend says so. Curves
// whose FPR and TPR differ in length are an error.
func ROC(w io.Writer, curves []metrics.Curve) error {
	for _, c := range curves {
		if len(c.FPR) != len(c.TPR) {
			return fmt.Errorf("plots: curve of %s has %d false and %d true positive rates", c.Name, len(c.FPR), len(c.TPR))
		}
	}
	note := ""
	if len(curves) > maxROC {
		note = fmt.Sprintf("lowest %d of %d classes", maxROC, len(curves))
		curves = worst(curves, maxROC)
	}
	p := newPlot("False positive rate", "True positive rate")
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
	p.Add(characteristics(curves))
	legend := legendWidth(curves, note)
	width := inner - legend - legendGap
	f := newFigure(max(heightFor(p, width), legendHeight(curves)))
	p.Draw(draw.Crop(f.Canvas, 0, width-inner, f.Max.Y-f.Min.Y-heightFor(p, width), 0))
	rocLegend(draw.Crop(f.Canvas, width+legendGap, 0, 0, 0), curves, note)
	return f.encode(w)
}

// worst returns the n defined curves of least area, worst first.
func worst(curves []metrics.Curve, n int) []metrics.Curve {
	defined := slices.DeleteFunc(slices.Clone(curves), func(c metrics.Curve) bool { return !c.AUROC.Defined() })
	slices.SortStableFunc(defined, func(a, b metrics.Curve) int {
		switch {
		case a.AUROC < b.AUROC:
			return -1
		case a.AUROC > b.AUROC:
			return 1
		}
		return 0
	})
	return defined[:min(n, len(defined))]
}

// characteristics draws the curves in the unit square.
type characteristics []metrics.Curve

// Plot implements plot.Plotter.
func (cs characteristics) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	c.StrokeLine2(draw.LineStyle{Color: grey, Width: thin, Dashes: []vg.Length{3, 2}}, toX(0), toY(0), toX(1), toY(1))
	for i, curve := range cs {
		line := make([]vg.Point, len(curve.FPR))
		for k := range line {
			line[k] = vg.Point{X: toX(curve.FPR[k]), Y: toY(curve.TPR[k])}
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
	areaTitle = "AUROC"
	areaGap   = vg.Length(8) // between a name and its area
)

// legendWidth is what the names need, between a quarter and nearly half of the figure.
func legendWidth(curves []metrics.Curve, note string) vg.Length {
	style := textStyle(labelSize)
	name := style.Width(note) - keyWidth
	for _, c := range curves {
		name = max(name, style.Width(c.Name))
	}
	need := keyWidth + keyGap + name + areaGap + style.Width(areaTitle)
	return min(max(need, inner*0.25), inner*0.45)
}

func legendLeading() vg.Length { return textStyle(labelSize).Height("x") * 1.25 }

func legendHeight(curves []metrics.Curve) vg.Length {
	return legendLeading() * vg.Length(len(curves)+1)
}

// rocLegend writes a table of sample, class and area from the top of c.
func rocLegend(c draw.Canvas, curves []metrics.Curve, note string) {
	style := textStyle(labelSize)
	right := style
	right.XAlign = draw.XRight
	y := c.Max.Y - legendLeading()/2
	c.FillText(style, vg.Point{X: c.Min.X, Y: y}, note)
	c.FillText(right, vg.Point{X: c.Max.X, Y: y}, areaTitle)
	nameEnd := c.Max.X - style.Width(areaTitle) - areaGap
	for i, curve := range curves {
		y -= legendLeading()
		area := "–"
		if curve.AUROC.Defined() {
			area = fmt.Sprintf("%.3f", float64(curve.AUROC))
		}
		x := key{line: lineStyle(i)}.draw(c, c.Min.X, y)
		c.FillText(style, vg.Point{X: x, Y: y}, elide(style, curve.Name, nameEnd-x))
		c.FillText(right, vg.Point{X: c.Max.X, Y: y}, area)
	}
}
