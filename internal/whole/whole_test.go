package whole

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file that is not finished is hidden, beside its final name, whatever
// $TMPDIR is; one that fails leaves nothing.
func TestBesideOrNotAtAll(t *testing.T) {
	dir, tmp := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", tmp)
	name := filepath.Join(dir, "a.txt")
	write := func(text string, fail error) error {
		return Write(name, func(w io.Writer) error {
			for folder, want := range map[string]int{dir: 1, tmp: 0} {
				hidden, _ := filepath.Glob(filepath.Join(folder, ".a.txt*"))
				if len(hidden) != want {
					t.Errorf("%s holds %q", folder, hidden)
				}
			}
			io.WriteString(w, text)
			return fail
		})
	}
	if err := write("one", nil); err != nil {
		t.Fatal(err)
	}
	bad := errors.New("bad")
	if err := write("two", bad); !errors.Is(err, bad) || err.Error() != "cannot write "+name+": bad" {
		t.Errorf("error %v", err)
	}
	if data, err := os.ReadFile(name); string(data) != "one" {
		t.Errorf("%q, %v", data, err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestUnwritable(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{
		dir:                             "is a folder",
		filepath.Join(dir, "none", "a"): "folder " + filepath.Join(dir, "none") + ": no such file",
		filepath.Join("/dev", "full"):   "no space left on device",
	} {
		err := WriteBytes(name, []byte("text"))
		if err == nil || !strings.HasPrefix(err.Error(), "cannot write "+name+": "+want) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
}

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	for name, swept := range map[string]bool{".a.csv1": true, ".a.csv987": true, ".a.csv": false, ".a.csvx1": false, ".b.csv1": false, "a.csv1": false, ".aXcsv1": false} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		Sweep(filepath.Join(dir, "a.csv"), filepath.Join(dir, "none", "b"))
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) != swept {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNames(t *testing.T) {
	var names Names
	for _, c := range [][2]string{
		{"M31", "M31"}, {"M31", "M31_2"}, {"M31", "M31_3"}, {"log M/Msun", "log M_Msun"}, {"log M:Msun", "log M_Msun_2"},
		{"", "_"}, {".hidden", "_.hidden"}, {"a\nb", "a_b"},
	} {
		if got := names.Of(c[0]); got != c[1] {
			t.Errorf("%q becomes %q, want %q", c[0], got, c[1])
		}
	}
	if got := names.Of(strings.Repeat("\u00e9", 200)); len(got) > 255 {
		t.Errorf("a name of %d bytes", len(got))
	}
}

// A link stays, and its target is written.
func TestLink(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "far", "target"), filepath.Join(dir, "link")
	if err := errors.Join(os.Mkdir(filepath.Dir(target), 0o777), os.WriteFile(target, nil, 0o666), os.Symlink(target, link)); err != nil {
		t.Fatal(err)
	}
	if err := WriteBytes(link, []byte("text")); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(target)
	if to, bad := os.Readlink(link); err != nil || bad != nil || to != target || string(data) != "text" {
		t.Errorf("%q, %v; the link is to %q, %v", data, err, to, bad)
	}
	// So does one to a link to what is not there yet, beside a folder that is reached through a third.
	early, second := filepath.Join(dir, "far", "deep", "early"), filepath.Join(dir, "second")
	if err := errors.Join(os.Mkdir(filepath.Dir(early), 0o777), os.Symlink(filepath.Dir(early), filepath.Join(dir, "near")),
		os.Symlink(filepath.Join("..", "later"), early), os.Symlink(filepath.Join("near", "early"), second)); err != nil {
		t.Fatal(err)
	}
	if err := WriteBytes(second, []byte("text")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{early, second} {
		if _, err := os.Readlink(name); err != nil {
			t.Errorf("no link any more: %v", err)
		}
	}
	if data, err := os.ReadFile(filepath.Join(dir, "far", "later")); string(data) != "text" {
		t.Errorf("%q, %v", data, err)
	}
}
