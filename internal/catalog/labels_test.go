package catalog

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestClasses(t *testing.T) {
	for name, test := range map[string]struct {
		column string
		names  []string
		index  []int
		empty  int
	}{
		"text":    {"spiral,elliptical,,spiral,elliptical,nan", []string{"elliptical", "spiral"}, []int{1, 0, -1, 1, 0, -1}, 2},
		"numbers": {"10,9,2,10,9,2", []string{"2", "9", "10"}, []int{2, 1, 0, 2, 1, 0}, 0},
		"mixed":   {"10,9,b,10,9,b", []string{"10", "9", "b"}, []int{0, 1, 2, 0, 1, 2}, 0},
		"none":    {"None,ring,None,ring", []string{"None", "ring"}, []int{0, 1, 0, 1}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			table := fromCSV(t, "row,label\n"+numbered(test.column))
			labels, err := table.Classes("label")
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(labels.Names, test.names) || !reflect.DeepEqual(labels.Index, test.index) || labels.Empty != test.empty {
				t.Errorf("%+v", labels)
			}
		})
	}
	valid := fromCSV(t, "row,label\n"+numbered("1.0,,2"))
	labels, err := valid.ClassesAs("label", []string{"0", "1", "2"})
	if err != nil || !reflect.DeepEqual(labels.Index, []int{1, -1, 2}) || !reflect.DeepEqual(labels.Counts, []int{0, 1, 1}) {
		t.Errorf("%+v, %v", labels, err)
	}
	_, err = valid.ClassesAs("label", []string{"0", "2"})
	wantError(t, err, "train.csv", "row 1", `"1.0"`, "0, 2")
}

// numbered makes a CSV body of two columns from a list of cells.
func numbered(cells string) string {
	var b strings.Builder
	for i, cell := range strings.Split(cells, ",") {
		fmt.Fprintf(&b, "%d,%s\n", i, cell)
	}
	return b.String()
}

func TestClassErrors(t *testing.T) {
	varied := make([]string, 50)
	for i := range varied {
		varied[i] = fmt.Sprint(float64(i) / 7)
	}
	for name, test := range map[string]struct {
		cells string
		want  []string
	}{
		"lonely":     {"a,b,a", []string{"train.csv", `"label"`, `"b"`, "one example"}},
		"single":     {"a,a,", []string{`"a"`, "two classes"}},
		"unlabelled": {",,NaN", []string{"no row has a label"}},
		"numbers":    {strings.Join(varied, ","), []string{"50 different labels in 50 rows", "--task regress"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := fromCSV(t, "row,label\n"+numbered(test.cells)).Classes("label")
			wantError(t, err, test.want...)
		})
	}
	_, err := fromCSV(t, "a,b\n1,2\n").Classes("morphology")
	wantError(t, err, `"morphology"`, "a, b")
}

func TestFlagsAndNumbers(t *testing.T) {
	table := fromCSV(t, "bar,ring,z,z_err\n1,no,0.5,\ntrue,,,\n0,YES,nan,2\n,,-1e3,3\n")
	flags, err := table.Flags([]string{"bar", "ring"})
	if err != nil {
		t.Fatal(err)
	}
	wantValues(t, flags.Values, 1, 0, 1, math.NaN(), 0, 1, math.NaN(), math.NaN())
	if flags.Empty != 1 {
		t.Errorf("%d empty rows", flags.Empty)
	}
	numbers, err := table.Numbers([]string{"z", "z_err"})
	if err != nil {
		t.Fatal(err)
	}
	wantValues(t, numbers.Values, 0.5, math.NaN(), math.NaN(), math.NaN(), math.NaN(), 2, -1000, 3)
	if numbers.Empty != 1 || !reflect.DeepEqual(numbers.Names, []string{"z", "z_err"}) {
		t.Errorf("%+v", numbers)
	}
	wantValues(t, numbers.Row(3), -1000, 3)
	if err := numbers.Learnable(); err != nil {
		t.Error(err)
	}

	for name, test := range map[string]struct {
		read  func([]string) (*Targets, error)
		table string
		want  []string
	}{
		"no flag":       {fromCSV(t, "a\n1\n0.7\n").Flags, "a", []string{"row 2", `"0.7"`}},
		"always":        {fromCSV(t, "a,b\n1,0\n1,1\n").Flags, "a", []string{`"a"`, "every value is 1"}},
		"unknown":       {fromCSV(t, "a,b\n,0\n,1\n").Flags, "a", []string{`"a"`, "no row has a value"}},
		"no number":     {fromCSV(t, "a\n1\nbright\n").Numbers, "a", []string{"row 2", `"bright"`}},
		"infinite":      {fromCSV(t, "a\n1\n-inf\n").Numbers, "a", []string{"row 2", "infinite"}},
		"constant":      {fromCSV(t, "a\n3\n3\n").Numbers, "a", []string{`"a"`, "every value is 3"}},
		"absent column": {fromCSV(t, "a,b\n1,2\n").Numbers, "mag", []string{`"mag"`, "a, b"}},
	} {
		t.Run(name, func(t *testing.T) {
			targets, err := test.read([]string{test.table})
			if err == nil {
				err = targets.Learnable()
			}
			wantError(t, err, test.want...)
		})
	}
}

func wantValues(t *testing.T, got []float64, want ...float64) {
	t.Helper()
	if !slices.EqualFunc(got, want, func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestSplit(t *testing.T) {
	const n = 1000
	ids, class := make([]string, n), make([]int, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("J%04d", i)
		class[i] = i % 3
		if i%10 == 0 {
			class[i] = -1
		}
	}
	class[4], class[5] = 3, 3
	train, val := Split(ids, class, 0.2, 0)
	if len(train)+len(val) != n-n/10 || !slices.IsSorted(train) || !slices.IsSorted(val) {
		t.Fatalf("%d + %d rows", len(train), len(val))
	}
	counts := map[int]int{}
	for _, row := range val {
		counts[class[row]]++
	}
	if counts[3] != 1 {
		t.Errorf("%d of the 2 rows of a small class are in validation, want 1", counts[3])
	}
	for c := range 3 {
		if counts[c] < 59 || counts[c] > 61 {
			t.Errorf("%d rows of class %d in validation, want a fifth of about 300", counts[c], c)
		}
	}

	// The order of the rows is of no account.
	reversed := slices.Clone(ids)
	slices.Reverse(reversed)
	backward := slices.Clone(class)
	slices.Reverse(backward)
	_, again := Split(reversed, backward, 0.2, 0)
	if !reflect.DeepEqual(names(ids, val), names(reversed, again)) {
		t.Error("the split depends on the order of the rows")
	}

	// Few old rows move when some are added.
	longer := append(slices.Clone(ids), "new1", "new2", "new3")
	_, grown := Split(longer, append(slices.Clone(class), 0, 1, 2), 0.2, 0)
	before, moved := names(ids, val), 0
	for _, row := range grown {
		if row < n && !before[ids[row]] {
			moved++
		}
	}
	if moved > 3 {
		t.Errorf("%d rows moved when 3 were added", moved)
	}

	_, other := Split(ids, class, 0.2, 1)
	if reflect.DeepEqual(val, other) {
		t.Error("the seed changes nothing")
	}
	if train, val := Split(ids, nil, 0, 0); len(val) != 0 || len(train) != n {
		t.Errorf("fraction 0 puts %d rows in validation", len(val))
	}
	if train, val := Split([]string{"a", "a", "b", "b"}, nil, 0.25, 0); len(val) != 2 || len(train) != 2 {
		t.Errorf("rows of one id are parted: %v %v", train, val)
	}
	// Of two ids, one with nearly all rows, each side has one, whichever hash is lower.
	for _, few := range []string{"a", "b"} {
		ids := slices.Repeat([]string{"a", "b"}, 10)
		for i := 3; i < len(ids); i++ {
			ids[i] = string('a' + 'b' - few[0])
		}
		if train, val := Split(ids, nil, 0.2, 0); len(val) == 0 || len(train) == 0 {
			t.Errorf("few of %s: %d rows to train on, %d to validate on", few, len(train), len(val))
		}
	}
	if train, val := Split(slices.Repeat([]string{"a"}, 9), nil, 0.2, 0); len(val) != 0 || len(train) != 9 {
		t.Errorf("the rows of the only id are in validation: %v %v", train, val)
	}
}

func names(ids []string, rows []int) map[string]bool {
	set := map[string]bool{}
	for _, row := range rows {
		set[ids[row]] = true
	}
	return set
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"spiral/b.fits", "spiral/a.JPG", "spiral/deep/c.fits.gz", "spiral/d.fts.ZST", "spiral/notes.txt.gz", "lens/x.png", ".git/y.png", "README.txt"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	table, err := Folder(dir)
	if err != nil {
		t.Fatal(err)
	}
	objects, _, err := table.Objects(Columns{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for row, o := range objects {
		got = append(got, mustColumn(t, table, "label").String(row)+":"+o.File)
		if _, err := os.Stat(o.Files[0]); err != nil {
			t.Error(err)
		}
	}
	want := []string{"lens:lens/x.png", "spiral:spiral/a.JPG", "spiral:spiral/b.fits", "spiral:spiral/d.fts.ZST", "spiral:spiral/deep/c.fits.gz"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if table, err = Images(dir); err != nil {
		t.Fatal(err)
	}
	if objects, _, err = table.Objects(Columns{}); err != nil {
		t.Fatal(err)
	}
	for row, o := range objects {
		if _, err := os.Stat(o.Files[0]); err != nil || !strings.HasSuffix(want[row], ":"+o.ID) {
			t.Errorf("image %d without labels is %q (%v)", row, o.ID, err)
		}
	}
	if len(objects) != len(want) {
		t.Errorf("%d images without labels, want %d", len(objects), len(want))
	}
	// Links to folders and files are followed, but not in circles.
	linked := t.TempDir()
	if err := os.Mkdir(filepath.Join(linked, "sdss"), 0o755); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"sdss/lenses": filepath.Join(dir, "lens"), "sdss/up": linked, "a.fits": filepath.Join(dir, "spiral", "b.fits")} {
		if err := os.Symlink(to, filepath.Join(linked, link)); err != nil {
			t.Skip(err)
		}
	}
	if table, err = Images(linked); err != nil || table.Len() != 2 ||
		mustColumn(t, table, "file_loc").String(0) != "a.fits" || mustColumn(t, table, "file_loc").String(1) != "sdss/lenses/x.png" {
		t.Errorf("%d images through links (%v)", table.Len(), err)
	}
	_, err = Images(t.TempDir())
	wantError(t, err, "no images")
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err = Folder(dir)
	wantError(t, err, "empty", "without images")
	_, err = Folder(t.TempDir())
	wantError(t, err, "no folder a class")
}

func TestStem(t *testing.T) {
	for name, want := range map[string]string{
		"a/b.fits": "b", "b.fits.gz": "b", "b.c.fits.bz2": "b.c", "b": "b", "b.fits.fz": "b", "b.fits.Z": "b", "B.FITS.GZ": "B", "b.fts.zst": "b",
	} {
		if got := Stem(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
