package pixels

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/astrovit/astrovit/fits"
)

// packed writes a pack of three cutouts of 2 x 3 bytes, whose first pixels are at right ascension 10, 20 and 30; of columns some may be
// left out.
func packed(t testing.TB, name string, cutouts int, columns ...fits.Column) string {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := fits.NewStackWriter(f, fits.Bytes, []int{2, 3}, []fits.Card{{Key: PackedCard, Value: true}, {Key: PhotoCard, Value: true}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range cutouts {
		if err := s.Write([]byte{byte(10 * i), 1, 2, 3, 4, 5}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(SkiesTable, columns); err != nil {
		t.Fatal(err)
	}
	return name
}

func skies() (columns []fits.Column) {
	for _, c := range fits.NewTAN(0, 0, 0, 40, [2][2]float64{{-1e-4, 0}, {0, 1e-4}}).Cards() {
		column := fits.Column{Name: c.Key}
		switch v := c.Value.(type) {
		case string:
			column.Strings = []string{v, v, v}
		case float64:
			column.Floats = []float64{v, v, v}
		case int:
			column.Floats = []float64{float64(v), float64(v), float64(v)}
		}
		if c.Key == "CRVAL1" {
			column.Floats = []float64{10, 20, 30}
		}
		columns = append(columns, column)
	}
	return columns
}

func TestPackedPlanes(t *testing.T) {
	name := packed(t, filepath.Join(t.TempDir(), "pack.fits"), 3, skies()...)
	f := open(t, Source{Files: []string{name}, HDU: 0, Bands: 1})
	if !f.Packed() || !f.Photo() || f.HDU() != 0 || f.Len() != 3 || f.WCS() != nil {
		t.Fatalf("packed %v, photo %v, HDU %d, %d cutouts", f.Packed(), f.Photo(), f.HDU(), f.Len())
	}
	for i := range 3 {
		one, err := f.Plane(i)
		if err != nil {
			t.Fatal(err)
		}
		if one.Packed() || !one.Photo() || one.Len() != 1 {
			t.Errorf("plane %d: packed %v, photo %v, %d cutouts", i, one.Packed(), one.Photo(), one.Len())
		}
		ra, dec, err := one.WCS().PixelToICRS(0, 0)
		if err != nil || ra-float64(10*i+10) > 1e-12 || float64(10*i+10)-ra > 1e-12 || dec-40 > 1e-12 || 40-dec > 1e-12 {
			t.Errorf("plane %d is at (%v, %v), %v", i, ra, dec, err)
		}
		im, err := one.Window(0, 0, 0, 2, 3, 0)
		if err != nil {
			t.Fatal(err)
		}
		wantImage(t, im, []int{1, 2, 3}, []float32{float32(10 * i), 1, 2, 3, 4, 5})
		stored, err := one.Stored(0, 1, 0, 2, 2)
		if err != nil || stored[0].Type != fits.Bytes || string(stored[0].Pixels) != "\x01\x02\x04\x05" {
			t.Errorf("plane %d: stored %v, %v", i, stored, err)
		}
	}
	short := skies()
	for i := range short {
		short[i].Strings, short[i].Floats = short[i].Strings[:min(2, len(short[i].Strings))], short[i].Floats[:min(2, len(short[i].Floats))]
	}
	for what, columns := range map[string][]fits.Column{"no table": nil, "a short one": short} {
		bad := packed(t, filepath.Join(t.TempDir(), "bad.fits"), 3, columns...)
		if _, err := Open(Source{Files: []string{bad}, HDU: -1}); err == nil {
			t.Errorf("a pack with %s opens", what)
		} else {
			wantError(t, err, bad)
		}
	}
}

// Packs stay open, so many of them, whoever reads them; a file that was replaced is opened anew.
func TestShelf(t *testing.T) {
	dir := t.TempDir()
	files := func() (open int) {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip(err)
		}
		for _, e := range entries {
			if target, _ := os.Readlink(filepath.Join("/proc/self/fd", e.Name())); filepath.Dir(target) == dir {
				open++
			}
		}
		return open
	}
	var names []string
	for i := range mostShelved + 10 {
		names = append(names, packed(t, filepath.Join(dir, string(rune('A'+i/10))+string(rune('0'+i%10))+".fits"), 3, skies()...))
	}
	var wait sync.WaitGroup
	for worker := range 4 {
		wait.Go(func() {
			for i := range 3 * len(names) {
				f, err := Open(Source{Files: []string{names[(i*7+worker*13)%len(names)]}, HDU: -1})
				if err != nil {
					t.Error(err)
					return
				}
				one, err := f.Plane(i % 3)
				if err == nil {
					_, err = one.Window(0, 0, 0, 2, 3, 0)
				}
				if err != nil {
					t.Error(err)
				}
				f.Close()
			}
		})
	}
	wait.Wait()
	if n := files(); n < mostShelved-1 || n > mostShelved+4 {
		t.Errorf("%d packs are open, want %d", n, mostShelved)
	}
	a := open(t, Source{Files: names[:1], HDU: -1})
	b := open(t, Source{Files: names[:1], HDU: -1})
	if a != b {
		t.Error("a pack is opened twice")
	}
	os.Remove(names[0])
	packed(t, names[0], 4, fits.Column{Name: "ID", Strings: []string{"a", "b", "c", "d"}})
	if c := open(t, Source{Files: names[:1], HDU: -1}); c.Len() != 4 {
		t.Errorf("a replaced pack has %d cutouts", c.Len())
	}
}
