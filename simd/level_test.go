package simd

import (
	"go/build"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestChooseLevel(t *testing.T) {
	had := []level{generic, avx2}
	for _, test := range []struct {
		name string
		had  []level
		want level
		ok   bool
	}{
		{"", had, avx2, true},
		{"generic", had, generic, true},
		{"avx2", had, avx2, true},
		{"", had[:1], generic, true},
		{"avx2", had[:1], generic, false},
		{"avx3", had, generic, false},
	} {
		got, err := chooseLevel(test.name, test.had)
		if got != test.want || (err == nil) != test.ok {
			t.Errorf("ASTROVIT_SIMD=%q: %v, %v", test.name, got, err)
		}
	}
}

// TestForcedLevel starts this test program again with a level that does not
// exist, and with one that does.
func TestForcedLevel(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := exec.Command(program, "-test.run=^$").Run(); err != nil {
		t.Skipf("this machine cannot start the test program again (%v): it runs in an emulator", err)
	}
	run := func(name string) (string, int) {
		cmd := exec.Command(program, "-test.run=TestChooseLevel")
		cmd.Env = append(os.Environ(), "ASTROVIT_SIMD="+name)
		out, _ := cmd.CombinedOutput()
		return string(out), cmd.ProcessState.ExitCode()
	}
	if out, code := run("mmx"); code != 2 || !strings.Contains(out, "ASTROVIT_SIMD=mmx") {
		t.Errorf("unknown level: exit status %d, output %q", code, out)
	}
	if out, code := run("generic"); code != 0 {
		t.Errorf("generic: exit status %d, output %q", code, out)
	}
}

// TestPureGo: with the tag purego no file of assembly is built anywhere.
func TestPureGo(t *testing.T) {
	for _, arch := range []string{"386", "amd64", "arm64", "riscv64", "s390x"} {
		ctx := build.Default
		ctx.GOARCH = arch
		ctx.BuildTags = []string{"purego"}
		dir, err := filepath.Abs(".")
		if err != nil {
			t.Fatal(err)
		}
		pkg, err := ctx.ImportDir(dir, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(pkg.SFiles) > 0 {
			t.Errorf("%s: purego builds %v", arch, pkg.SFiles)
		}
	}
}
