package pack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/prepare"
)

// What is read of a pack is what is read of the files, to the last bit, and all columns are there.
func TestPack(t *testing.T) {
	dir := t.TempDir()
	catalogue := files(t, dir)
	table, from := objects(t, catalogue)
	for _, compress := range []bool{false, true} {
		out := filepath.Join(dir, fmt.Sprint("pack-", compress))
		log := mustRun(t, Options{Catalog: catalogue, Out: out, Compress: compress, Strict: true})
		if want := fmt.Sprintf("packed %d of %d rows, 0 of them exact copies", len(from), len(from)); !strings.Contains(log, want) {
			t.Errorf("log %q, want %q", log, want)
		}
		packed, to := objects(t, filepath.Join(out, Index))
		if len(to) != len(from) || !slices.Equal(packed.Names(), table.Names()) {
			t.Fatalf("%d rows of %q, want %d of %q", len(to), packed.Names(), len(from), table.Names())
		}
		for row := range from {
			for _, name := range []string{"name", "id_str", "x", "y", "ra", "dec", "label"} {
				a, _ := table.Column(name)
				b, _ := packed.Column(name)
				if a.String(row) != b.String(row) {
					t.Errorf("row %d, %s: %q, want %q", row, name, b.String(row), a.String(row))
				}
			}
			if to[row].Plane < 0 || to[row].HDU < 0 {
				t.Errorf("row %d: HDU %d, plane %d", row, to[row].HDU, to[row].Plane)
			}
			for name, recipe := range recipes {
				t.Run(fmt.Sprint(name, compress, row), func(t *testing.T) {
					a, b := from[row], to[row]
					if recipe.Petrosian > 0 {
						a.Radius, b.Radius = 0.9, 0.9
					}
					compare(t, recipe, a, b)
				})
			}
		}
		again := filepath.Join(dir, fmt.Sprint("again-", compress))
		mustRun(t, Options{Catalog: catalogue, Out: again, Compress: compress, Workers: 3})
		sameFolders(t, out, again)
	}
	again := filepath.Join(dir, "again")
	mustRun(t, Options{Catalog: filepath.Join(dir, "pack-false", Index), Out: again}) // a pack is a catalogue as any other
	sameFolders(t, filepath.Join(dir, "pack-false"), again)
}

func sameFolders(t *testing.T, a, b string) {
	t.Helper()
	list := func(dir string) (names []string) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	if !slices.Equal(list(a), list(b)) {
		t.Fatalf("files %q, want %q", list(b), list(a))
	}
	for _, name := range list(a) {
		x, errX := os.ReadFile(filepath.Join(a, name))
		y, errY := os.ReadFile(filepath.Join(b, name))
		if err := errors.Join(errX, errY); err != nil || !bytes.Equal(x, y) {
			t.Errorf("%s is another: %v", name, err)
		}
	}
}

// One file a band becomes one stack a band; what lies on other pixels is resampled as it is read.
func TestBands(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(5, 6))
	text := "id_str,file_g,file_r,file_i\n"
	for i := range 6 {
		names := []string{fmt.Sprintf("g%d.fits", i), fmt.Sprintf("r%d.fits", i), fmt.Sprintf("i%d.fits", i)}
		sky := tangent(i / 2)
		put(t, raw(r, 16, []int{20, 24}, sky...), dir, names[0])
		put(t, raw(r, -32, []int{20, 24}, sky...), dir, names[1])
		if i == 3 {
			sky[6] = "CDELT1  = -0.00012" // has to be resampled
		}
		put(t, raw(r, -32, []int{20, 24}, sky...), dir, names[2])
		if i == 4 {
			names[1] = ""
		}
		text += fmt.Sprintf("J%d,%s\n", i, strings.Join(names, ","))
	}
	catalogue := filepath.Join(dir, "catalog.csv")
	put(t, []byte(text), catalogue)
	out := filepath.Join(dir, "pack")
	mustRun(t, Options{Catalog: catalogue, Out: out, Strict: true})
	_, from := objects(t, catalogue)
	table, to := objects(t, filepath.Join(out, Index))
	if want := []string{"id_str", "file_g", "file_r", "file_i", "hdu", "plane"}; !slices.Equal(table.Names(), want) {
		t.Errorf("columns %q, want %q", table.Names(), want)
	}
	for row := range from {
		for _, recipe := range recipes {
			compare(t, recipe, from[row], to[row])
		}
	}
	files, err := filepath.Glob(filepath.Join(out, "*.fits"))
	if err != nil || len(files) != 5 { // the rows without r have a stack without it
		t.Errorf("stacks %q, %v", files, err)
	}
}

// A window of a tile is what a model with that window sees, and its sky and position are its own.
func TestWindow(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(7, 8))
	put(t, raw(r, 16, []int{60, 70}, tangent(0)...), dir, "tile.fits")
	put(t, raw(r, 16, []int{20, 30}, tangent(1)...), dir, "cutout.fits")
	catalogue := filepath.Join(dir, "catalog.csv")
	put(t, []byte("id_str,file_loc,x,y,ra,dec\nJ1,tile.fits,30,31,,\nJ2,tile.fits,,,10.1234,-5.4324\nJ3,tile.fits,1,2,,\nJ4,cutout.fits,1,2,,\nJ5,tile.fits,-9,2,,\n"), catalogue)
	_, err := run(t, Options{Catalog: catalogue, Out: filepath.Join(dir, "none")})
	var usage *cli.UsageError
	if !errors.As(err, &usage) || !strings.Contains(err.Error(), "J1 and J2 are at different positions of tile.fits") {
		t.Errorf("without a window: %v", err)
	}
	out := filepath.Join(dir, "pack")
	log := mustRun(t, Options{Catalog: catalogue, Out: out, Window: 16})
	if !strings.Contains(log, "left out: J5: ") || !strings.Contains(log, "packed 4 of 5 rows") {
		t.Errorf("log %q", log)
	}
	_, from := objects(t, catalogue)
	_, to := objects(t, filepath.Join(out, Index))
	if len(to) != 4 || to[0].X != 30-22 || to[0].Y != 31-23 || to[3].ID != "J4" || to[3].X != 1-7 {
		t.Fatalf("rows %+v", to)
	}
	for row := range to {
		compare(t, prepare.Recipe{Size: [2]int{16, 16}, Window: 16}, from[row], to[row])
		if row != 3 { // of the cutout, a model with a smaller window would look at x, y, where the pack has nothing
			compare(t, prepare.Recipe{Size: [2]int{10, 10}, Window: 10}, from[row], to[row])
		}
	}
}

func TestLeftOut(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(9, 9))
	good := raw(r, 16, []int{20, 24})
	put(t, good, dir, "a.fits")
	put(t, good, dir, "b.fits")
	put(t, good[:3000], dir, "short.fits")
	catalogue := filepath.Join(dir, "catalog.csv")
	put(t, []byte("id_str,file_loc,plane\nJ1,a.fits,\nJ2,short.fits,\nJ3,absent.fits,\nJ4,b.fits,0\nJ5,a.fits,3\nJ6,,\nJ7,a.fits,q\n"), catalogue)
	out := filepath.Join(dir, "pack")
	if _, err := run(t, Options{Catalog: catalogue, Out: out, Strict: true}); err == nil || !strings.Contains(err.Error(), "short.fits") {
		t.Errorf("strict: %v", err)
	}
	if left, _ := os.ReadDir(out); len(left) > 0 {
		t.Errorf("a pack that failed leaves %q", left)
	}
	log := mustRun(t, Options{Catalog: catalogue, Out: out, Workers: 3})
	for _, part := range []string{"J2: ", "J3: ", "J5: ", "J6: names no file", "J7: ", "packed 2 of 7 rows, 1 of them exact copies of others, into 1 files"} {
		if !strings.Contains(log, part) {
			t.Errorf("log %q lacks %q", log, part)
		}
	}
	_, to := objects(t, filepath.Join(out, Index))
	if len(to) != 2 || to[0].ID != "J1" || to[1].ID != "J4" || to[0].File != to[1].File || to[0].Plane != 0 || to[1].Plane != 0 {
		t.Errorf("rows %+v", to)
	}
	if _, err := run(t, Options{Catalog: catalogue, Out: out}); err == nil || !strings.Contains(err.Error(), Index) {
		t.Errorf("over another pack: %v", err)
	}
	put(t, []byte("id_str,file_loc\nJ1,absent.fits\n"), catalogue)
	if _, err := run(t, Options{Catalog: catalogue, Out: filepath.Join(dir, "other")}); err == nil || !strings.Contains(err.Error(), "absent.fits") {
		t.Errorf("nothing to pack: %v", err)
	}
}

// Stacks end where they are large enough, and a run that is stopped leaves nothing.
func TestStacks(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(9, 9))
	text := "id_str,file_loc\n"
	for i := range 60 {
		name := fmt.Sprintf("%d.fits", i)
		put(t, raw(r, -64, []int{80 + i%2, 80}), dir, name)
		text += fmt.Sprintf("J%d,%s\n", i, name)
	}
	catalogue := filepath.Join(dir, "catalog.csv")
	put(t, []byte(text), catalogue)
	for _, compress := range []bool{false, true} {
		out := filepath.Join(dir, fmt.Sprint("pack-", compress))
		mustRun(t, Options{Catalog: catalogue, Out: out, Compress: compress, MaxMiB: 1, Workers: 2})
		stacks, err := filepath.Glob(filepath.Join(out, "stack-*"))
		if err != nil || len(stacks) != 4 {
			t.Errorf("stacks %q, %v", stacks, err)
		}
		for _, name := range stacks {
			if info, err := os.Stat(name); err != nil || info.Size() > 1<<20+5760 {
				t.Errorf("%s has %d bytes, %v", name, info.Size(), err)
			}
		}
		_, from := objects(t, catalogue)
		_, to := objects(t, filepath.Join(out, Index))
		for row := range from {
			compare(t, recipes["all"], from[row], to[row])
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	out := filepath.Join(dir, "stopped")
	err := Run(ctx, Options{Catalog: catalogue, Out: out, Workers: 2, MaxMiB: 1, Log: slog.New(slog.DiscardHandler)})
	if left, _ := os.ReadDir(out); !errors.Is(err, cli.ErrInterrupted) || len(left) > 0 {
		t.Errorf("stopped: %v, and leaves %q", err, left)
	}
}
