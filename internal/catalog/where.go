package catalog

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// A Where selects the rows whose column has a value.
type Where struct {
	Column, Value string
}

// ParseWheres reads conditions.
func ParseWheres(list []string) ([]Where, error) {
	var conditions []Where
	for _, s := range list {
		w, err := ParseWhere(s)
		if err != nil {
			return nil, err
		}
		conditions = append(conditions, w)
	}
	return conditions, nil
}

// ParseWhere reads COLUMN=VALUE. An empty VALUE selects the rows that have none.
func ParseWhere(s string) (Where, error) {
	column, value, ok := strings.Cut(s, "=")
	column = strings.TrimSpace(column)
	if !ok || column == "" {
		return Where{}, fmt.Errorf("--where %q: want COLUMN=VALUE", s)
	}
	return Where{Column: column, Value: strings.TrimSpace(value)}, nil
}

// String is the condition as it is written on the command line.
func (w Where) String() string { return w.Column + "=" + w.Value }

// Where returns the rows that have, in every column that conditions name, one of
// the values that they give for it, as a table that shares its columns with t.
// Values are compared as texts, and as numbers where both are (1 is 1.0). A
// column that leaves no row is an error which shows what values it has.
func (t *Table) Where(conditions ...Where) (*Table, error) {
	kept := *t
	for i, w := range conditions {
		sameColumn := func(o Where) bool { return strings.EqualFold(o.Column, w.Column) }
		if slices.ContainsFunc(conditions[:i], sameColumn) {
			continue
		}
		column, err := kept.Column(w.Column)
		if err != nil {
			return nil, err
		}
		rows := make([]int, 0, kept.Len())
		for row := range kept.Len() {
			if slices.ContainsFunc(conditions, func(o Where) bool { return sameColumn(o) && column.holds(row, o.Value) }) {
				rows = append(rows, kept.row(row))
			}
		}
		if len(rows) == 0 {
			return nil, &FormatError{File: t.file,
				Reason: fmt.Sprintf("no row left by --where %s; %s holds: %s", w, column.Name, list(distinct(column)))}
		}
		kept.selected = rows
	}
	return &kept, nil
}

// holds compares a cell with a value. A logical is also 1 or 0, and True as
// astropy and pandas write it.
func (c *Column) holds(row int, value string) bool {
	text := c.String(row)
	if _, logical := c.cells.(logicals); logical && text != "" {
		number, _ := c.cells.number(c.table.row(row))
		return strings.EqualFold(text, value) || same(fmt.Sprint(number), value)
	}
	return same(text, value)
}

// same compares texts, and as numbers what are numbers. Whole ones are compared
// in all their digits: ids have more than a float64.
func same(cell, value string) bool {
	if cell == value || missing(cell) && missing(value) {
		return true
	}
	a, ok := parseNumber(cell)
	b, also := parseNumber(value)
	if !ok || !also || a != b {
		return false
	}
	x, whole := new(big.Int).SetString(cell, 10)
	y, both := new(big.Int).SetString(value, 10)
	return !whole || !both || x.Cmp(y) == 0
}

// distinct returns the different texts of a column, sorted.
func distinct(column *Column) []string {
	seen := map[string]bool{}
	for row := range column.Len() {
		seen[column.String(row)] = true
	}
	values := make([]string, 0, len(seen))
	for v := range seen {
		if v == "" {
			v = "(empty)"
		}
		values = append(values, v)
	}
	slices.Sort(values)
	return values
}
