package catalog

import (
	"errors"
	"fmt"
	"os"

	"github.com/astrovit/astrovit/fits"
)

// maxFeaturesPerByte bounds the features that a file is believed to have: those
// of real objects take more than a byte each, however they are compressed.
const maxFeaturesPerByte = 64

// IDs is the column of the objects' ids, found as [Columns] says.
func (t *Table) IDs(opt Columns) (*Column, error) {
	return t.pick("id", opt.ID, "--id-column", idColumns)
}

// Features reads what [Embeddings] are the columns of: the vectors [rows, width],
// from feat_0, feat_1, ... or, in FITS, from the vectors in feat. What an object
// lacks is NaN.
func (t *Table) Features() (features []float32, width int, err error) {
	if i := find(t.names, featureColumn); i >= 0 && t.vectors != nil {
		values, width, err := t.vectors(i)
		if err != nil {
			return nil, 0, err
		}
		features = make([]float32, t.Len()*width)
		for row := range t.Len() {
			for k, v := range values[t.row(row)*width:][:width] {
				features[row*width+k] = float32(v)
			}
		}
		return features, width, nil
	}
	columns := t.featureColumns()
	if width = len(columns); width == 0 {
		return nil, 0, &FormatError{File: t.file, Reason: fmt.Sprintf(
			"no features: no columns %s_0, %[1]s_1, ..., nor a column %[1]s of vectors in FITS, as --embeddings writes them; there are: %[2]s", featureColumn, list(t.names))}
	}
	info, err := os.Stat(t.file)
	if err != nil {
		return nil, 0, err
	}
	if int64(t.rows) > maxFeaturesPerByte*info.Size()/int64(width) {
		return nil, 0, &UnsupportedError{File: t.file, Reason: fmt.Sprintf(
			"claims %d rows of %d features in %d bytes; at most %d features a byte are read", t.rows, width, info.Size(), maxFeaturesPerByte)}
	}
	features = make([]float32, t.Len()*width)
	for k, i := range columns {
		column, err := t.column(i)
		if err != nil {
			return nil, 0, err
		}
		for row := range t.Len() {
			v, err := column.Float(row)
			if err != nil {
				return nil, 0, err
			}
			features[row*width+k] = float32(v)
		}
		if t.load != nil {
			delete(t.loaded, i) // all of them together would take twice what features does
		}
	}
	return features, width, nil
}

// featureColumns are the numbers of the columns feat_0, feat_1, ....
func (t *Table) featureColumns() (columns []int) {
	number := make(map[string]int, len(t.names))
	for i, name := range t.names {
		number[name] = i
	}
	for {
		i, ok := number[fmt.Sprintf("%s_%d", featureColumn, len(columns))]
		if !ok {
			return columns
		}
		columns = append(columns, i)
	}
}

// loadVectors reads a column of vectors [rows, width].
func loadVectors(table *fits.Table, name, file string) (values []float64, width int, err error) {
	c, err := table.Column(name)
	if err != nil {
		return nil, 0, err
	}
	if c.Floats == nil || c.Offsets != nil || len(c.Shape) != 1 {
		return nil, 0, &UnsupportedError{File: file, Where: fmt.Sprintf("column %q", name), Err: errors.New("does not hold a vector of real numbers a row")}
	}
	return c.Floats, c.Shape[0], nil
}
