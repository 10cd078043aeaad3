package fits

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// hasNull reports whether a column has undefined elements in a table that declares a TNULLn.
func (h *HDU) hasNull(c *Column) bool {
	for _, card := range h.header.cards {
		if strings.HasPrefix(card.Key, "TNULL") {
			return c.Null != nil || slices.ContainsFunc(c.Floats, math.IsNaN)
		}
	}
	return false
}

func TestCorpusTables(t *testing.T) {
	columns, sums, special := 0, 0, 0
	forEachHDU(t, func(file string, h *HDU, want manifestHDU) {
		if want.Table == nil {
			return
		}
		table, err := h.Table()
		if err != nil || !h.IsTable() || table.Rows != want.Table.Rows {
			t.Errorf("%s HDU %d: table %v: %v", file, want.Index, table, err)
			return
		}
		var names []string
		for _, c := range want.Table.Columns {
			names = append(names, c.Name)
		}
		if !reflect.DeepEqual(append([]string(nil), table.Names()...), names) {
			t.Errorf("%s HDU %d: columns %q, want %q", file, want.Index, table.Names(), names)
		}
		seen := map[string]bool{}
		for _, wc := range want.Table.Columns {
			if seen[wc.Name] {
				continue
			}
			seen[wc.Name] = true
			c, err := table.Column(wc.Name)
			if err != nil {
				t.Error(err)
				continue
			}
			columns++
			if wc.Sum == nil || c.Strings != nil {
				continue
			}
			sum, abs, n, nan := 0.0, 0.0, 0, 0
			for i := range c.Len() {
				v := c.Float(i)
				n++
				if math.IsNaN(v) {
					nan++
				} else if !math.IsInf(v, 0) {
					sum += v
					abs += math.Abs(v)
				}
			}
			// The manifest's sums take the stored values of undefined elements, the real part of complex ones, and
			// leave TZEROn out in the heap; the standard says otherwise.
			if h.hasNull(c) || strings.ContainsAny(wc.Format, "CMPQ") {
				special++
				continue
			}
			if wc.NaN != nil && nan != *wc.NaN || math.Abs(sum-*wc.Sum) > 1e-6*max(abs, 1e-300) {
				t.Errorf("%s HDU %d: column %s %s: sum %v with %d NaN, want %v with %v (%d of %v)", file, want.Index,
					wc.Name, wc.Format, sum, nan, *wc.Sum, wc.NaN, n, wc.Count)
			}
			sums++
		}
	})
	t.Logf("%d columns read, %d sums compared, %d not comparable", columns, sums, special)
}
