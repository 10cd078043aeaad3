// Package job is the folder in which runs of vit-infer leave their results, a
// file an image, and from which vit-infer merge makes one catalogue.
//
//	plan-<digest>.json       the settings, and the parts that there are to be: one file
//	                         for each list of inputs, the same whichever shard writes it
//	<part>.parquet           the predictions of a part
//	<part>.features.parquet  the features that they are made of, if --embeddings asks for them
//	<part>.failed            why a part could not be read; a later run tries it again
//
// A part's name has a digest of the settings and of its images in it, so that
// results of other settings, or of images of the same name elsewhere, are other
// files. All of them appear whole or not at all, so that any number of programs
// can work in one folder on a shared file system without a word to each other.
package job

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/astrovit/astrovit/internal/whole"
)

const (
	resultSuffix   = ".parquet"
	featuresSuffix = ".features.parquet"
	recordSuffix   = ".failed"
)

// Settings are what results depend on beside their images: each by the name of
// its flag.
type Settings map[string]string

// Plan is what is to be in a folder.
type Plan struct {
	Model    string   `json:"model"` // as the user named it; which one it is, the settings say
	Settings Settings `json:"settings"`
	Columns  Columns  `json:"columns"`
	Parts    []Part   `json:"parts"` // in the order of the inputs
}

// Columns are those of catalogues among the inputs that the user named.
type Columns struct {
	ID   string `json:"id,omitempty"`
	File string `json:"file,omitempty"`
}

// Part is an image, or some rows of a catalogue, whose predictions are one file.
type Part struct {
	Name  string `json:"name"`
	ID    string `json:"id"`
	File  string `json:"file"`            // as the user named it
	Group string `json:"group,omitempty"` // parts of one catalogue, which it names; empty for an image

	// Of an image, where it is: one file, or one a band.
	Files []string `json:"files,omitempty"`
	HDU   int      `json:"hdu,omitempty"` // -1: the first with an image
}

// View is what of a part's images is not in its rows. It is the note ViewNote of
// a result.
type View struct {
	Height int     `json:"height,omitempty"` // of the tile, pixels; 0 for cutouts
	Width  int     `json:"width,omitempty"`
	Scale  float64 `json:"scale,omitempty"`  // arcsec a pixel; 0 without sky coordinates
	Cell   int     `json:"cell,omitempty"`   // side, in pixels, of the square that a row of a scan speaks for; 0 for others
	Window int     `json:"window,omitempty"` // side, in pixels, of what the model sees
}

// ViewNote is the key of a View, as JSON, among the notes of a result.
const ViewNote = "astrovit.view"

// Radius is that of the sky that a row stands for, in arcsec: half the side of its cell or window.
func (v View) Radius() float64 {
	if v.Cell > 0 {
		return v.Scale * float64(v.Cell) / 2
	}
	return v.Scale * float64(v.Window) / 2
}

// Within these of each other rows of different images are one object. Each row of
// a scan speaks for a square cell. Two grids of cells that overlap have the same
// offset everywhere, so that only half the diagonal finds a partner for each; a
// tile's own cells, which are a side apart, are more than that from each other.
// Sources are found within a pixel or so.
const (
	cellRadius   = 1.001 * math.Sqrt2 / 2 // sides of a cell
	sourceRadius = 2                      // pixels
)

// Same is the distance on the sky, in arcsec, within which a row of another image
// is of the same object; 0 without sky coordinates.
func (v View) Same() float64 {
	if v.Cell > 0 {
		return cellRadius * v.Scale * float64(v.Cell)
	}
	return sourceRadius * v.Scale
}

// Edge is how far pixel (x, y) of a tile is from its edge, in arcsec; 0 of a cutout.
func (v View) Edge(x, y float64) float64 {
	if v.Height == 0 {
		return 0
	}
	return v.Scale * min(x+0.5, y+0.5, float64(v.Width)-0.5-x, float64(v.Height)-0.5-y)
}

// Name is the name of the part that has these settings and is known by identity,
// anything that tells it from all others.
func (s Settings) Name(stem string, identity ...any) string {
	return new(whole.Names).Of(stem) + "-" + digest(s, identity)
}

func digest(of ...any) string {
	text, err := json.Marshal(of) // maps are sorted
	if err != nil {
		panic("job: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Differences are the settings in which t differs from s, as "stride 16, not 32".
func (s Settings) Differences(t Settings) string {
	both := maps.Clone(s)
	maps.Copy(both, t)
	var all []string
	for _, key := range slices.Sorted(maps.Keys(both)) {
		if s[key] != t[key] {
			all = append(all, fmt.Sprintf("%s %s, not %s", key, said(s[key]), said(t[key])))
		}
	}
	return strings.Join(all, "; ")
}

func said(value string) string {
	if value == "" {
		return "unset"
	}
	return value
}

// Join writes the plan into a folder, which is made if it is not there. A folder
// with results of other settings is an error that says which they are.
func (p Plan) Join(folder string) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	there, err := Plans(folder)
	if err != nil {
		return err
	}
	for name, other := range there {
		if !maps.Equal(other.Settings, p.Settings) {
			return fmt.Errorf("%s holds results of %s with other settings (%s): %s; name another folder", folder, other.Model, filepath.Base(name), other.Settings.Differences(p.Settings))
		}
	}
	name := filepath.Join(folder, "plan-"+digest(p.Settings, p.Columns, p.Parts)+".json")
	if _, done := there[name]; !done {
		text, err := json.MarshalIndent(p, "", " ")
		if err != nil {
			return err
		}
		err = whole.WriteBytes(name, append(text, '\n'))
		// Another shard may have swept away what this one was writing, but only once the plan was there.
		if _, missing := os.Stat(name); missing != nil {
			return err
		}
	}
	whole.Sweep(name) // of runs that were killed
	return nil
}

// Plans are the plans in a folder, by their files' names.
func Plans(folder string) (map[string]Plan, error) {
	names, err := filepath.Glob(filepath.Join(escaped(folder), "plan-*.json"))
	if err != nil {
		return nil, err
	}
	plans := map[string]Plan{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var p Plan
		if err := json.Unmarshal(text, &p); err != nil {
			return nil, fmt.Errorf("%s: not a plan of vit-infer: %w", name, err)
		}
		for _, part := range p.Parts {
			if part.Name == "" || part.Name != filepath.Base(part.Name) {
				return nil, fmt.Errorf("%s: %q is not the name of a part", name, part.Name)
			}
		}
		plans[name] = p
	}
	return plans, nil
}

// escaped is a folder's name as a pattern that matches only itself.
func escaped(name string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(name)
}

// Result is the file of a part's predictions, Features that of its features, Record that which says why there are none.
func (p Part) Result(folder string) string   { return filepath.Join(folder, p.Name+resultSuffix) }
func (p Part) Features(folder string) string { return filepath.Join(folder, p.Name+featuresSuffix) }
func (p Part) Record(folder string) string   { return filepath.Join(folder, p.Name+recordSuffix) }

// Contents are the names of the files in a folder.
type Contents map[string]bool

// Look lists a folder.
func Look(folder string) (Contents, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	c := Contents{}
	for _, e := range entries {
		c[e.Name()] = true
	}
	return c, nil
}

// Done, HasFeatures and Failed tell whether the part has a result, features, or the record of a failure.
func (c Contents) Done(p Part) bool        { return c[p.Name+resultSuffix] }
func (c Contents) HasFeatures(p Part) bool { return c[p.Name+featuresSuffix] }
func (c Contents) Failed(p Part) bool      { return c[p.Name+recordSuffix] }

// Fail records why a part could not be read.
func (p Part) Fail(folder string, cause error) error {
	return whole.WriteBytes(p.Record(folder), []byte(cause.Error()+"\n"))
}

// Succeeded removes what Fail has left.
func (p Part) Succeeded(folder string) error {
	if err := os.Remove(p.Record(folder)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
