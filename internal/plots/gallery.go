package plots

import (
	"fmt"
	"image"
	"io"

	"golang.org/x/image/draw"
	"gonum.org/v1/plot/vg"
)

// Row is pictures of one size side by side, under a title.
type Row struct {
	Title    string
	Pictures []image.Image
}

// Gallery draws rows of pictures, the i-th of each row under the other. Small pictures are enlarged by a whole number. Rows
// without a picture, or of different lengths, are an error.
func Gallery(w io.Writer, rows []Row) error {
	const gap, border, title = 8, 17, 34 // pixels; the border is the margin
	if len(rows) == 0 || len(rows[0].Pictures) == 0 {
		return fmt.Errorf("plots: no pictures")
	}
	n, size := len(rows[0].Pictures), rows[0].Pictures[0].Bounds().Size()
	width := (Width - 2*border - (n-1)*gap) / max(n, 4)
	resample := draw.Scaler(draw.CatmullRom)
	if scale := width / size.X; scale > 0 {
		width, resample = scale*size.X, draw.NearestNeighbor
	}
	height := width * size.Y / size.X
	f := newFigure(vg.Length(len(rows)*(title+height+gap)-gap)*pixel, "")
	for r, row := range rows {
		if len(row.Pictures) != n {
			return fmt.Errorf("plots: %s has %d pictures, %s has %d", row.Title, len(row.Pictures), rows[0].Title, n)
		}
		top := f.Max.Y - vg.Length(r*(title+height+gap))*pixel
		f.FillText(textStyle(labelSize), vg.Point{X: f.Min.X, Y: top - title/2*pixel}, row.Title)
		for i, picture := range row.Pictures {
			large := image.NewRGBA(image.Rect(0, 0, width, height))
			resample.Scale(large, large.Bounds(), picture, picture.Bounds(), draw.Src, nil)
			corner := vg.Point{X: f.Min.X + vg.Length(i*(width+gap))*pixel, Y: top - vg.Length(title+height)*pixel}
			f.DrawImage(vg.Rectangle{Min: corner, Max: corner.Add(vg.Point{X: vg.Length(width) * pixel, Y: vg.Length(height) * pixel})}, large)
		}
	}
	return f.encode(w)
}
