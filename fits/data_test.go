package fits

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
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

// long marks a test of much in which nothing runs at once: minutes under the race detector.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes minutes under the race detector, which has nothing to find in it")
	}
}

const python = "/usr/bin/python3"

// noAstropy is why there is none.
var noAstropy = sync.OnceValue(exec.Command(python, "-c", "import astropy").Run)

// astropy runs a script under Debian's Python and returns what it prints, or skips when astropy is not installed.
func astropy(t testing.TB, script string, args ...string) []byte {
	t.Helper()
	if err := noAstropy(); err != nil {
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

// rawHDU returns a header of the given cards, each padded to 80 bytes, and data, both padded to blocks.
func rawHDU(data []byte, cards ...string) []byte {
	var b []byte
	for _, c := range append(cards, "END") {
		b = append(b, c...)
		for len(b)%cardSize != 0 {
			b = append(b, ' ')
		}
	}
	for len(b)%blockSize != 0 {
		b = append(b, ' ')
	}
	b = append(b, data...)
	for len(b)%blockSize != 0 {
		b = append(b, 0)
	}
	return b
}

// rawImage returns a file of one image with 1-based axes and extra cards.
func rawImage(bitpix int, axes []int, data []byte, cards ...string) []byte {
	head := []string{"SIMPLE  =                    T", fmt.Sprintf("BITPIX  = %20d", bitpix),
		fmt.Sprintf("NAXIS   = %20d", len(axes))}
	for i, n := range axes {
		head = append(head, fmt.Sprintf("%-8s= %20d", fmt.Sprintf("NAXIS%d", i+1), n))
	}
	return rawHDU(data, append(head, cards...)...)
}
