package fits

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/astrogo/fitsio"
)

// An ImageHDU is an image to be written, with the cards that follow the mandatory ones. Cards that describe the layout
// (SIMPLE, XTENSION, BITPIX, NAXIS and so on) are made by the writer and must not be among them.
type ImageHDU struct {
	Image   *Image // nil, or without axes: an HDU without data
	Header  []Card
	Packing Packing // of an image with pixels; Unpacked by default
}

func (h ImageHDU) packed() bool {
	return h.Packing != Unpacked && h.Image != nil && len(h.Image.Pixels) > 0
}

// WriteImages writes a FITS file of one or more images with 32-bit floating pixels: the first is the primary HDU, the
// others are IMAGE extensions (FITS Standard 4.0, sections 3.3 and 7.1). A packed image is a table of tiles, which cannot
// be the primary HDU: an empty one goes before it. It buffers one image at a time.
//
// A card that FITS cannot hold (a lower-case or long keyword apart, which become HIERARCH) is an error; an image whose
// pixels do not match its shape is a panic.
func WriteImages(w io.Writer, hdus ...ImageHDU) error {
	if len(hdus) == 0 {
		panic("fits: WriteImages needs an image")
	}
	f, err := fitsio.Create(w)
	if err != nil {
		return err
	}
	defer f.Close()
	for i, h := range hdus {
		axes := h.axes()
		var err error
		switch {
		case !h.packed():
			err = writeImage(f, i == 0, len(hdus) > 1, h, axes)
		case i == 0:
			if err = writeImage(f, true, true, ImageHDU{}, nil); err == nil {
				err = writePacked(f, h, axes)
			}
		default:
			err = writePacked(f, h, axes)
		}
		if err != nil {
			return fmt.Errorf("fits: writing HDU %d: %w", i, err)
		}
	}
	return nil
}

// axes returns NAXISn of the image. It panics where pixels do not match them.
func (h ImageHDU) axes() (axes []int) {
	if h.Image == nil {
		return nil
	}
	n := min(1, len(h.Image.Shape))
	for k := len(h.Image.Shape) - 1; k >= 0; k-- {
		axes = append(axes, h.Image.Shape[k])
		n *= h.Image.Shape[k]
	}
	if n != len(h.Image.Pixels) {
		panic("fits: an image's pixels do not match its shape")
	}
	return axes
}

func writeImage(f *fitsio.File, primary, extended bool, h ImageHDU, axes []int) error {
	var pixels []float32
	if h.Image != nil {
		pixels = h.Image.Pixels
	}
	cards, err := writable(h.Header)
	if err != nil {
		return err
	}
	var image fitsio.Image
	if primary {
		if extended {
			cards = append([]fitsio.Card{{Name: "EXTEND", Value: true, Comment: "extensions follow"}}, cards...)
		}
		header := fitsio.NewHeader(nil, fitsio.IMAGE_HDU, -32, axes)
		if image, err = fitsio.NewPrimaryHDU(header); err != nil {
			return err
		}
	} else {
		image = fitsio.NewImage(-32, axes)
		// fitsio leaves out two keywords that section 4.4.1.2 makes mandatory in an extension.
		cards = append([]fitsio.Card{{Name: "PCOUNT", Value: 0}, {Name: "GCOUNT", Value: 1}}, cards...)
	}
	if err := image.Header().Append(cards...); err != nil {
		return err
	}
	if len(axes) > 0 {
		if err := image.Write(&pixels); err != nil {
			return err
		}
	}
	return f.Write(image)
}

// layout holds the keywords that the writer makes itself.
var layout = map[string]bool{"SIMPLE": true, "XTENSION": true, "BITPIX": true, "NAXIS": true, "EXTEND": true,
	"PCOUNT": true, "GCOUNT": true, "TFIELDS": true, "THEAP": true, "GROUPS": true, "BSCALE": true, "BZERO": true,
	"BLANK": true, "END": true, "CONTINUE": true, "ZIMAGE": true,
	"ZBITPIX": true, "ZNAXIS": true, "ZCMPTYPE": true, "ZQUANTIZ": true, "ZDITHER0": true, "ZBLANK": true, "ZSCALE": true,
	"ZZERO": true, "ZMASKCMP": true}

// writable converts cards to fitsio's and refuses what would not come back as it was: fitsio itself writes quotes
// unescaped, splits long strings anywhere and lets control characters through.
func writable(cards []Card) ([]fitsio.Card, error) {
	out := make([]fitsio.Card, len(cards))
	for i, c := range cards {
		if layout[c.Key] || strings.HasPrefix(c.Key, "NAXIS") {
			return nil, fmt.Errorf("card %s: the writer makes this keyword itself", c.Key)
		}
		if Printable(c.Key) != c.Key || Printable(c.Comment) != c.Comment || strings.Contains(c.Key, "=") {
			return nil, fmt.Errorf("card %q: only printable ASCII is allowed", c.Key)
		}
		if c.Value == nil {
			if c.Key != "COMMENT" && c.Key != "HISTORY" && c.Key != "" {
				return nil, fmt.Errorf("card %s: has no value", c.Key)
			}
			if c.Comment == "" {
				c.Comment = " " // fitsio drops a commentary card without text
			}
		}
		value, err := writableValue(c)
		if err != nil {
			return nil, fmt.Errorf("card %s: %w", c.Key, err)
		}
		out[i] = fitsio.Card{Name: c.Key, Value: value, Comment: c.Comment}
	}
	return out, nil
}

func writableValue(c Card) (any, error) {
	switch v := c.Value.(type) {
	case nil, bool, int:
		return v, nil
	case int64:
		return int(v), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("a FITS header cannot hold %v", v)
		}
		return v, nil
	case string:
		return writableString(c.Key, v)
	}
	return nil, fmt.Errorf("a value of type %T cannot be written", c.Value)
}

// writableString doubles the quotes of a string (section 4.2.1.1). fitsio splits a string that does not fit its card
// without looking, so a doubled quote must not lie on a split.
func writableString(key, s string) (string, error) {
	if Printable(s) != s {
		return "", fmt.Errorf("only printable ASCII is allowed, have %q", s)
	}
	s = strings.ReplaceAll(s, "'", "''")
	const fits = cardSize - 10 - 2
	if len(s) < fits-1 {
		return s, nil
	}
	if strings.Contains(s, "''") || len(key) > 8 {
		return "", fmt.Errorf("a string of more than %d characters must not contain quotes or have a long keyword", fits-2)
	}
	return s, nil
}

// Printable puts "?" for the characters that a FITS string cannot hold, which is printable ASCII (FITS Standard 4.0,
// section 3.3.1).
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}
