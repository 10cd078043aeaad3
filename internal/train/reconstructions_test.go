package train

import (
	"image/color"
	"testing"

	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/patch"
	"github.com/astrovit/astrovit/vit"
)

// Bands that are known by name are seen in their colours, whatever their order, y upwards.
func TestReconstructionInColour(t *testing.T) {
	grid := patch.Grid{Channels: 3, Shape: []int{4, 4}, Patch: []int{2, 2}}
	recipe := prepare.Recipe{Bands: []string{"g", "z", "r"}, Mean: []float64{0, 0, 0}, Std: []float64{1, 1, 1}}
	p := &pretraining{
		run:  &run{model: &modeldir.Model{Recipe: recipe}, val: &loader{pictures: &pictures{}}},
		auto: &vit.Autoencoder{Config: vit.AutoencoderConfig{Seen: 1}, Encoder: &vit.Model{Config: vit.Config{Grid: grid}}},
	}
	dark := make([]float32, grid.Pixels())
	made := make([]float32, grid.Pixels())
	for band, value := range []float32{1, 3, 2} {
		for i := range 16 {
			made[16*band+i] = value
		}
	}
	patches := make([]float32, grid.Pixels())
	grid.Extract(patches, made)
	got := p.pictures(&example{image: dark}, patches, 0, []int32{3, 0, 1, 2})
	if c := got[2].At(1, 1); c != (color.RGBA{255, 170, 85, 255}) {
		t.Errorf("z, r and g of 3, 2 and 1 are seen as %v", c)
	}
	for at, want := range map[[2]int]color.RGBA{{0, 0}: maskedColour, {3, 0}: {0, 0, 0, 255}, {0, 3}: maskedColour, {3, 3}: maskedColour} {
		if c := got[1].At(at[0], at[1]); c != want { // the last patch, which is seen, is at the top right
			t.Errorf("what is seen at %v is %v, want %v", at, c, want)
		}
	}
}
