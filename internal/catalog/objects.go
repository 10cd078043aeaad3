package catalog

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The names under which the id and the file of an object are looked for, the
// first that is there winning.
var (
	idColumns   = []string{"id_str", "id", "object_id"}
	fileColumns = []string{"file_loc", "file", "filename", "path"}
)

const bandPrefix = "file_"

// PetrosianColumn is that of the objects' Petrosian radii in arcsec, where they are read and where they are written.
const PetrosianColumn = "petrosian_radius"

// Columns says which columns hold an object's id and file, where the usual
// names do not.
type Columns struct {
	ID   string // column of the id; empty: id_str, else id, else object_id
	File string // column of the file, or several separated by commas, one a band; empty: as the package says

	// Bands are the bands that there must be, in this order, where a catalogue
	// has one file a band; nil takes what it has, in the order of its columns.
	Bands []string
}

// An Object is one row of a catalogue: what it is called and where its pixels are.
type Object struct {
	Row   int      // row of the table that it came from
	ID    string   // as given
	File  string   // as given; with one file a band, all of them joined by "|"
	Files []string // paths ready to open, one for all bands or one a band; "" is a band without a file
	HDU   int      // HDU index, -1 where the catalogue gives none
	Plane int      // cutout in a stack of cutouts (column "plane"), -1 where the catalogue gives none

	X, Y    float64 // 0-based pixel position, NaN where not given
	RA, Dec float64 // degrees, NaN where not given
	Radius  float64 // Petrosian radius in arcsec (column petrosian_radius), NaN where not given

	// Err says that hdu or plane is no whole number, PlaceErr that x, y, ra, dec
	// or petrosian_radius is no number; those are then as if they were not given.
	Err, PlaceErr error
}

// Objects reads the rows as objects with files. Without opt.File the file is
// in the column file_loc, else file, filename or path; a catalogue with none
// of these has one column file_<band> a band, and bands are their names, in the
// order of opt.Bands or else of the columns. Otherwise bands is nil. Files are
// relative to the catalogue's own folder unless they are absolute. A row may lack
// its id or its file, and repeat an id: see [Table.Distinct].
func (t *Table) Objects(opt Columns) (objects []Object, bands []string, err error) {
	id, err := t.pick("id", opt.ID, "--id-column", idColumns)
	if err != nil {
		return nil, nil, err
	}
	files, bands, err := t.fileColumns(opt)
	if err != nil {
		return nil, nil, err
	}
	if objects, err = t.positions(); err != nil {
		return nil, nil, err
	}
	paths := make([]string, len(objects)*len(files))
	for row := range objects {
		o := &objects[row]
		o.ID = id.String(row)
		o.Files, paths = paths[:len(files):len(files)], paths[len(files):]
		for band, column := range files {
			if column.Missing(row) {
				continue
			}
			name := column.String(row)
			if o.File != "" {
				o.File += "|"
			}
			o.File += name
			o.Files[band] = t.resolve(name)
		}
	}
	return objects, bands, nil
}

// Distinct reports an object that cannot be told from others, having no id or
// that of another, or that names no file.
func (t *Table) Distinct(objects []Object) error {
	seen := make(map[string]int, len(objects))
	for _, o := range objects {
		before, twice := seen[o.ID]
		reason := ""
		switch {
		case o.File == "":
			reason = "names no file"
		case o.ID == "":
			reason = "its id is empty; each object needs an id"
		case twice:
			reason = fmt.Sprintf("its id %q is that of %s too; ids must differ", o.ID, t.Place(before))
		default:
			seen[o.ID] = o.Row
			continue
		}
		return &FormatError{File: t.file, Where: t.Place(o.Row), Reason: reason}
	}
	return nil
}

// OnePlace reports objects at different positions of one image, which are the same to whoever takes all of it for each.
func OnePlace(objects []Object) error {
	type position struct{ x, y, ra, dec float64 }
	at := func(o Object) position {
		p := position{o.X, o.Y, o.RA, o.Dec}
		for _, v := range []*float64{&p.x, &p.y, &p.ra, &p.dec} {
			if math.IsNaN(*v) {
				*v = math.Inf(1) // equal to itself
			}
		}
		return p
	}
	seen := make(map[string]Object, len(objects))
	for _, o := range objects {
		image := fmt.Sprint(o.File, o.HDU, o.Plane)
		if first, twice := seen[image]; !twice {
			seen[image] = o
		} else if o.File != "" && at(first) != at(o) {
			return fmt.Errorf("%s and %s are at different positions of %s; --window says how much of it to take around each", first.ID, o.ID, o.File)
		}
	}
	return nil
}

// Positions reads the rows as places to visit in a tile: ra and dec, or x and
// y, and an id where there is one. Files and File stay empty.
func (t *Table) Positions(opt Columns) ([]Object, error) {
	sky := t.Has("ra") && t.Has("dec")
	pixel := t.Has("x") && t.Has("y")
	if !sky && !pixel {
		return nil, &FormatError{File: t.file,
			Reason: fmt.Sprintf("no columns ra and dec (degrees), nor x and y (pixels); there are: %s", list(t.names))}
	}
	objects, err := t.positions()
	if err != nil {
		return nil, err
	}
	id, err := t.pick("id", opt.ID, "--id-column", idColumns)
	if err != nil && opt.ID != "" {
		return nil, err
	}
	for row := range objects {
		o := &objects[row]
		if id != nil {
			o.ID = id.String(row)
		}
		if o.PlaceErr == nil && (math.IsNaN(o.X) || math.IsNaN(o.Y)) && (math.IsNaN(o.RA) || math.IsNaN(o.Dec)) {
			o.PlaceErr = &FormatError{File: t.file, Where: t.Place(row), Reason: "neither ra and dec nor x and y are given"}
		}
	}
	return objects, nil
}

// positions fills in what every object may have: hdu, plane, x, y, ra, dec,
// petrosian_radius.
func (t *Table) positions() ([]Object, error) {
	objects := make([]Object, t.Len())
	for row := range objects {
		nan := math.NaN()
		objects[row] = Object{Row: row, HDU: -1, Plane: -1, X: nan, Y: nan, RA: nan, Dec: nan, Radius: nan}
	}
	number := func(unit string, field func(*Object) *float64) func(*Object, *Column, int) {
		return func(o *Object, c *Column, row int) {
			v, err := c.Float(row)
			if err == nil {
				*field(o) = v
			} else if o.PlaceErr == nil {
				o.PlaceErr = c.errorf(row, "%q is not a number of %s", c.String(row), unit)
			}
		}
	}
	index := func(field func(*Object) *int) func(*Object, *Column, int) {
		return func(o *Object, c *Column, row int) {
			if c.Missing(row) {
				return
			}
			v, ok := wholeNumber(c.String(row))
			if ok {
				*field(o) = max(v, -1) // any negative number means none
			} else if o.Err == nil {
				o.Err = c.errorf(row, "%q is not a whole number", c.String(row))
			}
		}
	}
	for _, f := range []struct {
		name string
		read func(*Object, *Column, int)
	}{
		{"x", number("pixels", func(o *Object) *float64 { return &o.X })},
		{"y", number("pixels", func(o *Object) *float64 { return &o.Y })},
		{"ra", number("decimal degrees", func(o *Object) *float64 { return &o.RA })},
		{"dec", number("decimal degrees", func(o *Object) *float64 { return &o.Dec })},
		{PetrosianColumn, number("arcseconds", func(o *Object) *float64 { return &o.Radius })},
		{"hdu", index(func(o *Object) *int { return &o.HDU })},
		{"plane", index(func(o *Object) *int { return &o.Plane })},
	} {
		if !t.Has(f.name) {
			continue
		}
		column, err := t.Column(f.name)
		if err != nil {
			return nil, err
		}
		for row := range objects {
			f.read(&objects[row], column, row)
		}
	}
	return objects, nil
}

// wholeNumber takes "3" and also "3.0", which pandas makes of a column of
// integers when one of them is missing.
func wholeNumber(s string) (int, bool) {
	if v, err := strconv.Atoi(s); err == nil {
		return v, true
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v != math.Trunc(v) || math.Abs(v) > 1<<31 {
		return 0, false
	}
	return int(v), true
}

// pick returns the column that the user named, or the first usual one.
func (t *Table) pick(role, asked, flag string, usual []string) (*Column, error) {
	if asked != "" {
		return t.Column(asked)
	}
	for _, name := range usual {
		if t.Has(name) {
			return t.Column(name)
		}
	}
	return nil, &FormatError{File: t.file,
		Reason: fmt.Sprintf("no %s column: none of %s; name it with %s; there are: %s", role, strings.Join(usual, ", "), flag, list(t.names))}
}

// fileColumns returns the column of the file, or one a band with the bands' names.
func (t *Table) fileColumns(opt Columns) (columns []*Column, bands []string, err error) {
	var names []string
	switch {
	case opt.File != "" && (t.Has(opt.File) || !strings.Contains(opt.File, ",")):
		column, err := t.Column(opt.File)
		return []*Column{column}, nil, err
	case opt.File != "":
		names = strings.Split(opt.File, ",")
	default:
		for _, name := range fileColumns {
			if t.Has(name) {
				column, err := t.Column(name)
				return []*Column{column}, nil, err
			}
		}
		for _, name := range t.names {
			if bandOf(name) != name {
				names = append(names, name)
			}
		}
		if len(names) == 0 {
			_, err := t.pick("file", "", "--file-column", append(fileColumns[:len(fileColumns):len(fileColumns)], bandPrefix+"<band>"))
			return nil, nil, err
		}
	}
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	if names, err = t.inOrder(names, opt); err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		column, err := t.Column(name)
		if err != nil {
			return nil, nil, err
		}
		columns, bands = append(columns, column), append(bands, bandOf(column.Name))
	}
	return columns, bands, nil
}

// inOrder picks the columns of opt.Bands, in their order. Columns that the user
// listed, none of which is called like a band, are taken as listed: that is how
// a catalogue with other names for the same bands is read.
func (t *Table) inOrder(names []string, opt Columns) ([]string, error) {
	bands := make([]string, len(names))
	for i, name := range names {
		bands[i] = bandOf(name)
	}
	isBand := func(band string) bool { return find(bands, band) >= 0 }
	if opt.Bands == nil || opt.File != "" && !slices.ContainsFunc(opt.Bands, isBand) {
		return names, nil
	}
	ordered := make([]string, len(opt.Bands))
	for i, band := range opt.Bands {
		if !isBand(band) {
			return nil, &FormatError{File: t.file,
				Reason: fmt.Sprintf("no file column for band %q of %s; there are: %s", band, list(opt.Bands), list(t.names))}
		}
		ordered[i] = names[find(bands, band)]
	}
	return ordered, nil
}

// bandOf is the band that a column file_<band> is for; another name is a band's itself.
func bandOf(column string) string {
	if len(column) > len(bandPrefix) && strings.EqualFold(column[:len(bandPrefix)], bandPrefix) {
		return column[len(bandPrefix):]
	}
	return column
}

// resolve makes a file name of the catalogue one that can be opened.
func (t *Table) resolve(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(t.dir, name)
}
