package fits

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// sharedData returns a path under shared/data, which lies beside the repository, or skips.
func sharedData(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	path := filepath.Join(filepath.Dir(dir), "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("real data are not here: %v", err)
	}
	return path
}

// astropy runs a script under Debian's Python and returns what it prints, or skips when astropy is not installed.
func astropy(t testing.TB, script string, args ...string) []byte {
	t.Helper()
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import astropy").Run(); err != nil {
		t.Skipf("no astropy under %s: %v", python, err)
	}
	cmd := exec.Command(python, append([]string{"-W", "ignore", "-c", script}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("astropy: %v\n%s", err, stderr.Bytes())
	}
	return out
}

// openBytes opens a file that is in memory.
func openBytes(t testing.TB, b []byte) *File {
	t.Helper()
	f, err := New(bytes.NewReader(b), int64(len(b)), "memory.fits")
	if err != nil {
		t.Fatal(err)
	}
	return f
}
