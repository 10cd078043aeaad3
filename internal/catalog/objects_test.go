package catalog

import (
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestObjects(t *testing.T) {
	table := fromCSV(t, "id,object_id,file,path,hdu,ra,Dec,plane\nA,1,cut/a.fits,z,,10.5,-3,\nB,2,/abs/b.fits,z,2.0,,,7\n")
	table.dir = "/data/set"
	objects, bands, err := table.Objects(Columns{})
	if err != nil {
		t.Fatal(err)
	}
	if bands != nil {
		t.Errorf("bands %v", bands)
	}
	a, b := objects[0], objects[1]
	if a.ID != "A" || a.File != "cut/a.fits" || a.Files[0] != filepath.FromSlash("/data/set/cut/a.fits") {
		t.Errorf("first object %+v", a)
	}
	if a.HDU != -1 || a.Plane != -1 || a.RA != 10.5 || a.Dec != -3 || !math.IsNaN(a.X) {
		t.Errorf("first object %+v", a)
	}
	if b.Files[0] != "/abs/b.fits" || b.HDU != 2 || b.Plane != 7 || !math.IsNaN(b.RA) || b.Row != 1 {
		t.Errorf("second object %+v", b)
	}

	objects, _, err = table.Objects(Columns{ID: "object_id", File: "path"})
	if err != nil || objects[1].ID != "2" || objects[1].File != "z" {
		t.Errorf("overridden columns: %+v, %v", objects, err)
	}
}

func TestObjectsOneFileABand(t *testing.T) {
	table := fromCSV(t, "id_str,file_r,file_g,file_Y\nA,r.fits,g.fits,\n")
	table.dir = "set"
	objects, bands, err := table.Objects(Columns{})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"r", "g", "Y"}; !reflect.DeepEqual(bands, want) {
		t.Errorf("bands %v, want %v", bands, want)
	}
	if want := []string{filepath.Join("set", "r.fits"), filepath.Join("set", "g.fits"), ""}; !reflect.DeepEqual(objects[0].Files, want) {
		t.Errorf("files %q, want %q", objects[0].Files, want)
	}
	if objects[0].File != "r.fits|g.fits" {
		t.Errorf("file_loc %q", objects[0].File)
	}
	_, bands, err = table.Objects(Columns{File: "file_g, file_r"})
	if want := []string{"g", "r"}; err != nil || !reflect.DeepEqual(bands, want) {
		t.Errorf("chosen bands %v, %v; want %v", bands, err, want)
	}
}

func TestObjectErrors(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		opt  Columns
		want []string
	}{
		"no id":      {"name,file\na,b\n", Columns{}, []string{"train.csv", "id_str, id, object_id", "--id-column", "name, file"}},
		"no file":    {"id,label\na,b\n", Columns{}, []string{"train.csv", "file_loc, file, filename, path, file_<band>", "--file-column", "id, label"}},
		"asked id":   {"id,file\na,b\n", Columns{ID: "objID"}, []string{"train.csv", `"objID"`, "id, file"}},
		"asked band": {"id,file_g\na,b\n", Columns{File: "file_g,file_r"}, []string{"train.csv", `"file_r"`}},
		"twice":      {"id,file\na,1\nb,2\na,3\n", Columns{}, []string{"train.csv", "row 3", "row 1", `"a"`}},
		"empty id":   {"id,file\na,1\n,2\n", Columns{}, []string{"row 2", "id"}},
		"empty file": {"id,file\na,1\nb,\n", Columns{}, []string{"row 2", "file"}},
	} {
		t.Run(name, func(t *testing.T) {
			table := fromCSV(t, test.text)
			objects, _, err := table.Objects(test.opt)
			if err == nil {
				err = table.Distinct(objects)
			}
			wantError(t, err, test.want...)
		})
	}
	table := fromCSV(t, "id,file,hdu,x,ra\na,1,,,\na,,SCI,,\n,3,2,3,10h12m\n")
	objects, _, err := table.Objects(Columns{})
	if err != nil || len(objects) != 3 || objects[1].Files[0] != "" {
		t.Fatalf("%+v, %v", objects, err)
	}
	if o := objects[0]; o.Err != nil || o.PlaceErr != nil {
		t.Errorf("%+v", o)
	}
	wantError(t, objects[1].Err, "row 2", `"hdu"`, `"SCI"`)
	wantError(t, objects[2].PlaceErr, "row 3", `"ra"`, `"10h12m" is not a number of decimal degrees`)
	if o := objects[2]; o.HDU != 2 || o.X != 3 || !math.IsNaN(o.RA) || o.Err != nil {
		t.Errorf("%+v", o)
	}
}

func TestPositions(t *testing.T) {
	objects, err := fromCSV(t, "RA,DEC,name\n150.1,2.2,a\n").Positions(Columns{ID: "name"})
	if err != nil || objects[0].RA != 150.1 || objects[0].Dec != 2.2 || objects[0].ID != "a" || objects[0].Files != nil {
		t.Errorf("%+v, %v", objects, err)
	}
	objects, err = fromCSV(t, "x,y\n3.5,4\n").Positions(Columns{})
	if err != nil || objects[0].X != 3.5 || objects[0].ID != "" {
		t.Errorf("%+v, %v", objects, err)
	}
	_, err = fromCSV(t, "alpha,delta\n1,2\n").Positions(Columns{})
	wantError(t, err, "ra and dec", "x and y", "alpha, delta")
}

func TestWhere(t *testing.T) {
	table := fromCSV(t, "id,split,conf,file\na,train,1,f\nb,test,1.0,f\nc,train,0,f\nd,,1,f\n")
	for text, want := range map[string]string{
		"split=train":        "ac",
		"conf=1":             "abd",
		"conf=1 split=train": "a",

		"split=train split=test":        "abc",
		"split=train split=test conf=0": "c",
		"split=":                        "d",
		"SPLIT = test":                  "b",
	} {
		var conditions []Where
		for word := range strings.SplitSeq(strings.ReplaceAll(text, " = ", "="), " ") {
			w, err := ParseWhere(word)
			if err != nil {
				t.Fatal(err)
			}
			conditions = append(conditions, w)
		}
		kept, err := table.Where(conditions...)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		objects, _, err := kept.Objects(Columns{})
		if err != nil {
			t.Fatal(err)
		}
		ids := ""
		for _, o := range objects {
			ids += o.ID
		}
		if ids != want {
			t.Errorf("%s leaves %s, want %s", text, ids, want)
		}
	}
	ids := fromCSV(t, "objid\n1237648720142401611\n1237648720142401612\n18446744073709551615\n18446744073709551614\n")
	for row := range ids.Len() {
		id := mustColumn(t, ids, "objid").String(row)
		if one, err := ids.Where(Where{"objid", id}); err != nil || one.Len() != 1 || one.Place(0) != ids.Place(row) {
			t.Errorf("%s selects %d rows (%v)", id, one.Len(), err)
		}
	}
	kept, err := table.Where(Where{"split", "test"})
	if err != nil || kept.Place(0) != "row 2" {
		t.Errorf("a selected row is called %s", kept.Place(0))
	}
	_, err = table.Where(Where{"split", "valid"})
	wantError(t, err, "train.csv", "split=valid", "(empty), test, train")
	_, err = table.Where(Where{"fold", "1"})
	wantError(t, err, `"fold"`, "id, split, conf, file")
	for _, bad := range []string{"split", "=3", ""} {
		if _, err := ParseWhere(bad); err == nil {
			t.Errorf("ParseWhere(%q) passes", bad)
		}
	}
}
