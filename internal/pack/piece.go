package pack

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cutout"
	"github.com/astrovit/astrovit/internal/pixels"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/patch"
)

// piece is what is packed of a row.
type piece struct {
	parts  []pixels.Stored // one a file; compressed if that is wanted
	photo  bool
	stack  bool        // it comes from a stack
	sky    []fits.Card // numbers are float64
	dx, dy int         // of its first pixel in the image
	kind   string      // what is of one kind goes into one stack
	digest digest
	err    error
}

// digest is the same for pieces that are copies.
type digest [16]byte

// read reads what is packed of an object.
func (o Options) read(object catalog.Object) (p piece) {
	if object.File == "" {
		return piece{err: fmt.Errorf("names no file")}
	}
	if object.Err != nil {
		return piece{err: object.Err}
	}
	file, err := pixels.Open(pixels.Source{Files: object.Files, HDU: object.HDU})
	if err != nil {
		return piece{err: err}
	}
	defer file.Close()
	f, i, err := cutout.One(file, object.Plane)
	if err != nil {
		return piece{err: err}
	}
	x, y, height, width, err := o.region(f, object)
	if err != nil {
		return piece{err: err}
	}
	p.parts, p.err = f.Stored(i, x, y, height, width)
	p.photo, p.stack, p.dx, p.dy = f.Photo(), !f.Single(), x, y
	if f.Len() == 1 && f.WCS() != nil {
		p.sky = keywords(f.WCS().Shift(float64(x), float64(y)))
	}
	p.describe()
	if o.Compress && p.compresses() {
		for k := range p.parts {
			if part := &p.parts[k]; part.Pixels != nil {
				part.Pixels = part.Type.Compress(part.Pixels)
			}
		}
	}
	return p
}

// region is the part of an image that is packed: what a model with such a window sees of it.
func (o Options) region(f *pixels.File, object catalog.Object) (x, y, height, width int, err error) {
	_, height, width = f.Shape()
	if o.Window == 0 {
		return 0, 0, height, width, nil
	}
	recipe := prepare.Recipe{Window: o.Window, Size: [2]int{o.Window, o.Window}}
	if f.Single() && recipe.IsTile(height, width, f.Photo()) {
		atX, atY, known, err := cutout.Place(f, object)
		switch {
		case err != nil:
			return 0, 0, 0, 0, err
		case known && !f.Holds(atX, atY):
			return 0, 0, 0, 0, fmt.Errorf("%s: the position (%g, %g) is not on the image", object.File, atX, atY)
		case known:
			return patch.Start(atX, o.Window), patch.Start(atY, o.Window), o.Window, o.Window, nil
		}
	}
	x, y, height, width = recipe.Region(height, width)
	return x, y, height, width, nil
}

// keywords are the cards of a coordinate system, as columns of a table can hold them.
func keywords(w *fits.WCS) (cards []fits.Card) {
	for _, c := range w.Cards() {
		switch v := c.Value.(type) {
		case int:
			c.Value = float64(v)
		case int64:
			c.Value = float64(v)
		}
		cards = append(cards, c)
	}
	return cards
}

// compresses tells whether all of it can be compressed: files of one piece are alike.
func (p *piece) compresses() bool {
	for _, part := range p.parts {
		if part.Pixels != nil && !part.Type.Compresses() {
			return false
		}
	}
	return true
}

// describe fills in kind and digest.
func (p *piece) describe() {
	p.kind = fmt.Sprint(p.photo, p.stack)
	for _, part := range p.parts {
		p.kind += fmt.Sprintf("\n%v %v", part.Type, part.Shape)
	}
	for _, c := range p.sky {
		p.kind += fmt.Sprintf("\n%s %T", c.Key, c.Value)
	}
	h := sha256.New()
	h.Write([]byte(p.kind))
	for _, c := range p.sky {
		if v, ok := c.Value.(float64); ok {
			binary.Write(h, binary.LittleEndian, math.Float64bits(v))
		} else {
			fmt.Fprintf(h, "%q", c.Value)
		}
	}
	for _, part := range p.parts {
		h.Write(part.Pixels)
	}
	p.digest = digest(h.Sum(nil))
}
