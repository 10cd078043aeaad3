package catalog

import "strings"

// Predicted are the rows of a table that was written with [Predictions].
type Predicted struct {
	texts          [4]*Column // id_str, file_loc, label, flags
	numbers        [5]*Column // hdu, x, y, ra, dec
	values, sigmas []*Column  // sigmas may be nil
}

// Predicted are the rows of the predictions of a model whose outputs have these names.
func (t *Table) Predicted(task Task, names []string) (*Predicted, error) {
	p := &Predicted{}
	for i, name := range []string{"id_str", "file_loc", "label", flagsColumn} {
		var err error
		if p.texts[i], err = t.Column(name); err != nil {
			return nil, err
		}
	}
	for i, name := range []string{"hdu", "x", "y", "ra", "dec"} {
		var err error
		if p.numbers[i], err = t.Column(name); err != nil {
			return nil, err
		}
	}
	for _, name := range names {
		column, sigma := "p_"+name, name+"_sigma" // as in Predictions
		switch task {
		case Regress:
			column = name
		case Classify, MultiLabel:
			sigma = column + "_sigma"
		}
		value, err := t.Column(column)
		if err != nil {
			return nil, err
		}
		p.values = append(p.values, value)
		if t.Has(sigma) {
			sigma, err := t.Column(sigma)
			if err != nil {
				return nil, err
			}
			p.sigmas = append(p.sigmas, sigma)
		}
	}
	return p, nil
}

// Row is a row, and what its label column holds. What is not a number is NaN.
func (p *Predicted) Row(row int) (r Prediction, label string) {
	number := func(c *Column) float64 { v, _ := c.Float(row); return v }
	r = Prediction{ID: p.texts[0].String(row), File: p.texts[1].String(row), HDU: -1, X: number(p.numbers[1]), Y: number(p.numbers[2]),
		RA: number(p.numbers[3]), Dec: number(p.numbers[4])}
	if hdu := number(p.numbers[0]); hdu >= 0 {
		r.HDU = int(hdu)
	}
	for _, c := range p.values {
		r.Values = append(r.Values, number(c))
	}
	for _, c := range p.sigmas {
		r.Sigmas = append(r.Sigmas, number(c))
	}
	if flags := p.texts[3].String(row); flags != "" {
		r.Flags = strings.Split(flags, "|")
	}
	return r, p.texts[2].String(row)
}
