package infer

import (
	"math"
	"slices"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/regions"
)

// region is a row as a region.
func (r *run) region(p *prepared) regions.Region {
	label := r.columns.Label(&p.row)
	region := regions.Region{ID: p.row.ID, Label: label, RA: p.row.RA, Dec: p.row.Dec, Radius: r.view(p).Radius(), Probability: math.NaN()}
	if i := slices.Index(r.model.Labels, label); i >= 0 && i < len(p.row.Values) && r.model.Task != catalog.Regress {
		region.Probability = p.row.Values[i]
	}
	return region
}
