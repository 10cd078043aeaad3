package train

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/progress"
)

// table is the records of a CSV file, without its header.
func table(t *testing.T, header string, parts ...string) [][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(records[0], ","); got != header {
		t.Fatalf("%s has the columns %s, want %s", filepath.Join(parts...), got, header)
	}
	return records[1:]
}

// dividedBy is a catalogue with a column split, of which say gives the cells.
func dividedBy(t *testing.T, catalogue string, say func(row int) string) string {
	return rewrite(t, catalogue, func(row int, line string) string {
		if row == 0 {
			return line + ",split"
		}
		return line + "," + say(row)
	})
}

// A column divides the rows if there is one and no flag says otherwise; the log
// and split.csv say how.
func TestSplitColumn(t *testing.T) {
	catalogue := cutouts(t, 24, 1, ".fits")
	three := func(row int) string { return [4]string{"Train", "valid", "TEST", "train"}[row%4] }
	for _, c := range []struct {
		name   string
		say    func(row int) string
		change func(*Options)
		want   [3]int
		log    []string
	}{
		{"all parts", three, func(*Options) {}, [3]int{12, 6, 6}, []string{
			`12 to train on (core 6, ring 6), by the column "split"`, `6 to validate on (core 6, ring 0), by the column "split"`,
			`6 to test on (core 0, ring 6), by the column "split"`}},
		{"no validation", func(row int) string { return [2]string{"train", "test"}[row/2%2] }, func(*Options) {}, [3]int{8, 4, 12}, []string{
			`8 to train on (core 4, ring 4), by the column "split"`, "4 to validate on (core 2, ring 2), by --val-fraction 0.25, a hash of the ids, class by class"}},
		{"another flag", three, func(o *Options) { o.TestFraction = 0.2 }, [3]int{14, 6, 4}, []string{
			`the column "split" is of no account, since there is --test-fraction`, "14 to train on (core 7, ring 7), the rest", "by --test-fraction 0.2"}},
		{"a row by where", three, func(o *Options) { o.ValWhere = []string{"id_str=o03"} }, [3]int{23, 1, 0}, []string{"1 to validate on (core 0, ring 1), by --val-where id_str=o03"}},
		{"validation by where, a test part by fraction", three, func(o *Options) {
			o.ValWhere, o.TestFraction = []string{"id_str=o03", "id_str=o04", "id_str=o05", "id_str=o06"}, 0.3
		}, [3]int{14, 4, 6}, []string{"by --val-where id_str=o03", "by --test-fraction 0.3"}},
		{"no column", three, func(o *Options) { o.SplitColumn = "" }, [3]int{18, 6, 0}, []string{"by --val-fraction 0.25"}},
		{"no such column", three, func(o *Options) { o.SplitColumn = "part" }, [3]int{18, 6, 0}, []string{"by --val-fraction 0.25"}},
		{"without an unlabelled row", func(row int) string {
			if row == 5 {
				return "later"
			}
			return three(row)
		}, func(o *Options) { o.Where = []string{"class=core", "class=ring", "class="} }, [3]int{12, 5, 6}, []string{"1 without a label"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			name := dividedBy(t, catalogue, c.say)
			if c.name == "without an unlabelled row" {
				name = rewrite(t, name, func(row int, line string) string {
					if row == 5 {
						return strings.Replace(line, "core", "", 1)
					}
					return line
				})
			}
			o := options(t, name, "class", t.TempDir(), "--epochs=1")
			o.SplitColumn = "split"
			c.change(&o)
			log := mustRun(t, o)
			for _, want := range c.log {
				if !strings.Contains(log, want) {
					t.Errorf("the log lacks %q:\n%s", want, log)
				}
			}
			count := map[string]int{}
			ids := map[string]bool{}
			for _, record := range table(t, "id_str,split", o.Out, splitFile) {
				count[record[1]]++
				ids[record[0]] = true
			}
			if got := [3]int{count["train"], count["val"], count["test"]}; got != c.want || len(ids) != got[0]+got[1]+got[2] {
				t.Errorf("%v rows in the parts, want %v; %d ids", got, c.want, len(ids))
			}
			if _, err := os.Stat(filepath.Join(o.Out, predictionsFile)); (err == nil) != (c.want[2] > 0) {
				t.Errorf("%s: %v", predictionsFile, err)
			}
		})
	}
}

func TestSplitColumnRefusals(t *testing.T) {
	catalogue := dividedBy(t, cutouts(t, 24, 1, ".fits"), func(row int) string { return [3]string{"train", "val", "2"}[min(row/8, 2)] })
	for _, c := range []struct {
		name   string
		change func(*Options)
		code   int
		want   []string
	}{
		{"another value", func(o *Options) {}, cli.Failed, []string{catalogue, "row 16", `"2"`, "train, val (valid, validation) or test", "--split-column"}},
		{"the column and a flag", func(o *Options) { o.TestFraction = 0.2 }, cli.WrongUsage, []string{"--split-column and --test-fraction"}},
		{"the column and folds", func(o *Options) { o.Folds = 3 }, cli.WrongUsage, []string{"--split-column and --folds"}},
		{"no such column", func(o *Options) { o.SplitColumn = "part" }, cli.Failed, []string{catalogue, "part", "bright"}},
		{"two test parts", func(o *Options) { o.SplitColumn, o.TestFraction, o.TestWhere = "", 0.2, []string{"split=2"} }, cli.WrongUsage, []string{"--test-fraction", "--test-where"}},
		{"a class in no row to train on", func(o *Options) {
			o.SplitColumn, o.Explicit["split-column"] = "", false
			o.ValWhere = []string{"class=ring"}
		}, cli.Failed, []string{`no row to train on is of the class "ring"`}},
		{"nothing to train on", func(o *Options) { o.Where = []string{"split=val"} }, cli.Failed, []string{"0 rows to train on (by the column \"split\") and 8 to validate on"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := options(t, catalogue, "class", t.TempDir())
			o.SplitColumn, o.Explicit["split-column"] = "split", true
			c.change(&o)
			wantError(t, Run(context.Background(), o), c.code, c.want...)
		})
	}
}

// What the rows to train on say nothing of is refused before, or where pictures cannot be read, after the reading.
func TestNothingTaught(t *testing.T) {
	catalogue := dividedBy(t, cutouts(t, 24, 1, ".fits"), func(row int) string { return [3]string{"train", "val", "test"}[min(row/10, 2)] })
	refused := func(t *testing.T, task, label, want string, change func(row int, line string) string) {
		name := rewrite(t, catalogue, change)
		o := options(t, name, label, t.TempDir())
		o.Task, o.SplitColumn = task, "split"
		wantError(t, Run(context.Background(), o), cli.Failed, name, want)
	}
	for _, c := range []struct {
		name, task, label string
		column            int
		value, want       string
	}{
		{"a number that is unknown", "regress", "bright,size", 5, "", `no row to train on has a value of "size" (to train on: by the column "split")`},
		{"a number that is one", "regress", "bright,size", 5, "-9999", `every row to train on has -9999 as "size"`},
		{"a label that is unknown", "multilabel", "ring,bright", 4, "", `no row to train on has a value of "bright"`},
		{"a label that is never set", "multilabel", "ring,bright", 4, "0", `every row to train on has 0 as "bright"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			refused(t, c.task, c.label, c.want, func(row int, line string) string {
				cells := strings.Split(line, ",")
				if row > 0 && cells[6] == "train" {
					cells[c.column] = c.value
				}
				return strings.Join(cells, ",")
			})
		})
	}
	t.Run("a question that nobody was asked", func(t *testing.T) {
		refused(t, "votes", "shape_round,shape_long,bar_yes,bar_no", `no row to train on has a vote on "shape"`, func(row int, line string) string {
			switch {
			case row == 0:
				return line + ",shape_round,shape_long,bar_yes,bar_no"
			case strings.HasSuffix(line, ",train"):
				return line + ",0,0,3,1"
			}
			return line + ",4,2,1,5"
		})
	})
	t.Run("a class without pictures", func(t *testing.T) {
		refused(t, "classify", "class", `of the pictures that can be read, no row to train on is of the class "ring"`, func(row int, line string) string {
			if row > 1 && strings.HasSuffix(line, ",train") { // but for the first, which is no ring
				return strings.Replace(line, "images/o", "images/none", 1)
			}
			return line
		})
	})
}

// Exact copies stay together, and are as one object of the class of the first.
func TestCopies(t *testing.T) {
	catalogue := cutouts(t, 40, 1, ".fits")
	images := filepath.Join(filepath.Dir(catalogue), "images")
	for _, name := range []string{"o01", "o02", "o03"} {
		data, err := os.ReadFile(filepath.Join(images, "o00.fits"))
		if err == nil {
			err = os.WriteFile(filepath.Join(images, name+".fits"), data, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	name := rewrite(t, catalogue, func(row int, line string) string {
		if row == 0 {
			return line + ",ra"
		}
		// o05 is o04 under another name; o07 is another place on the image of o06.
		line = strings.NewReplacer("o05.fits", "o04.fits", "o07.fits", "o06.fits").Replace(line)
		return line + fmt.Sprintf(",%d", row/8)
	})
	name = rewrite(t, name, func(row int, line string) string {
		if strings.HasPrefix(line, "o07") {
			return line + "9"
		}
		return line
	})
	var log bytes.Buffer
	o := options(t, name, "class", "")
	o.Log = progress.NewLog(&log)
	s, err := openSource(o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.table.Close()
	ids, class, err := s.kin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for row, id := range ids {
		want := s.main.objects[row].ID
		switch {
		case row < 4:
			want = "o00"
		case row == 5:
			want = "o04"
		}
		if id != want || class[row] != s.main.class[row] != (row == 1 || row == 3 || row == 5) {
			t.Errorf("row %d goes with %s, class %d", row, id, class[row])
		}
	}
	if want := "4 rows are exact copies of others, and stay with them\n"; log.String() != want {
		t.Errorf("the log %q", &log)
	}
	for seed := range uint64(8) {
		_, val, err := s.part(context.Background(), s.main.all(), 0.25, seed)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, row := range val {
			if row < 4 {
				n++
			}
		}
		if n != 0 && n != 4 {
			t.Errorf("seed %d: %d of 4 copies are in validation", seed, n)
		}
	}
}

// Rows of a group stay together in every division, with what is an exact copy of
// one of them; intervals resample groups; and parts that the user names may not
// share one.
func TestGroups(t *testing.T) {
	catalogue := cutouts(t, 40, 1, ".fits")
	images := filepath.Join(filepath.Dir(catalogue), "images")
	data, err := os.ReadFile(filepath.Join(images, "o03.fits"))
	if err == nil {
		err = os.WriteFile(filepath.Join(images, "o20.fits"), data, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	name := rewrite(t, catalogue, func(row int, line string) string {
		switch {
		case row == 0:
			return line + ",host,split"
		case row <= 16:
			return line + fmt.Sprintf(",host %d,train", (row-1)%4)
		case row <= 20:
			return line + ",,val"
		}
		return line + ",,train"
	})
	o := options(t, name, "class", t.TempDir())
	o.GroupColumn = "host"
	s, err := openSource(o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.table.Close()
	ids, class, err := s.kin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for row, id := range ids {
		of := row
		switch {
		case row < 16:
			of = row % 4
		case row == 20:
			of = 3
		}
		if id != s.main.objects[of].ID || class[row] != s.main.class[of] {
			t.Errorf("row %d goes with %s, class %d", row, id, class[row])
		}
	}
	for seed := range uint64(8) {
		most, part, err := s.part(context.Background(), s.main.all(), 0.25, seed)
		if err != nil {
			t.Fatal(err)
		}
		in := map[string]bool{}
		for _, row := range part {
			in[ids[row]] = true
		}
		for _, row := range most {
			if in[ids[row]] {
				t.Errorf("seed %d: row %d and its kin are in two parts", seed, row)
			}
		}
	}
	groups := resampled(s.examples([]int{0, 4, 16, 17, 1}))
	if !slices.Equal(groups, []int{0, 0, 1, 2, 3}) || resampled(s.examples([]int{16, 17})) != nil {
		t.Errorf("resampled are %v", groups)
	}

	o.SplitColumn = "split"
	if _, err := readLabels(context.Background(), o); err != nil {
		t.Errorf("groups in one part: %v", err)
	}
	o.Catalog = rewrite(t, name, func(row int, line string) string {
		if row == 9 {
			return strings.Replace(line, "train", "val", 1)
		}
		return line
	})
	_, err = readLabels(context.Background(), o)
	wantError(t, err, cli.Failed, `"host 0"`, "training set", "validation set")
	o.GroupColumn = "lens"
	_, err = readLabels(context.Background(), o)
	wantError(t, err, cli.Failed, "--group-column", "lens")
}

// Two folders may have files of the same names, which are other objects; one folder is the same however it is spelled.
func TestFoldersApart(t *testing.T) {
	dir := t.TempDir()
	for _, part := range []string{"train", "val"} {
		for _, name := range []string{"spiral/1.fits", "spiral/2.fits", "lens/1.fits", "lens/2.fits"} {
			writePicture(t, filepath.Join(dir, part, name), make([]float32, side*side))
		}
	}
	o := options(t, filepath.Join(dir, "train"), "label", t.TempDir())
	o.ValCatalog = filepath.Join(dir, "val")
	data, err := readLabels(context.Background(), o)
	if err != nil || len(data.train) != 4 || len(data.val) != 4 {
		t.Errorf("%+v, %v", data, err)
	}
	o.ValCatalog = dir + "/val/../train"
	_, err = readLabels(context.Background(), o)
	wantError(t, err, cli.Failed, "1.fits", "training set", "validation set")
}

// Classes that differ in capital letters only are told apart, and said to be.
func TestSpellingsAreSaid(t *testing.T) {
	var log bytes.Buffer
	(&labelled{task: catalog.Classify, labels: []string{"Spiral", "edge-on", "spiral"}}).describe(progress.NewLog(&log))
	if want := `"Spiral" and "spiral" are two classes`; strings.Count(log.String(), "two classes") != 1 || !strings.Contains(log.String(), want) {
		t.Errorf("the log lacks %q:\n%s", want, log.String())
	}
}

// The log gives the range of what is regressed, in which a number that stands for nothing shows.
func TestRangesAreSaid(t *testing.T) {
	catalogue := rewrite(t, cutouts(t, 8, 1, ".fits"), func(row int, line string) string {
		if row == 0 {
			return "id_str,file_loc,z,mass,split"
		}
		id := strings.Split(line, ",")
		return fmt.Sprintf("%s,%s,%g,%s,%s", id[0], id[1], [...]float64{0.5, 0.25, -9999, 1.5}[row%4], [...]string{1: "7", 2: "8", 8: ""}[row], [...]string{"train", "val"}[row/5])
	})
	o := options(t, catalogue, "z,mass", t.TempDir())
	o.Task, o.SplitColumn = "regress", "split"
	data, err := readLabels(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	data.describe(progress.NewLog(&log))
	for _, want := range []string{"4 to train on (z -9999 to 1.5, mass 7 to 8)", "4 to validate on (z -9999 to 1.5, mass unknown)"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, log.String())
		}
	}
}
