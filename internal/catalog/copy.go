package catalog

import (
	"fmt"
	"math"
	"slices"
)

// A Copy is a layout whose rows are those of other tables: of the Parquet files
// that [NewWriter] made with one layout. Of predictions it has one column more
// before the flags, merged; features are one column of vectors again.
type Copy struct {
	Layout Layout

	fields   []field
	columns  []*Column
	row      int               // of columns, or -1
	absent   map[string]string // the texts of a row that no table has
	merged   int
	first    int       // field that is feat_0, if there is one
	features []float32 // of the row; empty where there are none
}

// NewCopy is a copy with the columns of t.
func NewCopy(t *Table) (*Copy, error) {
	fields, err := t.fields()
	if err != nil {
		return nil, err
	}
	c := &Copy{fields: slices.Clone(fields)}
	for i := range fields {
		fields[i].text = func(*Prediction) string { return c.text(i) }
		fields[i].number = func(*Prediction) float64 { return c.number(i) }
	}
	c.Layout.title = "predictions"
	if at := find(t.names, flagsColumn); at >= 0 {
		fields = slices.Insert(fields, at, field{name: "merged", kind: wholeField, ucd: "meta.number",
			about: "rows of overlapping images that it stands for, with itself", number: func(*Prediction) float64 { return float64(c.merged) }})
	} else if features := t.featureColumns(); len(features) > 0 {
		width := len(features)
		c.first, c.features = features[0], make([]float32, width)
		if c.first+width != len(fields) || features[width-1] != len(fields)-1 {
			return nil, &FormatError{File: t.file, Reason: fmt.Sprintf("want the features after all other columns; there are: %s", list(t.names))}
		}
		c.Layout = Embeddings(width)
		c.Layout.features = 0 // they are not the Prediction's
		vector := &c.Layout.columns[len(c.Layout.columns)-1]
		vector.vector = func(*Prediction) []float32 { return c.features }
		fields = append(fields[:c.first], *vector)
	}
	c.Layout.columns = fields
	return c, nil
}

// From makes t the table that rows come from. One with other columns is an error.
func (c *Copy) From(t *Table) error {
	fields, err := t.fields()
	if err != nil {
		return err
	}
	same := slices.EqualFunc(fields, c.fields, func(a, b field) bool { return a.name == b.name && a.kind == b.kind })
	if !same {
		return &FormatError{File: t.file, Reason: "has other columns than the tables before it: " + list(t.names)}
	}
	c.columns = make([]*Column, len(fields))
	for i := range fields {
		if c.columns[i], err = t.column(i); err != nil {
			return err
		}
	}
	return nil
}

// Row is a row of the table, for [Writer.Write], and merged what to say of it.
func (c *Copy) Row(row, merged int) *Prediction {
	c.row, c.merged = row, merged
	for i := range c.features {
		c.features[i] = float32(c.number(c.first + i))
	}
	return &Prediction{}
}

// Absent is a row about an image that no table has a row of.
func (c *Copy) Absent(id, file, flags string) *Prediction {
	c.absent = map[string]string{"id_str": id, "file_loc": file, flagsColumn: flags}
	return c.Row(-1, 1)
}

func (c *Copy) text(i int) string {
	if c.row < 0 {
		return c.absent[c.fields[i].name]
	}
	return c.columns[i].String(c.row)
}

func (c *Copy) number(i int) float64 {
	v := math.NaN()
	if c.row >= 0 {
		v, _ = c.columns[i].Float(c.row)
	}
	if c.fields[i].kind == wholeField && math.IsNaN(v) {
		return -1
	}
	return v
}
