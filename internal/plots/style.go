// Package plots draws the figures of a run as PNG: training curves, confusion
// matrix, receiver operating characteristics, purity over completeness,
// reliability, and regression.
//
// Every figure is 1200 pixels wide, which is a 6 inch figure at 200 dots an
// inch, so that it can go into a paper as it is. Colours are those of Okabe and
// Ito (2008), which the colour-blind can tell apart.
package plots

import (
	"bufio"
	"image/color"
	"image/png"
	"io"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Width is the width of every figure in pixels.
const Width = 1200

const (
	dpi       = 200
	margin    = vg.Length(6) // free border of a figure, points
	titleSize = vg.Length(9.5)
	labelSize = vg.Length(8.5)
	thin      = vg.Length(0.6)
	stroke    = vg.Length(1.3)
)

var (
	ink  = color.NRGBA{R: 0x26, G: 0x26, B: 0x26, A: 0xff} // text and axes
	grey = color.NRGBA{R: 0x8c, G: 0x8c, B: 0x8c, A: 0xff} // guides

	blue      = color.NRGBA{R: 0x00, G: 0x72, B: 0xb2, A: 0xff}
	vermilion = color.NRGBA{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff}

	// palette is Okabe and Ito's without yellow, which is too faint on white.
	palette = []color.NRGBA{
		blue,
		vermilion,
		{R: 0x00, G: 0x9e, B: 0x73, A: 0xff}, // bluish green
		{R: 0xcc, G: 0x79, B: 0xa7, A: 0xff}, // reddish purple
		{R: 0xe6, G: 0x9f, B: 0x00, A: 0xff}, // orange
		{R: 0x56, G: 0xb4, B: 0xe9, A: 0xff}, // sky blue
		ink,
	}

	dashes = [][]vg.Length{nil, {4, 2}, {1, 1.5}, {6, 2, 1, 2}}
)

// guide is a line that is there to compare with.
var guide = draw.LineStyle{Color: grey, Width: thin, Dashes: []vg.Length{3, 2}}

// lineStyle is the i-th of a family of lines: first all colours, then all again dashed.
func lineStyle(i int) draw.LineStyle {
	return draw.LineStyle{
		Color:  palette[i%len(palette)],
		Width:  stroke,
		Dashes: dashes[i/len(palette)%len(dashes)],
	}
}

// textStyle is upright sans serif, aligned to the left and centred on its height.
func textStyle(size vg.Length) text.Style {
	return text.Style{
		Color:   ink,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Size: size},
		XAlign:  draw.XLeft,
		YAlign:  draw.YCenter,
		Handler: plot.DefaultTextHandler,
	}
}

// figure is a picture being drawn; its canvas is what the margin leaves.
type figure struct {
	image *vgimg.Canvas
	draw.Canvas
}

const (
	pixel = vg.Inch / dpi
	inner = Width*pixel - 2*margin // width of a figure without its margins
)

// newFigure is white, Width pixels wide, with the given height between its margins, or between them and a caption, which says
// what the figure is of.
func newFigure(height vg.Length, caption string) figure {
	style := textStyle(labelSize)
	style.Color = grey
	row := vg.Length(0)
	if caption != "" {
		row = style.Height("x") + 8
	}
	image := vgimg.NewWith(vgimg.UseWH(Width*pixel, height+row+2*margin), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.White))
	c := draw.Crop(draw.New(image), margin, -margin, margin, -margin)
	c.FillText(style, vg.Point{X: c.Min.X, Y: c.Max.Y - style.Height("x")/2}, elide(style, caption, inner))
	return figure{image, draw.Crop(c, 0, 0, 0, -row)}
}

func (f figure) encode(w io.Writer) error {
	b := bufio.NewWriter(w)
	if err := png.Encode(b, f.image.Image()); err != nil {
		return err
	}
	return b.Flush()
}

// newPlot has axes in the common style; a title names the quantity and its unit.
func newPlot(x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.X.Label.Text, p.Y.Label.Text = x, y
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font = textStyle(titleSize).Font
		axis.Label.TextStyle.Color = ink
		axis.Label.Padding = 3
		axis.LineStyle = draw.LineStyle{Color: ink, Width: thin}
		axis.Padding = 0
		axis.Tick.Label.Font = textStyle(labelSize).Font
		axis.Tick.Label.Color = ink
		axis.Tick.LineStyle = axis.LineStyle
		axis.Tick.Length = 4
		axis.Tick.Marker = ticks{most: 6}
	}
	return p
}

// heightFor is the height, in points, at which a plot of the given width has a
// data area as high as it is wide.
func heightFor(p *plot.Plot, width vg.Length) vg.Length {
	try := draw.Canvas{Rectangle: vg.Rectangle{Max: vg.Point{X: width, Y: width}}}
	data := p.DataCanvas(try).Rectangle.Size()
	return width + data.X - data.Y
}

// key is one entry of a legend.
type key struct {
	label string
	line  draw.LineStyle
}

const (
	keyWidth = vg.Length(18) // of the sample beside a label
	keyGap   = vg.Length(4)
)

// draw puts the sample's left end at (x, y) and returns where the label starts.
func (k key) draw(c draw.Canvas, x, y vg.Length) vg.Length {
	c.StrokeLine2(k.line, x, y, x+keyWidth, y)
	return x + keyWidth + keyGap
}

// legend draws the keys below each other from the top of c, and below them lines of text.
func legend(c draw.Canvas, keys []key, lines []string) {
	style := textStyle(labelSize)
	y := c.Max.Y - legendLeading()/2
	for _, k := range keys {
		c.FillText(style, vg.Point{X: k.draw(c, c.Min.X, y), Y: y}, k.label)
		y -= legendLeading()
	}
	for _, line := range lines {
		y -= legendLeading() / 2
		c.FillText(style, vg.Point{X: c.Min.X, Y: y}, line)
		y -= legendLeading() / 2
	}
}

// keyRow draws the keys side by side along the top of c and returns what is left of c.
func keyRow(c draw.Canvas, keys []key) draw.Canvas {
	style := textStyle(labelSize)
	height := style.Height("x")
	x, y := c.Min.X, c.Max.Y-height/2
	for _, k := range keys {
		x = k.draw(c, x, y)
		c.FillText(style, vg.Point{X: x, Y: y}, k.label)
		x += style.Width(k.label) + 14
	}
	return draw.Crop(c, 0, 0, 0, -height-10)
}

// elide shortens s from its middle until it is no wider than width.
func elide(style text.Style, s string, width vg.Length) string {
	if style.Width(s) <= width {
		return s
	}
	runes := []rune(s)
	for n := len(runes) - 1; n > 1; n-- {
		head, tail := string(runes[:(n+1)/2]), string(runes[len(runes)-n/2:])
		short := strings.TrimRight(head, " ") + "…" + strings.TrimLeft(tail, " ")
		if style.Width(short) <= width {
			return short
		}
	}
	return "…"
}
