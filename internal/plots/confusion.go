package plots

import (
	"fmt"
	"image/color"
	"io"
	"math"

	"github.com/astrovit/astrovit/internal/metrics"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// ConfusionMatrix draws, under a caption, the counts, true classes downwards and predicted ones
// across. A cell's colour is the fraction of its row, white for none and dark
// for all; the number is the count, with the fraction in per cent beneath
// where there is room (from some 35 classes on there is for neither). The row of a class without examples is grey.
// A matrix that is not [N][N] for N classes is an error.
func ConfusionMatrix(w io.Writer, caption string, classes []string, counts metrics.Confusion) error {
	n := len(classes)
	if n == 0 {
		return fmt.Errorf("plots: no classes")
	}
	if len(counts) != n {
		return fmt.Errorf("plots: confusion matrix has %d rows, want %d", len(counts), n)
	}
	for i, row := range counts {
		if len(row) != n {
			return fmt.Errorf("plots: row %s of the confusion matrix has %d columns, want %d", classes[i], len(row), n)
		}
	}
	p := newPlot("Predicted class", "True class")
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -0.5, float64(n)-0.5, -0.5, float64(n)-0.5
	p.X.Tick.Length, p.Y.Tick.Length = 0, 0
	p.X.LineStyle.Width, p.Y.LineStyle.Width = 0, 0
	p.X.Padding, p.Y.Padding = 3, 1
	labelClasses(p, classes)
	p.Add(matrix{counts})

	const width = inner - scaleWidth - scaleGap
	f := newFigure(heightFor(p, width), caption)
	body := draw.Crop(f.Canvas, 0, width-inner, 0, 0)
	p.Draw(body)
	scale := draw.Crop(f.Canvas, width+scaleGap, 0, 0, 0)
	data := p.DataCanvas(body)
	scale.Min.Y, scale.Max.Y = data.Min.Y, data.Max.Y
	drawScale(scale)
	return f.encode(w)
}

const (
	nameWidth  = vg.Length(110) // of a class name before it is elided
	scaleWidth = vg.Length(40)  // of the colour bar with its title
	scaleGap   = vg.Length(10)
)

// labelClasses names rows and columns; names too wide for a column are slanted.
func labelClasses(p *plot.Plot, classes []string) {
	n := len(classes)
	style := &p.X.Tick.Label
	size := min(labelSize, max(4, 200/vg.Length(n)))
	style.Font.Size, p.Y.Tick.Label.Font.Size = size, size
	var columns, rows []plot.Tick
	widest := vg.Length(0)
	for i, name := range classes {
		name = elide(*style, name, nameWidth)
		widest = max(widest, style.Width(name))
		columns = append(columns, plot.Tick{Value: float64(i), Label: name})
		rows = append(rows, plot.Tick{Value: float64(n - 1 - i), Label: name})
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.ConstantTicks(columns), plot.ConstantTicks(rows)
	if widest > 280/vg.Length(n) {
		style.Rotation = math.Pi / 4
		style.XAlign, style.YAlign = draw.XRight, draw.YCenter
	}
}

// matrix draws the cells; row 0 is on top.
type matrix struct{ counts metrics.Confusion }

// Plot implements plot.Plotter.
func (m matrix) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	n := len(m.counts)
	side := toX(1) - toX(0)
	number, percent := m.cellStyles(side)
	for i, row := range m.counts.Normalised() {
		for j, fraction := range row {
			x, y := toX(float64(j)), toY(float64(n-1-i))
			fill := shade(fraction)
			c.FillPolygon(fill, box(x, y, side/2))
			text := contrasting(fill)
			number.Color, percent.Color = text, text
			switch {
			case number.Font.Size < 4.5: // too small to read: the colour speaks
			case percent.Font.Size == 0 || math.IsNaN(fraction):
				c.FillText(number, vg.Point{X: x, Y: y}, grouped(m.counts[i][j]))
			default:
				gap := number.Font.Size * 0.62
				c.FillText(number, vg.Point{X: x, Y: y + gap}, grouped(m.counts[i][j]))
				c.FillText(percent, vg.Point{X: x, Y: y - gap}, percentage(fraction))
			}
		}
	}
	line := draw.LineStyle{Color: color.White, Width: min(0.8, side/20)}
	for k := range n + 1 {
		edge := float64(k) - 0.5
		c.StrokeLine2(line, toX(edge), c.Min.Y, toX(edge), c.Max.Y)
		c.StrokeLine2(line, c.Min.X, toY(edge), c.Max.X, toY(edge))
	}
	frame := draw.LineStyle{Color: ink, Width: thin}
	c.StrokeLines(frame, []vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}, c.Min})
}

// cellStyles makes the widest count fill four fifths of a cell at most. A
// percentage is left out (size 0) where two lines would crowd the cell.
func (m matrix) cellStyles(side vg.Length) (number, percent text.Style) {
	const most = 13
	number = textStyle(most)
	number.XAlign = draw.XCenter
	widest := vg.Length(0)
	for _, row := range m.counts {
		for _, k := range row {
			widest = max(widest, number.Width(grouped(k)))
		}
	}
	number.Font.Size = min(most, most*side*0.8/widest, side*0.5)
	percent = number
	percent.Font.Size = min(number.Font.Size*0.8, 9)
	if side < 22 || percent.Font.Size < 5 {
		percent.Font.Size = 0
	}
	return number, percent
}

func percentage(fraction float64) string {
	if fraction > 0 && fraction < 0.0095 || fraction > 0.9905 && fraction < 1 {
		return fmt.Sprintf("%.1f %%", 100*fraction)
	}
	return fmt.Sprintf("%.0f %%", 100*fraction)
}

// box is the square of the given half side about (x, y).
func box(x, y, half vg.Length) []vg.Point {
	return []vg.Point{{X: x - half, Y: y - half}, {X: x + half, Y: y - half}, {X: x + half, Y: y + half}, {X: x - half, Y: y + half}}
}

// drawScale draws the colour bar of fractions, from 0 at the bottom to 1.
func drawScale(c draw.Canvas) {
	const width, steps = vg.Length(9), 200
	height := (c.Max.Y - c.Min.Y) / steps
	for i := range steps {
		y := c.Min.Y + vg.Length(i)*height
		c.FillPolygon(shade((float64(i)+0.5)/steps), []vg.Point{
			{X: c.Min.X, Y: y}, {X: c.Min.X + width, Y: y},
			{X: c.Min.X + width, Y: min(y+1.5*height, c.Max.Y)}, {X: c.Min.X, Y: min(y+1.5*height, c.Max.Y)}, // overlap hides seams
		})
	}
	frame := draw.LineStyle{Color: ink, Width: thin}
	c.StrokeLines(frame, []vg.Point{c.Min, {X: c.Min.X + width, Y: c.Min.Y}, {X: c.Min.X + width, Y: c.Max.Y}, {X: c.Min.X, Y: c.Max.Y}, c.Min})
	style := textStyle(labelSize)
	for _, fraction := range []float64{0, 0.5, 1} {
		y := c.Min.Y + vg.Length(fraction)*(c.Max.Y-c.Min.Y)
		style.YAlign = draw.YAlignment(-fraction) // the ends stay within the bar's height
		c.FillText(style, vg.Point{X: c.Min.X + width + 3, Y: y}, fmt.Sprint(fraction))
	}
	title := textStyle(titleSize)
	title.XAlign, title.Rotation = draw.XCenter, math.Pi/2
	c.FillText(title, vg.Point{X: c.Min.X + width + 24, Y: c.Center().Y}, "Fraction of the true class")
}
