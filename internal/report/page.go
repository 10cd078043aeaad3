package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/astrovit/astrovit/internal/catalog"
)

// The parts of the page.
var (
	//go:embed page/page.html
	html string
	//go:embed page/style.css
	style string
	//go:embed page/page.js
	pageJS string
	//go:embed page/grades.js
	gradesJS string
	//go:embed page/gallery.js
	galleryJS string
	//go:embed page/grading.js
	gradingJS string
	//go:embed page/tiles.js
	tilesJS string
	//go:embed page/charts.js
	chartsJS string

	layout = template.Must(template.New(File).Parse(html))
)

// page is what the script of the page reads.
type page struct {
	Run        string      `json:"run"`
	Title      string      `json:"title"`
	Model      string      `json:"model"`
	Task       string      `json:"task"`
	Names      []string    `json:"names"`
	Bands      []string    `json:"bands"` // of candidates with a file a band
	Side       int         `json:"side"`
	Rows       int         `json:"rows"`
	Blank      int         `json:"blank"`
	Counts     []int       `json:"counts"` // null where a row has no label or one of too many
	Values     []bars      `json:"values"`
	Flux       bars        `json:"flux"`
	Tiles      []drawn     `json:"tiles"`
	Candidates []candidate `json:"candidates"`
}

// bars are those of a histogram.
type bars struct {
	Low    number `json:"low"`
	Width  number `json:"width"`
	Counts []int  `json:"counts"`
}

// drawn is a tile.
type drawn struct {
	Name    string `json:"name"`
	Width   int    `json:"width"`
	Height  int    `json:"height"`
	Up      bool   `json:"up"`
	Picture string `json:"picture"`
	Problem string `json:"problem,omitempty"`
	Marks   []mark `json:"marks"`
}

// mark is a row on a tile.
type mark struct {
	ID        string `json:"id"`
	Label     string `json:"label"`
	Top       int    `json:"top"` // the output that it is drawn as; of a regression 0
	Value     number `json:"value"`
	X         number `json:"x"`
	Y         number `json:"y"`
	RA        number `json:"ra"`
	Dec       number `json:"dec"`
	Candidate int    `json:"candidate"` // -1 if it is none
}

// candidate is a row in the gallery.
type candidate struct {
	ID      string   `json:"id"`
	File    string   `json:"file"`  // as given
	Files   []string `json:"files"` // where they are: one, or one a band
	HDU     int      `json:"hdu"`
	Plane   int      `json:"plane"`
	X       number   `json:"x"`
	Y       number   `json:"y"`
	RA      number   `json:"ra"`
	Dec     number   `json:"dec"`
	Sky     string   `json:"sky"` // sexagesimal
	Flux    number   `json:"flux"`
	Radius  number   `json:"radius"`
	Label   string   `json:"label"`
	Top     int      `json:"top"`
	Values  []number `json:"values"`
	Sigmas  []number `json:"sigmas"`
	Flags   []string `json:"flags"`
	Lists   []int    `json:"lists"`  // outputs of which it is one of the best
	Merged  int      `json:"merged"` // rows of several images that it is there for
	Tile    int      `json:"tile"`   // -1 if it is on none that is drawn
	Picture string   `json:"picture"`
	Heat    string   `json:"heat"`
	Problem string   `json:"problem,omitempty"`
}

// number is null where it is not one.
type number float64

func (v number) MarshalJSON() ([]byte, error) {
	if f := float64(v); !math.IsNaN(f) && !math.IsInf(f, 0) {
		return strconv.AppendFloat(nil, f, 'g', -1, 64), nil
	}
	return []byte("null"), nil
}

// short are values with as many digits as anyone reads.
func short(values []float64) []number {
	numbers := make([]number, len(values))
	for i, v := range values {
		rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 7, 64), 64)
		numbers[i] = number(rounded)
	}
	return numbers
}

func (r *Report) page(chosen []*Row, tiles []tile) *page {
	p := &page{
		Run: r.Run, Title: filepath.Base(r.Run), Model: r.Model, Task: string(r.Task), Names: r.Names, Bands: r.Bands, Side: r.Side,
		Rows: r.rows, Blank: r.blank, Flux: r.flux.all(),
		Tiles: make([]drawn, len(tiles)), Candidates: make([]candidate, len(chosen)),
	}
	if r.Task == catalog.Classify || r.Task == catalog.MultiLabel {
		p.Counts = r.counts
	}
	for i := range r.values {
		h := r.values[i].all()
		if r.probabilities() {
			h = r.values[i].bars(0, unitBins-1)
		}
		p.Values = append(p.Values, h)
	}
	tileAt := map[string]int{}
	for i, t := range tiles {
		tileAt[t.at] = i
		p.Tiles[i] = drawn{Name: t.name, Width: t.width, Height: t.height, Up: t.up, Picture: t.picture, Problem: text(t.err), Marks: []mark{}}
	}
	index := map[*Row]int{}
	for i, row := range chosen {
		index[row] = i
		p.Candidates[i] = r.candidate(row, tileAt)
	}
	for _, row := range r.kept() {
		at, ok := tileAt[row.at]
		if !ok {
			continue
		}
		candidate, ok := index[row.shown]
		if !ok {
			candidate = -1
		}
		top := r.top(row)
		p.Tiles[at].Marks = append(p.Tiles[at].Marks, mark{
			ID: brief(row.ID), Label: brief(row.Label), Top: top, Value: short(row.Values[top : top+1])[0],
			X: number(row.X), Y: number(row.Y), RA: number(row.RA), Dec: number(row.Dec), Candidate: candidate,
		})
	}
	return p
}

// top is the output with the highest value, where values can be compared; of votes
// the likeliest answer to the first question, with which the label begins.
func (r *Report) top(row *Row) int {
	if r.Task == catalog.Votes {
		answer, _, _ := strings.Cut(row.Label, "|")
		return max(0, slices.Index(r.Names, answer))
	}
	top := 0
	for i, v := range row.Values {
		if r.probabilities() && v > row.Values[top] {
			top = i
		}
	}
	return top
}

func (r *Report) candidate(row *Row, tileAt map[string]int) candidate {
	c := candidate{
		ID: row.ID, File: row.File, HDU: row.HDU, Plane: row.Plane,
		X: number(row.X), Y: number(row.Y), RA: number(row.RA), Dec: number(row.Dec), Sky: sexagesimal(row.RA, row.Dec), Flux: number(row.Flux), Radius: number(row.Radius),
		Label: row.Label, Top: r.top(row), Values: short(row.Values), Sigmas: short(row.Sigmas),
		Flags: append([]string{}, row.Flags...), Lists: row.lists, Merged: row.Merged, Tile: -1,
		Picture: row.sight.image, Heat: row.sight.heat, Problem: text(row.sight.err),
	}
	if !(row.Radius > 0) {
		c.Radius = number(math.NaN())
	}
	if at, ok := tileAt[row.at]; ok && row.onTile {
		c.Tile = at
	}
	for _, name := range row.Files {
		// The catalogue of grades may lie in any folder.
		if absolute, err := filepath.Abs(name); err == nil && name != "" {
			name = absolute
		}
		c.Files = append(c.Files, name)
	}
	return c
}

// brief bounds what is shown of a text that is repeated many times.
func brief(s string) string {
	const most = 100
	if runes := []rune(s[:min(len(s), 4*most+4)]); len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return s
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// write writes the page as HTML. Texts of the run, which nobody has checked, are in
// it as JSON only, and the script puts them there as text.
func (p *page) write(w io.Writer) error {
	err := layout.Execute(w, map[string]any{
		"Title":  p.Title,
		"Style":  template.CSS(style),
		"Data":   p,
		"Script": template.JS(strings.Join([]string{pageJS, gradesJS, galleryJS, gradingJS, tilesJS, chartsJS}, "\n")),
	})
	if err != nil {
		return fmt.Errorf("the page: %w", err)
	}
	return nil
}
