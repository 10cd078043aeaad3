package fits

import (
	"math"
	"strconv"
	"strings"
)

// parseASCII reads TFORMn of an ASCII table (FITS Standard 4.0, table 15): Aw, Iw, Fw.d, Ew.d, Dw.d.
func (f *field) parseASCII(form string) bool {
	form = strings.ToUpper(strings.TrimSpace(form))
	if form == "" || !strings.Contains("AIFED", form[:1]) {
		return false
	}
	width, decimals, real := strings.Cut(form[1:], ".")
	w, err := strconv.ParseInt(width, 10, 32)
	if err != nil || w < 0 {
		return false
	}
	if real {
		d, err := strconv.ParseInt(decimals, 10, 16)
		if err != nil || d < 0 {
			return false
		}
		f.decimals = int(d)
	}
	f.letter, f.width, f.count = form[0], int(w), 1
	return true
}

// readASCII reads a column of an ASCII table. As in Fortran a blank number is zero, and a real number without a point
// has its last d digits after it (section 7.2.5).
func (t *Table) readASCII(f field) (*Column, error) {
	c := &Column{Name: f.name, Unit: f.unit, UCD: f.ucd, Description: f.description}
	switch {
	case f.letter == 'A':
		c.Strings = make([]string, t.Rows)
	case f.letter == 'I' && f.scale == 1 && f.zero == 0:
		c.Ints = make([]int64, t.Rows)
	default:
		c.Floats = make([]float64, t.Rows)
	}
	return c, t.cells(f, func(row int, cell []byte) error {
		text := strings.TrimSpace(cellText(cell))
		switch {
		case f.hasNull && text == strings.TrimSpace(f.nullText):
			if c.Floats != nil {
				c.Floats[row] = math.NaN()
			} else {
				c.setNull(row, t.Rows)
			}
		case f.letter == 'A':
			c.Strings[row] = cellText(cell)
		case text == "":
			if c.Floats != nil {
				c.Floats[row] = f.physical(0)
			}
		default:
			return t.parseNumber(f, c, row, text)
		}
		return nil
	})
}

func (t *Table) parseNumber(f field, c *Column, row int, text string) error {
	if c.Ints != nil {
		i, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return t.hdu.at.formatError("column "+strconv.Quote(f.name)+" row "+strconv.Itoa(row),
				"want an integer, have %q", text)
		}
		c.Ints[row] = i
		return nil
	}
	v, ok := parseReal(withExponent(text))
	if !ok {
		return t.hdu.at.formatError("column "+strconv.Quote(f.name)+" row "+strconv.Itoa(row),
			"want a number, have %q", text)
	}
	if f.decimals > 0 && !strings.Contains(text, ".") {
		v /= math.Pow10(f.decimals)
	}
	c.Floats[row] = f.physical(v)
	return nil
}

// withExponent puts in the letter that Fortran leaves out before an exponent of three digits, as in 1.5-100.
func withExponent(number string) string {
	if i := strings.LastIndexAny(number, "+-"); i > 0 && !strings.ContainsAny(number, "EeDd") {
		return number[:i] + "E" + number[i:]
	}
	return number
}
