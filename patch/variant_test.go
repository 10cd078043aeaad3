package patch

import (
	"slices"
	"testing"
)

// The variants are all different, the first is the image, and the first 1, 2, 4
// and 8 are, in some order, also those of each of themselves.
func TestVariantsAreGroups(t *testing.T) {
	for _, im := range []Image{{Shape: []int{2, 5, 5}, Pixels: counting(50)}, {Shape: []int{2, 3, 4}, Pixels: counting(24)}} {
		h, w := im.plane()
		variants := func(of Image, n int) (all [][]float32) {
			for k := range n {
				out := NewImage(of.Shape...)
				Variant(out, of, k)
				all = append(all, out.Pixels)
			}
			slices.SortFunc(all, slices.Compare)
			return all
		}
		most := 4
		if h == w {
			most = 8
		}
		if n := Variants(h, w); n != most {
			t.Errorf("%d x %d: %d variants, want %d", h, w, n, most)
		}
		for n := 1; n <= most; n *= 2 {
			want := variants(im, n)
			if distinct := slices.CompactFunc(slices.Clone(want), slices.Equal); len(distinct) != n {
				t.Errorf("%d x %d: %d of %d variants differ", h, w, len(distinct), n)
			}
			for k, member := range variants(im, n) {
				if got := variants(Image{Shape: im.Shape, Pixels: member}, n); !slices.EqualFunc(got, want, slices.Equal) {
					t.Errorf("%d x %d: variants of number %d of %d are others", h, w, k, n)
				}
			}
		}
	}
}

// The quarter turns and flips are what they are called.
func TestVariantsBySight(t *testing.T) {
	im := Image{Shape: []int{2, 5, 5}, Pixels: counting(50)}
	quarter := turn(im)
	for k, want := range []Image{
		im, turn(turn(im)), mirror(im), mirror(turn(turn(im))),
		quarter, turn(turn(quarter)), mirror(quarter), mirror(turn(turn(quarter))),
	} {
		got := NewImage(im.Shape...)
		Variant(got, im, k)
		if !slices.Equal(got.Pixels, want.Pixels) {
			t.Errorf("variant %d is %v, want %v", k, got.Pixels, want.Pixels)
		}
	}
}
