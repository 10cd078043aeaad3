package infer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// flagged is how many rows have each flag.
type flagged map[string]int

// count takes the flags of a row in.
func (f flagged) count(flags []string) {
	for _, flag := range flags {
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
