package whole

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A sealed file is read as it was written. Any bit that is another one, and any
// byte that is missing or too many, is noticed.
func TestSealed(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a")
	for _, text := range []string{"", "some text"} {
		if err := WriteSealed(name, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
			t.Fatal(err)
		}
		s, err := OpenSealed(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(s)
		if err := errors.Join(err, s.Close()); err != nil || string(got) != text || s.Size() != int64(len(text)) {
			t.Errorf("%q, %d bytes, %v; want %q", got, s.Size(), err, text)
		}
	}
	good, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	damaged := [][]byte{nil, make([]byte, len(good)), append(slices.Clone(good), 0)}
	for i := range good {
		flipped := slices.Clone(good)
		flipped[i] ^= 1 << (i % 8)
		damaged = append(damaged, flipped, good[:i], good[i+1:])
	}
	for _, data := range damaged {
		if err := os.WriteFile(name, data, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenSealed(name); err == nil || !strings.HasPrefix(err.Error(), name+": is damaged: ") {
			t.Errorf("%q is opened with the error %v", data, err)
		}
	}
	if _, err := OpenSealed(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
