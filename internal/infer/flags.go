package infer

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/astrovit/astrovit/internal/catalog"
)

// flagged is how many rows have each flag.
type flagged map[string]int

// settle puts the flags of a row in order, so that equal rows have equal flags, and counts them.
func (f flagged) settle(row *catalog.Prediction) {
	slices.Sort(row.Flags)
	row.Flags = slices.Compact(row.Flags)
	for _, flag := range row.Flags {
		f[flag]++
	}
}

func (f flagged) String() string {
	var counts []string
	for _, flag := range slices.Sorted(maps.Keys(f)) {
		counts = append(counts, fmt.Sprintf("%s %d", flag, f[flag]))
	}
	return strings.Join(counts, ", ")
}
