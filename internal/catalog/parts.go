package catalog

import "strings"

// Parts divides rows of the table as a column says, in any case of letters:
// train or training, val, valid or validation, and test. Any other value is an
// error which names the row.
func (t *Table) Parts(column string, rows []int) (train, val, test []int, err error) {
	c, err := t.Column(column)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, row := range rows {
		switch strings.ToLower(c.String(row)) {
		case "train", "training":
			train = append(train, row)
		case "val", "valid", "validation":
			val = append(val, row)
		case "test":
			test = append(test, row)
		default:
			return nil, nil, nil, c.errorf(row, "%q is not a part of the data; want train, val (valid, validation) or test", c.String(row))
		}
	}
	return train, val, test, nil
}
