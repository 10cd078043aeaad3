package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/internal/arcs"
)

// Run by name, since ./... leaves testdata out: go test ./testdata/make

func TestSetDoesNotDependOnWorkers(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	for folder, args := range map[string][]string{
		one: {"set", "--out", one, "-n", "14", "--seed", "5", "--workers", "1"},
		two: {"set", "--out", two, "-n", "21", "--seed", "5", "--workers", "3"},
	} {
		if err := run(args); err != nil {
			t.Fatalf("%s: %v", folder, err)
		}
	}
	for i := range 14 {
		if !bytes.Equal(read(t, one, cutoutFile(i)), read(t, two, cutoutFile(i))) {
			t.Errorf("cutout %d depends on the number of workers or cutouts", i)
		}
	}
	rows := strings.Split(strings.TrimSpace(string(read(t, one, "catalog.csv"))), "\n")
	if rows[0] != "id_str,file_loc,label" || rows[7] != "sim000006,cutouts/000006.fits,empty" || len(rows) != 15 {
		t.Errorf("catalogue is %q", rows)
	}
}

func TestTileTwice(t *testing.T) {
	image, truth, err := makeTile(1)
	if err != nil {
		t.Fatal(err)
	}
	if len(image) > 1_100_000 {
		t.Errorf("the tile has %d bytes", len(image))
	}
	again, truthAgain, err := makeTile(1)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(image, again) || !bytes.Equal(truth, truthAgain) {
		t.Error("the same seed makes two tiles")
	}
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args string
		want string
	}{
		{"", "say what to make"},
		{"galaxy", `"galaxy"`},
		{"set", "--out"},
		{"set --out x -n 0", "-n"},
		{"tile --sed 3", "unknown flag"},
		{"arcs", "--out"},
		{"arcs --out x --splits all", `"all"`},
		{"arcs --out x --splits=", "--splits"},
	} {
		if err := run(strings.Fields(c.args)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("make %s: error %v, want one with %q", c.args, err, c.want)
		}
	}
}

func read(t *testing.T, folder, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestArcsDoNotDependOnWorkers(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	for folder, workers := range map[string]int{one: 1, two: 3} {
		set := arcSet{arcs.Maker{Lookalikes: 0.5, Splits: map[string]bool{"train": true}, ArcFlux: 1}, folder, 4, 8, 5, 4}
		if err := set.write(workers); err != nil {
			t.Fatalf("%s: %v", folder, err)
		}
	}
	for _, name := range []string{"catalog.csv", "stacks/0000-g.fits", "stacks/0001-i.fits", "stacks/0002-Y.fits"} {
		if !bytes.Equal(read(t, one, name), read(t, two, name)) {
			t.Errorf("%s depends on the number of workers", name)
		}
	}
	rows := strings.Split(strings.TrimSpace(string(read(t, one, "catalog.csv"))), "\n")
	if rows[0] != "id_str,file_g,file_r,file_i,file_z,file_Y,plane,label,kind,host,real,theta_e,snr,split" || len(rows) != 13 {
		t.Errorf("catalogue is %q", rows)
	}
	if n := strings.Count(string(read(t, one, "catalog.csv")), ",lens,lens,sim-"); n != 4 {
		t.Errorf("%d lenses of 4", n)
	}
	if last := rows[12]; !strings.HasPrefix(last, "arc000011,stacks/0002-g.fits,stacks/0002-r.fits,stacks/0002-i.fits,stacks/0002-z.fits,stacks/0002-Y.fits,3,") || !strings.HasSuffix(last, ",train") {
		t.Errorf("the last row is %q", last)
	}
}
