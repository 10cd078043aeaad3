package internal_test

import (
	"bytes"
	"debug/elf"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// sources are what the commands are built from.
var sources = []string{"Makefile", "go.mod", "go.sum", "cmd", "fits", "internal", "patch", "simd", "vit"}

// dist builds the commands for this machine in a copy of the sources without git.
func dist(t *testing.T, dir string) string {
	t.Helper()
	for _, name := range sources {
		from := filepath.Join("..", name)
		if info, err := os.Stat(from); err != nil {
			t.Fatal(err)
		} else if info.IsDir() {
			if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(from)); err != nil {
				t.Fatal(err)
			}
			continue
		}
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.Command("make", "-C", dir, "--no-print-directory", "dist", "architectures="+runtime.GOARCH)
	if log, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	return filepath.Join(dir, "dist")
}

// Two folders give the same bytes; the programs need no library, and run with
// nothing: no home, no network, no environment, no other folder to write to than
// that of --out, as a user who owns nothing.
func TestDist(t *testing.T) {
	if os.Getenv("ASTROVIT_DIST") == "" {
		t.Skip("builds the commands twice: ASTROVIT_DIST=1 asks for it")
	}
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("make is not installed")
	}
	root := t.TempDir()
	install, other := dist(t, filepath.Join(root, "a")), dist(t, filepath.Join(root, "another", "folder"))
	tile, err := filepath.Abs("../testdata/sky/tile.fits")
	if err != nil {
		t.Fatal(err)
	}
	input, out := filepath.Join(install, "tile.fits"), filepath.Join(root, "out")
	for _, err := range []error{
		exec.Command("cp", tile, input).Run(), os.Mkdir(out, 0o777), os.Chmod(out, 0o777),
		os.Chmod(filepath.Dir(root), 0o755), os.Chmod(root, 0o755), os.Chmod(filepath.Dir(install), 0o755), os.Chmod(install, 0o555),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	defer os.Chmod(install, 0o755) // for the folder to go
	for _, name := range []string{"vit-train", "vit-infer"} {
		file := name + "-linux-" + runtime.GOARCH
		program, err := os.ReadFile(filepath.Join(install, file))
		if err != nil {
			t.Fatal(err)
		}
		if again, err := os.ReadFile(filepath.Join(other, file)); err != nil || !bytes.Equal(program, again) {
			t.Errorf("%s is another one from another folder (%v)", file, err)
		}
		header, err := elf.NewFile(bytes.NewReader(program))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range header.Progs {
			if part.Type == elf.PT_INTERP || part.Type == elf.PT_DYNAMIC {
				t.Errorf("%s is not static: it has %v", file, part.Type)
			}
		}
		if said := bare(t, install, file, "--version"); !strings.HasPrefix(said, name+" ") || !strings.Contains(said, runtime.Version()) {
			t.Errorf("--version says %q", said)
		}
	}
	bare(t, install, "vit-infer-linux-"+runtime.GOARCH, "--out", filepath.Join(out, "windows.parquet"), "tile.fits")
	bare(t, install, "vit-train-linux-"+runtime.GOARCH, "pretrain", "--out", filepath.Join(out, "run"), "--preset=cutout", "--window=64", "--image-size=16",
		"--patch-size=8", "--dim=16", "--depth=1", "--heads=2", "--epochs=1", "tile.fits")
	for _, name := range []string{"windows.parquet", "run/best/model.safetensors", "run/reconstructions.png", "run/steps.jsonl"} {
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// bare runs a program in its folder with nothing.
func bare(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	run := func(flags uintptr) (string, error) {
		cmd := exec.Command("./"+program, args...)
		cmd.Dir, cmd.Env, cmd.SysProcAttr = dir, []string{}, &syscall.SysProcAttr{Cloneflags: flags}
		if os.Geteuid() == 0 { // whom nothing is read-only to
			cmd.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
		}
		text, err := cmd.CombinedOutput()
		return string(text), err
	}
	text, err := run(syscall.CLONE_NEWNET)
	if errors.Is(err, syscall.EPERM) { // not everybody may take a network away
		text, err = run(0)
	}
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", program, args, err, text)
	}
	return text
}
