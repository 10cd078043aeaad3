package job

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A file is another one if its content is, whatever its time says; that of a copy says nothing.
func TestStamp(t *testing.T) {
	name := filepath.Join(t.TempDir(), "tile.fits")
	content := make([]byte, 5<<20)
	put := func(at time.Time) {
		t.Helper()
		if err := os.WriteFile(name, content, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	first := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	put(first)
	s, err := StampOf(name)
	if err != nil {
		t.Fatal(err)
	}
	if len(Stamps(`[{"file":"a"}]`)) != 1 || Stamps("") != nil || Stamps("{") != nil {
		t.Error("notes are not read")
	}
	change := func(what string, want bool) {
		t.Helper()
		if got := s.Changed(); got != want {
			t.Errorf("%s: changed is %v", what, got)
		}
	}
	change("as it was", false)
	put(first.Add(time.Hour))
	change("a copy", false)
	for _, at := range []int{100, len(content) - 1, len(content) / 15} {
		content[at]++
		put(first.Add(time.Hour))
		change("other content", true)
		content[at]--
	}
	content = append(content, 1)
	put(first)
	change("longer", true)
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	change("gone", false)
	if _, err := StampOf(name); err == nil {
		t.Error("a stamp of nothing")
	}
}
