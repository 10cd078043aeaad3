package train

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/internal/progress"
)

// Of pictures larger than the input, the window shows the objects in the middle and not the neighbours around them; it is no
// smaller than what makes a picture no tile.
func TestWindowOfObjects(t *testing.T) {
	const side = 60
	// pictures have a square object of the given width at up to off pixels from the middle, and three neighbours.
	pictures := func(width, off int) look {
		dir, r := t.TempDir(), rand.New(rand.NewPCG(3, 3))
		var examples []example
		for i := range 40 {
			im := image.NewGray(image.Rect(0, 0, side, side))
			square := func(x, y, width int) {
				for k := range width * width {
					im.SetGray(x+k%width, y+k/width, color.Gray{200})
				}
			}
			at := (side - width) / 2
			square(at+r.IntN(2*off+1)-off, at+r.IntN(2*off+1)-off, width)
			for range 3 {
				square(r.IntN(side), r.IntN(side), 2)
			}
			file := filepath.Join(dir, fmt.Sprintf("%d.png", i))
			write(t, file, func(w io.Writer) error { return png.Encode(w, im) })
			examples = append(examples, example{object: catalog.Object{ID: file, Files: []string{file}, HDU: -1, Plane: -1}})
		}
		l, err := peek(examples, nil, 2)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for _, c := range []struct {
		name             string
		width, off, size int
		least, most      int
	}{
		{"objects of the middle half and more", 40, 0, 16, 36, 40},
		{"small objects", 10, 0, 16, side / 2, side / 2},
		{"an input of almost all", 10, 0, 50, side / 2, side / 2},
		{"an input of all", 10, 0, side, 0, 0},
		{"objects anywhere", 2, 29, 16, 0, 0},
	} {
		l := pictures(c.width, c.off)
		if w := l.window(c.size, 2); w < c.least || w > c.most {
			t.Errorf("%s: the window is %d, want %d to %d", c.name, w, c.least, c.most)
		}
		l.varied = true
		if w := l.window(c.size, 2); w != 0 {
			t.Errorf("%s: pictures of several sizes get the window %d", c.name, w)
		}
	}
	l := pictures(10, 0)
	r, err := fitRecipe(l, Settings{Stretch: "auto", NaN: "background"}, nil, [2]int{16, 16}, 2)
	if err != nil || r.Window != side/2 {
		t.Errorf("the recipe's window is %d, %v", r.Window, err)
	}
	if r, _ = fitRecipe(l, Settings{Stretch: "auto", NaN: "background", Window: side}, nil, [2]int{16, 16}, 2); r.Window != side {
		t.Errorf("where --window says %d, it is %d", side, r.Window)
	}
}

// The log tells of a window that nobody asked for, and of one that the images do not fill.
func TestWindowIsSaid(t *testing.T) {
	for _, c := range []struct {
		asked, sees int
		want        string
	}{{0, 40, "the middle 40 of 64 pixels"}, {80, 80, "do not fill --window 80"}, {64, 64, ""}, {0, 0, ""}} {
		var log bytes.Buffer
		o := Options{Log: progress.NewLog(&log)}
		o.sayWindow(prepare.Recipe{Window: c.sees}, Settings{Window: c.asked}, look{side: 64})
		if !strings.Contains(log.String(), c.want) || (log.Len() > 0) != (c.want != "") {
			t.Errorf("--window %d: %q, want %q", c.asked, log.String(), c.want)
		}
	}
}
