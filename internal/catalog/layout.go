package catalog

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Layout is the columns of a table that is written: those of [Predictions] or
// of [Embeddings].
type Layout struct {
	title    string
	columns  []field
	values   int // of a prediction; 0 where they are not written
	features int // the same
}

// field is one column of a table.
type field struct {
	name  string
	unit  string
	kind  fieldKind
	ucd   string // what kind of quantity it is (IVOA UCD1+)
	about string // in words, ASCII

	text   func(*Prediction) string
	number func(*Prediction) float64
	vector func(*Prediction) []float32
	width  int // of the vector
}

type fieldKind int

const (
	textField        fieldKind = iota
	wholeField                 // hdu: no value is -1 in FITS, null in Parquet
	angleField                 // 9 decimals: 4 microarcseconds
	pixelField                 // up to 6 decimals
	probabilityField           // 8 significant digits or more
	valueField                 // as many digits as read back the same
	singleField                // the same for a float32
	vectorField                // float32s; only FITS has them in one column
)

// CheckNames reports names of outputs with which predictions cannot be written.
func CheckNames(task Task, names []string, questions ...Question) error {
	_, err := Predictions(task, names, false, questions...)
	return err
}

// Predictions are the columns of the output contract, in order, for a model
// whose outputs have these names, for Votes the answers of these questions. With
// spread, each probability has its standard deviation, p_<class>_sigma, after all
// of them; numbers and fractions of votes always have theirs. Two columns of one
// name, as for a regression of x, are an error.
func Predictions(task Task, names []string, spread bool, questions ...Question) (Layout, error) {
	tree := newTree(questions)
	columns := append(objectFields(), field{name: "label", ucd: "src.class", about: "most probable class; of several labels those of 0.5 or more", text: func(p *Prediction) string {
		if task == Votes {
			return tree.label(p.Values)
		}
		return label(task, names, p.Values)
	}})
	var last []field
	for i, name := range names {
		value := field{name: "p_" + name, kind: probabilityField, ucd: "stat.probability", about: "probability", number: func(p *Prediction) float64 { return at(p.Values, i) }}
		sigma := field{name: name + "_sigma", kind: valueField, ucd: "stat.stdev", about: "standard deviation", number: func(p *Prediction) float64 { return at(p.Sigmas, i) }}
		switch {
		case task == Regress:
			value.name, value.kind, value.ucd, value.about = name, valueField, "", "predicted value"
			columns = append(columns, value, sigma)
		case task == Votes:
			value.ucd, value.about = "", "fraction of votes"
			columns = append(columns, value, sigma)
		default:
			columns = append(columns, value)
			if spread {
				sigma.name, sigma.kind = value.name+"_sigma", probabilityField
				last = append(last, sigma)
			}
		}
	}
	for q, question := range questions {
		if question.AskedAfter != "" {
			last = append(last, field{name: question.Name + "_proportion-asked", kind: probabilityField, about: "fraction of votes that get to this question",
				number: func(p *Prediction) float64 { return tree.asked(q, p.Values) }})
		}
	}
	columns = append(append(columns, last...),
		field{name: flagsColumn, ucd: "meta.code.qual", about: "words joined by |; empty where all is well", text: func(p *Prediction) string { return strings.Join(p.Flags, "|") }})
	seen := map[string]bool{}
	for _, c := range columns {
		if seen[c.name] {
			return Layout{}, fmt.Errorf("two columns of the predictions would be called %q; rename that label", c.name)
		}
		seen[c.name] = true
	}
	return Layout{title: "predictions", columns: columns, values: len(names)}, nil
}

// A Measure is a column of numbers that are known of an object beside what is predicted.
type Measure struct{ Name, Unit, UCD string }

// Measured is the layout of predictions with more columns before the flags.
func (l Layout) Measured(measures ...Measure) (Layout, error) {
	last := len(l.columns) - 1
	columns := slices.Clone(l.columns[:last])
	for i, m := range measures {
		if slices.ContainsFunc(l.columns, func(c field) bool { return c.name == m.Name }) {
			return Layout{}, fmt.Errorf("two columns of the predictions would be called %q, one of them being measured; rename that label", m.Name)
		}
		columns = append(columns, field{name: m.Name, unit: m.Unit, ucd: m.UCD, kind: singleField, number: func(p *Prediction) float64 { return at(p.Measures, i) }})
	}
	l.columns = append(columns, l.columns[last])
	return l, nil
}

// Embeddings are the columns of features of the given width: the object's as in
// the predictions, and feat_0, feat_1, ..., which in FITS are one column of
// vectors, feat. An object without features has NaN.
func Embeddings(width int) Layout {
	absent := make([]float32, width)
	for i := range absent {
		absent[i] = float32(math.NaN())
	}
	features := func(p *Prediction) []float32 {
		if p.Features == nil {
			return absent
		}
		return p.Features
	}
	return Layout{
		title:    "embeddings",
		columns:  append(objectFields(), field{name: featureColumn, about: "what the model predicts from", kind: vectorField, vector: features, width: width}),
		features: width,
	}
}

// featureColumn is a column of vectors, or what the names of their numbers begin with.
const featureColumn = "feat"

// flagsColumn is the last of the predictions.
const flagsColumn = "flags"

// objectFields say which object a row is about.
func objectFields() []field {
	return []field{
		{name: "id_str", ucd: "meta.id;meta.main", about: "identifier", text: func(p *Prediction) string { return p.ID }},
		{name: "file_loc", ucd: "meta.file", about: "image file as it was named", text: func(p *Prediction) string { return p.File }},
		{name: "hdu", ucd: "meta.number", about: "HDU of the file, counted from 0", kind: wholeField, number: func(p *Prediction) float64 { return float64(p.HDU) }},
		{name: "x", unit: "pixel", ucd: "pos.cartesian.x;instr.det", about: "along NAXIS1; the first pixel's centre is 0", kind: pixelField, number: func(p *Prediction) float64 { return p.X }},
		{name: "y", unit: "pixel", ucd: "pos.cartesian.y;instr.det", about: "along NAXIS2; the first pixel's centre is 0", kind: pixelField, number: func(p *Prediction) float64 { return p.Y }},
		{name: "ra", unit: "deg", ucd: "pos.eq.ra;meta.main", about: "right ascension, ICRS", kind: angleField, number: func(p *Prediction) float64 { return p.RA }},
		{name: "dec", unit: "deg", ucd: "pos.eq.dec;meta.main", about: "declination, ICRS", kind: angleField, number: func(p *Prediction) float64 { return p.Dec }},
	}
}

// scalars are the columns with one for each number of a vector.
func (l Layout) scalars() []field {
	var columns []field
	for _, c := range l.columns {
		if c.kind != vectorField {
			columns = append(columns, c)
			continue
		}
		for i := range c.width {
			columns = append(columns, field{name: fmt.Sprintf("%s_%d", c.name, i), unit: c.unit, ucd: c.ucd, about: c.about, kind: singleField,
				number: func(p *Prediction) float64 { return float64(c.vector(p)[i]) }})
		}
	}
	return columns
}

func at(values []float64, i int) float64 {
	if i >= len(values) {
		return math.NaN()
	}
	return values[i]
}

// Label is what the layout's column of labels holds of a row; empty without such a column.
func (l Layout) Label(p *Prediction) string {
	for _, c := range l.columns {
		if c.name == "label" {
			return c.text(p)
		}
	}
	return ""
}

// check reports a prediction that does not fit the layout.
func (l Layout) check(p *Prediction) error {
	switch {
	case l.values > 0 && p.Values != nil && len(p.Values) != l.values:
		return fmt.Errorf("prediction of %s: %d values for %d columns", p.ID, len(p.Values), l.values)
	case l.features > 0 && p.Features != nil && len(p.Features) != l.features:
		return fmt.Errorf("prediction of %s: %d features for %d columns", p.ID, len(p.Features), l.features)
	}
	return nil
}
