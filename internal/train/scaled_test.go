package train

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/patch"
)

// What a pixel of the images is in Petrosian radii, and what colours they have, goes into the model.
func TestScaledRecipe(t *testing.T) {
	dir, r := t.TempDir(), rand.New(rand.NewPCG(7, 7))
	pictures := func(suffix string, bands int) (all []example) {
		for i := range 3 {
			file := filepath.Join(dir, fmt.Sprintf("%d-%d%s", bands, i, suffix))
			writePicture(t, file, sky(r, i%2, bands))
			all = append(all, example{object: catalog.Object{ID: file, Files: []string{file}, HDU: -1, Plane: -1}})
		}
		return all
	}
	fit := func(examples []example, window int) (prepare.Recipe, error) {
		l, err := peek(examples, nil, 2)
		if err != nil {
			t.Fatal(err)
		}
		settings := Settings{Petrosian: 0.5, RGB: prepare.SDSS, Window: window, Stretch: "auto", NaN: patch.Background}
		return fitRecipe(l, settings, []string{"g", "i", "r"}, [2]int{8, 8}, 2)
	}
	photos := pictures(".png", 3)
	for _, c := range []struct {
		examples []example
		window   int
		want     float64
	}{{photos, 0, 0.5 * side}, {photos, 10, 5}, {pictures(".fits", 3), 0, 0.5 * side}} {
		got, err := fit(c.examples, c.window)
		if err != nil || got.Petrosian != c.want || got.PixelScale != 0 || got.RGB != prepare.SDSS || !slices.Equal(got.Bands, prepare.SDSSBands) {
			t.Errorf("%+v, %v; want a window of %g radii", got, err, c.want)
		}
		if got.Stretch.Kind != patch.None || got.Rescale != 1.0/255 {
			t.Errorf("colours are stretched: %+v", got)
		}
	}
	if _, err := fit(pictures(".fits", 2), 0); err == nil || !strings.Contains(err.Error(), "3 bands") {
		t.Errorf("colours of two bands: %v", err)
	}
	larger := filepath.Join(dir, "larger.fits")
	write(t, larger, func(w io.Writer) error {
		return fits.WriteImages(w, fits.ImageHDU{Image: &fits.Image{Shape: []int{3, 2 * side, 2 * side}, Pixels: make([]float32, 12*side*side)}})
	})
	photos = append(photos, example{object: catalog.Object{ID: "larger", Files: []string{larger}, HDU: -1, Plane: -1}})
	if _, err := fit(photos, 0); err == nil || !strings.Contains(err.Error(), "--window") {
		t.Errorf("images of different sizes: %v", err)
	}
	if _, err := fit(photos, 10); err != nil {
		t.Errorf("windows of images of different sizes: %v", err)
	}
}

// Bands are read in the order of the colours that they become.
func TestColoursOfColumns(t *testing.T) {
	dir := t.TempDir()
	catalogue := filepath.Join(dir, "train.csv")
	text := "id,file_g,file_i,file_r,class\n"
	for i := range 40 {
		text += fmt.Sprintf("%d,g%[1]d,i%[1]d,r%[1]d,%c\n", i, 'a'+i%2)
	}
	writeText(t, catalogue, text)
	data, err := readLabels(context.Background(), options(t, catalogue, "class", dir, "--rgb=sdss"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range data.train {
		for k, band := range prepare.SDSSBands {
			if got, want := e.object.Files[k], filepath.Join(dir, band+e.object.ID); got != want {
				t.Errorf("file %d is %s, want %s", k, got, want)
			}
		}
	}
}
