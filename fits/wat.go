package fits

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/astrovit/astrovit/fits/internal/distortion"
	"github.com/astrovit/astrovit/fits/internal/projection"
)

// wat holds the strings WATi_nnn of longitude and latitude, in which IRAF writes the distortions TNX and ZPX.
type wat [2]string

func readWAT(h *Header, world [2]int) (w wat) {
	for axis, i := range world {
		w[axis] = h.watText(i)
	}
	return w
}

// surfaces reads lngcor and latcor. The error is of the axis.
func (w *wat) surfaces() (s distortion.Surfaces, axis int, err error) {
	for axis, text := range w {
		name := [2]string{"lngcor", "latcor"}[axis]
		text, ok := watAttribute(text, name)
		if !ok {
			continue
		}
		fields := strings.Fields(text)
		numbers := make([]float64, len(fields))
		for k, field := range fields {
			if numbers[k], ok = parseReal(field); !ok || !isFinite(numbers[k]) {
				return s, axis, fmt.Errorf("%s: want a number, have %q", name, field)
			}
		}
		if s[axis], err = distortion.NewSurface(numbers); err != nil {
			return s, axis, fmt.Errorf("%s: %w", name, err)
		}
	}
	return s, 0, nil
}

// watText joins the strings of an axis. Each is 68 characters long, so that blanks at its end, which a FITS string loses,
// have to be put back: numbers run on from one to the next.
func (h *Header) watText(axis int) string {
	var b strings.Builder
	for n := 1; ; n++ {
		key := fmt.Sprintf("WAT%d_%03d", axis, n)
		if !h.Has(key) {
			return strings.TrimSpace(b.String())
		}
		fmt.Fprintf(&b, "%-68s", h.text(key))
	}
}

// watAttribute returns the value of name = "value", or of name = value, in a text of such.
func watAttribute(text, name string) (value string, ok bool) {
	for text != "" {
		key, rest, found := strings.Cut(text, "=")
		if !found {
			return "", false
		}
		rest = strings.TrimLeft(rest, " ")
		if quoted, isQuoted := strings.CutPrefix(rest, `"`); isQuoted {
			value, text, _ = strings.Cut(quoted, `"`)
		} else {
			value, text, _ = strings.Cut(rest, " ")
		}
		if strings.TrimSpace(key) == name {
			return value, true
		}
	}
	return "", false
}

// parameters returns projp0 to projp9 of ZPX, the parameters of its ZPN.
func (w *wat) parameters() (projection.Parameters, error) {
	pv := projection.Parameters{}
	for _, text := range w {
		for m := range 10 {
			value, ok := watAttribute(text, "projp"+strconv.Itoa(m))
			if !ok {
				continue
			}
			v, ok := parseReal(value)
			if !ok || !isFinite(v) {
				return nil, fmt.Errorf("projp%d: want a number, have %q", m, value)
			}
			pv[m] = v
		}
	}
	return pv, nil
}

// cards repeats the strings.
func (w *wat) cards() []Card {
	cards := []Card{{"WAT0_001", "system=image", ""}}
	for axis, text := range w {
		for n := 1; text != ""; n++ {
			length := min(68, len(text))
			cards = append(cards, Card{fmt.Sprintf("WAT%d_%03d", axis+1, n), text[:length], ""})
			text = text[length:]
		}
	}
	return cards
}
