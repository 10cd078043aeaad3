package train

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/astrovit/astrovit/internal/cli"
)

// A full disk is one line, and no half-written file.
func TestFullDisk(t *testing.T) {
	out := t.TempDir()
	if err := syscall.Mount("tmpfs", out, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("no small disk can be mounted: %v", err)
	}
	defer syscall.Unmount(out, syscall.MNT_DETACH)
	o := options(t, cutouts(t, 24, 1, ".fits"), "class", out, "--dim=32")
	wantError(t, Run(context.Background(), o), cli.Failed, "cannot write "+out, "no space left")
	leftovers(t, out)
	if data, err := os.ReadFile(filepath.Join(out, "best", "model.safetensors")); err == nil {
		t.Errorf("half a file of %d bytes", len(data))
	}
}
