package plots

import (
	"fmt"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/astrovit/astrovit/internal/metrics"
)

// Panel is one quantity as it went over the epochs 1, 2, ..., such as the loss
// or the accuracy. Title names it with its unit: "Cross-entropy (nats)". A nil
// series is not drawn; an entry that is not finite is a gap in its line.
type Panel struct {
	Title                string
	Training, Validation []float64
}

// Curves draws the panels side by side, two to a row, and marks the best epoch
// (from 1; 0: none) in each. Series of different lengths are an error, as is a
// best epoch that is not among them.
func Curves(w io.Writer, best int, panels ...Panel) error {
	epochs, err := countEpochs(panels)
	if err != nil {
		return err
	}
	if best < 0 || best > epochs {
		return fmt.Errorf("plots: best epoch %d, want one of 1 to %d", best, epochs)
	}
	columns := min(len(panels), 2)
	rows := (len(panels) + 1) / 2
	height := 190 * vg.Length(rows)
	if columns == 1 {
		height = 260
	}
	f := newFigure(height, "")
	body := keyRow(f.Canvas, curveKeys(best, panels))

	grid := make([][]*plot.Plot, rows)
	for r := range grid {
		grid[r] = make([]*plot.Plot, columns)
		for c := range grid[r] {
			if i := r*columns + c; i < len(panels) {
				grid[r][c] = panels[i].plot(best, epochs)
			}
		}
	}
	tiles := draw.Tiles{Rows: rows, Cols: columns, PadX: 16, PadY: 14}
	for r, row := range plot.Align(grid, tiles, body) {
		for c, canvas := range row {
			if grid[r][c] != nil {
				grid[r][c].Draw(canvas)
			}
		}
	}
	return f.encode(w)
}

func countEpochs(panels []Panel) (int, error) {
	if len(panels) == 0 {
		return 0, fmt.Errorf("plots: no panels")
	}
	epochs := 0
	for _, p := range panels {
		for _, series := range [][]float64{p.Training, p.Validation} {
			if len(series) == 0 {
				continue
			}
			if epochs > 0 && len(series) != epochs {
				return 0, fmt.Errorf("plots: %s has %d epochs, another series %d", p.Title, len(series), epochs)
			}
			epochs = len(series)
		}
	}
	return epochs, nil
}

var (
	trainingLine   = draw.LineStyle{Color: blue, Width: stroke}
	validationLine = draw.LineStyle{Color: vermilion, Width: stroke}
	bestPoint      = draw.GlyphStyle{Color: vermilion, Radius: 2.6, Shape: draw.CircleGlyph{}}
)

func curveKeys(best int, panels []Panel) []key {
	var training, validation bool
	for _, p := range panels {
		training = training || len(p.Training) > 0
		validation = validation || len(p.Validation) > 0
	}
	var keys []key
	if training {
		keys = append(keys, key{label: "training", line: trainingLine})
	}
	if validation {
		keys = append(keys, key{label: "validation", line: validationLine})
	}
	if best > 0 {
		keys = append(keys, key{label: fmt.Sprintf("best epoch: %d", best), line: guide})
	}
	return keys
}

func (p Panel) plot(best, epochs int) *plot.Plot {
	g := newPlot("Epoch", p.Title)
	g.X.Min, g.X.Max = withMargin(1, float64(max(epochs, 1)))
	g.X.Tick.Marker = ticks{most: 6, whole: true}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, series := range [][]float64{p.Training, p.Validation} {
		for _, y := range series {
			if metrics.IsFinite(y) {
				lo, hi = min(lo, y), max(hi, y)
			}
		}
	}
	if lo > hi { // nothing to draw yet
		lo, hi = 0, 1
	}
	g.Y.Min, g.Y.Max = withMargin(lo, hi)
	g.Add(history{p, best})
	return g
}

// history draws the lines of a panel.
type history struct {
	Panel
	best int
}

// Plot implements plot.Plotter.
func (h history) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	if h.best > 0 {
		x := toX(float64(h.best))
		c.StrokeLine2(guide, x, c.Min.Y, x, c.Max.Y)
	}
	for _, s := range []struct {
		values []float64
		line   draw.LineStyle
	}{{h.Training, trainingLine}, {h.Validation, validationLine}} {
		for _, run := range finiteRuns(s.values, toX, toY) {
			if len(run) == 1 {
				c.DrawGlyph(draw.GlyphStyle{Color: s.line.Color, Radius: 2, Shape: draw.CircleGlyph{}}, run[0])
				continue
			}
			c.StrokeLines(s.line, run)
		}
	}
	if h.best > 0 && len(h.Validation) > 0 && metrics.IsFinite(h.Validation[h.best-1]) {
		c.DrawGlyph(bestPoint, vg.Point{X: toX(float64(h.best)), Y: toY(h.Validation[h.best-1])})
	}
}

// finiteRuns splits a series at its gaps into lines on the canvas.
func finiteRuns(values []float64, toX, toY func(float64) vg.Length) [][]vg.Point {
	var runs [][]vg.Point
	var run []vg.Point
	for i, y := range values {
		if metrics.IsFinite(y) {
			run = append(run, vg.Point{X: toX(float64(i + 1)), Y: toY(y)})
			continue
		}
		if run != nil {
			runs, run = append(runs, run), nil
		}
	}
	if run != nil {
		runs = append(runs, run)
	}
	return runs
}
