package infer

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/pixels"
)

// bandName stands in an INPUT for the name of each of the model's bands.
const bandName = "{band}"

// mostBit is the last bit of a mask that can be asked for: pixels are float32,
// which have no more than 24 bits of a whole number.
const mostBit = 23

// howToRead is what the options say of how images are read.
func (o Options) howToRead() (pixels.Reading, error) {
	how := pixels.Reading{Kernel: pixels.Kernel(o.Resample), Mask: pixels.Plane(o.Mask), Weight: pixels.Plane(o.Weight)}
	if o.Resample != "" && !slices.Contains(pixels.Kernels, how.Kernel) {
		return how, cli.Usagef("--resample: no kernel %q; there are %q", o.Resample, pixels.Kernels)
	}
	if err := how.Mask.Validate(); err != nil {
		return how, cli.Usagef("--mask %v", err)
	}
	if err := how.Weight.Validate(); err != nil {
		return how, cli.Usagef("--weight %v", err)
	}
	if o.MaskBits == "" {
		return how, nil
	}
	if o.Mask == "" {
		return how, cli.Usagef("--mask-bits are those of a --mask, and none is named")
	}
	for _, s := range strings.Split(o.MaskBits, ",") {
		bit, err := strconv.ParseUint(strings.TrimSpace(s), 10, 8)
		if err != nil || bit > mostBit {
			return how, cli.Usagef("--mask-bits: %q is not a bit from 0 to %d; name them as 0,3,7", s, mostBit)
		}
		how.MaskBits |= 1 << bit
	}
	return how, nil
}

// images are the images of an INPUT, itself or one a band, and the id of what is
// in them. The INPUT of a catalogue is an image, too, until it is looked into.
func (r *run) images(input string) (names []string, id string, err error) {
	path, _ := pixels.Split(input)
	bands := r.model.Recipe.Bands
	switch {
	case !strings.Contains(input, bandName):
		return []string{input}, catalog.Stem(path), nil
	case bands == nil:
		return nil, "", cli.Usagef("%s: the bands of %s have no names to stand for %s; name the files in a catalogue's columns file_<band>", input, r.modelName(), bandName)
	}
	for _, band := range bands {
		names = append(names, strings.ReplaceAll(input, bandName, band))
	}
	return names, catalog.Stem(strings.ReplaceAll(path, bandName, strings.Join(bands, ""))), nil
}

// isCatalog tells whether an INPUT is a catalogue. One of several files, or an
// extension of a file, is not.
func isCatalog(input string) (bool, error) {
	if path, _ := pixels.Split(input); path != input || strings.Contains(input, bandName) {
		return false, nil
	}
	return catalog.IsCatalog(input)
}

// checkFiles finds a mistyped name before an hour has gone into those before
// it, and keeps the predictions from replacing what they are made of.
func (r *run) checkFiles() error {
	catalogues := 0
	for _, input := range r.Inputs {
		names, _, err := r.images(input)
		if err != nil {
			return err
		}
		for _, name := range names {
			path, _ := pixels.Split(name)
			r.given = append(r.given, path)
		}
		// Only a question to the content where the answer matters.
		if len(r.Where) > 0 {
			if is, err := isCatalog(input); is || err != nil {
				catalogues++
			}
		}
	}
	if r.Positions != "" {
		r.given = append(r.given, r.Positions)
	}
	for _, name := range r.given {
		if _, err := os.Stat(name); err != nil {
			return err
		}
		for _, out := range r.targets() {
			if sameFile(out.Name, name) {
				return cli.Usagef("%s %s is an input too, and would be overwritten", out.Flag, out.Name)
			}
		}
	}
	if len(r.Where) > 0 && catalogues == 0 {
		return cli.Usagef("--where selects rows of catalogues, and no input is one")
	}
	return nil
}

// sourceOf is an image, and what there must be in it.
func (r *run) sourceOf(files []string, hdu int) pixels.Source {
	return pixels.Source{Files: files, HDU: hdu, Bands: r.bands(), Reading: r.reading}
}
