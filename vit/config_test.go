package vit_test

import (
	"strings"
	"testing"

	"github.com/astrovit/astrovit/vit"
)

// The counts are those of timm for 1000 classes and 3 bands at 224 pixels
// (Ti, S, B); cutout's is worked out by hand for 10 classes, the hybrids' are those of
// torch's model in internal/bench/peers/models.py.
func TestPresetParameterCounts(t *testing.T) {
	want := map[string]struct{ outputs, count int }{
		"cutout":      {10, 2721226},
		"hybrid":      {10, 2926390},
		"hybrid-deep": {10, 3812578},
		"tiny":        {1000, 5717416},
		"small":       {1000, 22050664},
		"base":        {1000, 86567656},
	}
	for _, p := range vit.Presets {
		w, ok := want[p.Name]
		if !ok {
			t.Errorf("preset %s has no count in this test", p.Name)
			continue
		}
		cfg := p.Config(3, w.outputs)
		if err := cfg.Validate(); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		if got := cfg.Count(); got != w.count {
			t.Errorf("%s has %d parameters, want %d", p.Name, got, w.count)
		}
	}
	if len(want) != len(vit.Presets) {
		t.Errorf("%d presets, %d counts", len(vit.Presets), len(want))
	}
	if vit.Presets[0].Name != "cutout" {
		t.Errorf("the default preset is %s, want cutout", vit.Presets[0].Name)
	}
}

func TestPresetNamedListsNames(t *testing.T) {
	_, err := vit.PresetNamed("huge")
	if err == nil || !strings.Contains(err.Error(), "cutout") {
		t.Errorf("error %v does not list the presets", err)
	}
}

func TestValidateNamesTheSetting(t *testing.T) {
	good := func() vit.Config { return vit.Presets[0].Config(1, 2) }
	for _, c := range []struct {
		change func(*vit.Config)
		want   string
	}{
		{func(c *vit.Config) { c.Dim = 0 }, "dim"},
		{func(c *vit.Config) { c.Heads = 5 }, "heads 5"},
		{func(c *vit.Config) { c.Classes = -1 }, "classes"},
		{func(c *vit.Config) { c.Depth = 1 << 30 }, "depth"},
		{func(c *vit.Config) { c.Eps = 0 }, "eps"},
		{func(c *vit.Config) { c.Positions = "rope" }, "rope"},
		{func(c *vit.Config) { c.Pool = "max" }, "max"},
		{func(c *vit.Config) { c.ClassToken = false }, "class token"},
		{func(c *vit.Config) { c.Positions, c.Dim, c.Heads = vit.SinCos2D, 6, 3 }, "divisible by 4"},
		{func(c *vit.Config) { c.Grid.Patch = []int{7, 8} }, "7"},
		{func(c *vit.Config) { c.Stem = "wide" }, "wide"},
		{func(c *vit.Config) { c.Stem, c.Grid.Patch = vit.ConvStem, []int{8, 16} }, "square"},
		{func(c *vit.Config) { c.Stem, c.Grid.Shape, c.Grid.Patch = vit.ConvStem, []int{60, 60}, []int{6, 6} }, "power of two"},
		{func(c *vit.Config) { c.Stem, c.Dim = vit.ConvStem, 6 }, "a dim from 8 on that 4 divides, not 6"},
		{func(c *vit.Config) { c.Stem, c.Grid.Shape, c.Grid.Patch = vit.ShiftedStem, []int{64}, []int{8} }, "2-D"},
	} {
		cfg := good()
		c.change(&cfg)
		err := cfg.Validate()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %q does not mention %q", err, c.want)
		}
		if _, err := vit.New(cfg, 1); err == nil {
			t.Errorf("New accepted what Validate refused: %v", c.want)
		}
	}
}
