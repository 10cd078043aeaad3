package fits

import "slices"

// Row reads a row of a binary table: a card for each column of one element a row, by the column's name, unless the element is
// undefined. Left out are bits (X), complex numbers, and 64-bit integers without sign (K with a TZERO of 2^63). A table may so
// have a header's keywords for its columns, with their values for each of its rows, as in the Green Bank convention.
func (t *Table) Row(row int) ([]Card, error) {
	if t.hdu.kind != binaryHDU || t.packed != nil {
		return nil, t.hdu.at.unsupported("", "single rows of an ASCII or compressed table")
	}
	if row < 0 || row >= t.Rows {
		return nil, t.hdu.at.formatError("NAXIS2", "no row %d; the table has %d, counted from 0", row, t.Rows)
	}
	raw := make([]byte, t.rowBytes)
	if err := t.hdu.readAt(raw, t.hdu.data+int64(row)*int64(t.rowBytes)); err != nil {
		return nil, err
	}
	var cards []Card
	for i := range t.fields {
		f := &t.fields[i]
		if f.wide != 0 || f.elements(f.count) != 1 || f.letter == 'X' {
			continue
		}
		c := f.newColumn(1)
		f.decode(c, 0, raw[f.offset:], f.count)
		card := Card{Key: f.name}
		switch {
		case c.undefined(0):
			continue
		case c.Floats != nil && c.Floats[0] == c.Floats[0]:
			card.Value = c.Floats[0]
		case c.Ints != nil:
			card.Value = c.Ints[0]
		case c.Strings != nil:
			card.Value = c.Strings[0]
		case c.Bools != nil:
			card.Value = c.Bools[0]
		default:
			continue
		}
		cards = append(cards, card)
	}
	return cards, nil
}

// NewWCS reads a coordinate system from cards, as HDU.WCS does from a header; from names where they come from, in errors.
func NewWCS(cards []Card, from string) (*WCS, error) {
	h := &Header{at: place{from, -1}, cards: slices.Clone(cards), first: make(map[string]int, len(cards))}
	for i, c := range cards {
		if v, ok := c.Value.(int); ok {
			h.cards[i].Value = int64(v)
		}
		if _, twice := h.first[c.Key]; !twice {
			h.first[c.Key] = i
		}
	}
	return readWCS(h)
}
