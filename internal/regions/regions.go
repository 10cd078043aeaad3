// Package regions writes DS9 region files: circles on the sky, a colour a class.
package regions

import (
	"bufio"
	"fmt"
	"math"
	"strings"

	"github.com/astrovit/astrovit/internal/whole"
)

// colours are those of the classes in the order of their first regions: the
// palette of Wong (2011), which colour-blind people tell apart, for a black sky.
var colours = []string{"#56B4E9", "#E69F00", "#009E73", "#F0E442", "#CC79A7", "#D55E00", "#0072B2", "#FFFFFF"}

// Region is a circle on the sky about a row.
type Region struct {
	ID, Label   string
	RA, Dec     float64 // degrees, ICRS
	Radius      float64 // arcsec; 0 or NaN: 5
	Probability float64 // of the label; NaN: unknown
}

// Writer writes a file of regions. It appears whole or not at all.
type Writer struct {
	file    *whole.File
	out     *bufio.Writer
	classes map[string]int
	nowhere int // on the sky, and left out
}

// Create begins a file.
func Create(name string) (*Writer, error) {
	whole.Sweep(name)
	file, err := whole.Create(name)
	if err != nil {
		return nil, err
	}
	w := &Writer{file: file, out: bufio.NewWriter(file), classes: map[string]int{}}
	fmt.Fprintln(w.out, "# Region file format: DS9 version 4.1")
	_, err = fmt.Fprintln(w.out, "icrs") // an error of bufio stays
	return w, err
}

// Add adds a region; one that is nowhere on the sky is left out.
func (w *Writer) Add(r Region) error {
	if math.IsNaN(r.RA) || math.IsNaN(r.Dec) {
		w.nowhere++
		return nil
	}
	class, _, _ := strings.Cut(r.Label, "|")
	if _, known := w.classes[class]; !known {
		w.classes[class] = len(w.classes)
	}
	radius, text := r.Radius, r.Label
	if !(radius > 0) {
		radius = 5
	}
	if text == "" {
		text = r.ID
	} else if !math.IsNaN(r.Probability) {
		text = fmt.Sprintf("%s %.2f", r.Label, r.Probability)
	}
	_, err := fmt.Fprintf(w.out, "circle(%.7f,%.7f,%.3f\") # color=%s text={%s} tag={%s}\n",
		r.RA, r.Dec, radius, colours[w.classes[class]%len(colours)], inBraces(text), inBraces(class))
	return err
}

// Lost says how many rows have no region; "" if all have one.
func (w *Writer) Lost() string {
	if w.nowhere == 0 {
		return ""
	}
	return fmt.Sprintf("rows without a position on the sky, and so without a region: %d", w.nowhere)
}

// inBraces is a text as it can stand in braces on a line.
func inBraces(text string) string {
	return strings.Map(func(c rune) rune {
		if c == '{' || c == '}' || c < ' ' {
			return '_'
		}
		return c
	}, text)
}

// Close brings the file safely to disk and gives it its name.
func (w *Writer) Close() error {
	if err := w.out.Flush(); err != nil {
		return err
	}
	return w.file.Close()
}

// Abort drops what was written. After Close it does nothing.
func (w *Writer) Abort() { w.file.Abort() }
