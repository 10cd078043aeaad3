package infer

import (
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/internal/prepare"
	"github.com/astrovit/astrovit/internal/whole"
	"github.com/astrovit/astrovit/patch"
	"github.com/astrovit/astrovit/vit"
)

// attention writes attention maps.
type attention struct {
	dir     string
	bands   []string // of the images
	rollout *rollout
	part    string // of a job, whose maps are in a folder of its own
	names   whole.Names
}

// rollout computes attention rollouts, of so many images at once at most.
type rollout struct {
	net     *vit.Model
	ws      *vit.Workspace
	patches []float32
}

func newRollout(net *vit.Model, images int) *rollout {
	return &rollout{net: net, ws: net.NewRolloutWorkspace(images), patches: make([]float32, images*net.Config.Input())}
}

// of is that of each image as the model sees it [C, H, W]: the share of each patch [1, rows, cols].
func (r *rollout) of(images ...patch.Image) []patch.Image {
	if len(images) == 0 {
		return nil
	}
	config := r.net.Config
	input, patches, counts := config.Input(), config.Grid.Patches(), config.Grid.Counts()
	for i, image := range images {
		config.Arrange(r.patches[i*input:][:input], image.Pixels)
	}
	r.net.Forward(r.ws, r.patches[:len(images)*input])
	all, shares := make([]float32, len(images)*patches), make([]patch.Image, len(images))
	r.net.Rollout(r.ws, all)
	for i := range shares {
		shares[i] = patch.Image{Shape: []int{1, counts[0], counts[1]}, Pixels: all[i*patches:][:patches:patches]}
	}
	return shares
}

func newAttention(dir string, m *modeldir.Model) (*attention, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("--attention: %w", err)
	}
	return &attention{dir: dir, bands: m.Recipe.Bands, rollout: newRollout(m.Net, 1)}, nil
}

// write writes ID_attention.png, the image beside itself under its attention
// rollout, and ID_attention.fits with both: the image as the model sees it
// [C, H, W] and, in the extension ROLLOUT, the share of each patch. The picture
// has the colours of [prepare.InColour]; that of a photo has its first row at the
// top, that of a FITS image at the bottom. wcs is the image's, nil where it has none.
//
// Those of a job's part are in a folder that is called like it. Cutouts may lie in the same folder. None of inputs is
// replaced.
func (a *attention) write(part, id string, inputs []string, image patch.Image, wcs *fits.WCS, photo bool) error {
	heat := a.rollout.of(image)[0]
	rows, cols := heat.Shape[1], heat.Shape[2]
	if part != a.part {
		if err := os.MkdirAll(filepath.Join(a.dir, part), 0o777); err != nil {
			return fmt.Errorf("--attention: %w", err)
		}
		a.part, a.names = part, whole.Names{}
	}
	name := filepath.Join(a.dir, part, a.names.Of(id)+"_attention")
	for _, suffix := range []string{".png", ".fits"} {
		if _, err := os.Stat(name + suffix); err != nil {
			continue // there is nothing to replace
		}
		if i := slices.IndexFunc(inputs, func(input string) bool { return sameFile(input, name+suffix) }); i >= 0 {
			return cli.Usagef("--attention would replace %s, which is an input", inputs[i])
		}
	}
	err := whole.Write(name+".png", func(w io.Writer) error {
		picture, heat := prepare.InColour(image, a.bands), heat
		if !photo {
			picture, heat = picture.Flipped(), heat.Flipped()
		}
		return png.Encode(w, patch.Overlay(picture, heat.Pixels, rows, cols))
	})
	if err != nil {
		return err
	}
	for i := range heat.Pixels {
		heat.Pixels[i] *= float32(rows * cols) // 1 is an even share
	}
	seen := []fits.Card{
		{Key: "OBJECT", Value: card(id)},
		{Key: "COMMENT", Comment: "the image as the model sees it: cut, stretched and normalised"},
	}
	shares := []fits.Card{
		{Key: "EXTNAME", Value: "ROLLOUT"},
		{Key: "BUNIT", Value: "share", Comment: "of attention, 1 where all patches have the same"},
		{Key: "COMMENT", Comment: "attention rollout (Abnar & Zuidema 2020), one pixel a patch"},
	}
	if wcs != nil {
		ny, nx := float64(image.Shape[1])/float64(rows), float64(image.Shape[2])/float64(cols)
		seen = append(seen, planes(wcs)...)
		shares = append(shares, wcs.Binned((nx-1)/2, (ny-1)/2, nx, ny).Cards()...)
	}
	return whole.Write(name+".fits", func(w io.Writer) error {
		return fits.WriteImages(w,
			fits.ImageHDU{Image: &fits.Image{Shape: image.Shape, Pixels: image.Pixels}, Header: seen},
			fits.ImageHDU{Image: &fits.Image{Shape: []int{rows, cols}, Pixels: heat.Pixels}, Header: shares})
	})
}

// planes are the cards of a cube whose planes have one coordinate system, and are
// counted from 1. With SIP distortion astropy wants to be told: WCS(header, naxis=2).
func planes(wcs *fits.WCS) []fits.Card {
	cards := wcs.Cards()
	for i := range cards {
		if cards[i].Key == "WCSAXES" {
			cards[i].Value = 3
		}
	}
	return append(cards,
		fits.Card{Key: "CTYPE3", Value: "PLANE"}, fits.Card{Key: "CRPIX3", Value: 1.0},
		fits.Card{Key: "CRVAL3", Value: 1.0}, fits.Card{Key: "CD3_3", Value: 1.0})
}

func sameFile(a, b string) bool {
	at, errA := os.Stat(a)
	bt, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(at, bt)
}

// card is an id as a FITS header can hold it: printable ASCII, on one card.
func card(id string) string {
	const longest = 64
	id = strings.ReplaceAll(fits.Printable(id), "'", "?") // a quote takes two bytes
	return id[:min(len(id), longest)]
}
