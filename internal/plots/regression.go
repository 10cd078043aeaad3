package plots

import (
	"fmt"
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/astrovit/astrovit/internal/metrics"
)

// Scatter is the prediction of one quantity. True and Predicted are
// [n]; Sigma, the standard deviations of the predictions, is [n]
// or nil. Rows that are not finite are left out.
type Scatter struct {
	Name                   string
	True, Predicted, Sigma []float64
}

// maxErrorBars is how many rows show their sigma before bars hide the points.
const maxErrorBars = 400

// Regression draws, under a caption, the predicted over the true values with the identity line,
// on equal axes, and beside them the number of rows, the root mean square and the mean of
// their differences, and R2. Lists of different lengths are an error.
func Regression(w io.Writer, caption string, s Scatter) error {
	if len(s.True) != len(s.Predicted) {
		return fmt.Errorf("plots: %s has %d true and %d predicted values", s.Name, len(s.True), len(s.Predicted))
	}
	if s.Sigma != nil && len(s.Sigma) != len(s.True) {
		return fmt.Errorf("plots: %s has %d values and %d standard deviations", s.Name, len(s.True), len(s.Sigma))
	}
	cloud := s.finite()
	scores, err := metrics.Regression(cloud.Predicted, nil, cloud.True, []string{s.Name}, metrics.Bootstrap{})
	if err != nil {
		return err
	}
	p := newPlot("True "+s.Name, "Predicted "+s.Name)
	lo, hi := cloud.extent()
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = lo, hi, lo, hi
	p.Add(cloud)
	width := inner * 0.74
	f := newFigure(heightFor(p, width), caption)
	p.Draw(draw.Crop(f.Canvas, 0, width-inner, 0, 0))
	cloud.legend(draw.Crop(f.Canvas, width+legendGap, 0, 0, 0), scores[0])
	return f.encode(w)
}

// finite keeps the rows that can be drawn.
func (s Scatter) finite() cloud {
	kept := Scatter{Name: s.Name}
	for i := range s.True {
		if !metrics.IsFinite(s.True[i]) || !metrics.IsFinite(s.Predicted[i]) {
			continue
		}
		kept.True = append(kept.True, s.True[i])
		kept.Predicted = append(kept.Predicted, s.Predicted[i])
		if s.Sigma != nil {
			kept.Sigma = append(kept.Sigma, s.Sigma[i])
		}
	}
	return cloud{kept}
}

// cloud draws the points of a scatter, all of them finite.
type cloud struct{ Scatter }

// extent is the range that holds both axes.
func (s cloud) extent() (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for i := range s.True {
		lo = min(lo, s.True[i], s.Predicted[i])
		hi = max(hi, s.True[i], s.Predicted[i])
	}
	if lo > hi {
		return 0, 1
	}
	return withMargin(lo, hi)
}

var (
	identity = draw.LineStyle{Color: ink, Width: thin, Dashes: []vg.Length{3, 2}}
	bar      = draw.LineStyle{Color: color.NRGBA{R: blue.R, G: blue.G, B: blue.B, A: 0x50}, Width: thin}
)

// Plot implements plot.Plotter.
func (s cloud) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	n := len(s.True)
	// More points are smaller and fainter, so that density still shows.
	crowd := min(max(math.Log10(float64(n)/100)/3, 0), 1)
	point := draw.GlyphStyle{Radius: vg.Length(2 - 1.3*crowd), Shape: draw.CircleGlyph{}}
	tint := blue
	tint.A = uint8(math.Round(255 * (0.7 - 0.6*crowd)))
	point.Color = tint
	for i := range s.True {
		x, y := toX(s.True[i]), toY(s.Predicted[i])
		if s.bars() && s.Sigma[i] > 0 && metrics.IsFinite(s.Sigma[i]) {
			ends := []vg.Point{{X: x, Y: toY(s.Predicted[i] - s.Sigma[i])}, {X: x, Y: toY(s.Predicted[i] + s.Sigma[i])}}
			c.StrokeLines(bar, c.ClipLinesY(ends)...)
		}
		c.DrawGlyph(point, vg.Point{X: x, Y: y})
	}
	c.StrokeLine2(identity, c.Min.X, c.Min.Y, c.Max.X, c.Max.Y)
}

// bars tells whether the points have error bars.
func (s cloud) bars() bool { return s.Sigma != nil && len(s.True) <= maxErrorBars }

// legend says what is what, and how far off, from the top of c.
func (s cloud) legend(c draw.Canvas, score metrics.ColumnScore) {
	keys := []key{{"identity", identity}}
	if s.bars() {
		keys = append(keys, key{"1 sigma", bar})
	}
	legend(c, keys, summary(score))
}

// summary is what the legend says in figures.
func summary(score metrics.ColumnScore) []string {
	lines := []string{"N = " + grouped(score.N)}
	if score.N == 0 {
		return lines
	}
	bias := score.Bias
	if math.Abs(float64(bias)) < 1e-12*float64(score.RMSE) { // rounding, where sums are the same by definition
		bias = 0
	}
	lines = append(lines, fmt.Sprintf("RMSE = %.3g", score.RMSE), minus(fmt.Sprintf("bias = %+.2g", bias)))
	if score.R2.Defined() {
		lines = append(lines, minus(fmt.Sprintf("R2 = %.3f", score.R2)))
	}
	return lines
}
