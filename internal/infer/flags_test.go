package infer

import (
	"slices"
	"testing"

	"github.com/astrovit/astrovit/internal/catalog"
)

// Rows with the same flags say so in the same words, and are counted once for each.
func TestFlagged(t *testing.T) {
	f := flagged{}
	for _, flags := range [][]string{{"masked", "edge", "nan"}, {"nan", "masked", "edge", "masked"}, nil} {
		var row catalog.Prediction
		row.Flag(flags...)
		f.count(row.Flags)
		if want := []string{"edge", "masked", "nan"}; flags != nil && !slices.Equal(row.Flags, want) {
			t.Errorf("%q become %q, want %q", flags, row.Flags, want)
		}
	}
	if got, want := f.String(), "edge 2, masked 2, nan 2"; got != want {
		t.Errorf("counts %q, want %q", got, want)
	}
}
