package simd

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestAVX2HasSixteenRegisters reads the assembly: a machine with AVX-512 would run instructions on the registers from
// number 16 on without complaint, and one without it stops there.
func TestAVX2HasSixteenRegisters(t *testing.T) {
	beyond, functions := regexp.MustCompile(`\b([XYZ](1[6-9]|2\d|3[01])|K[0-7]|Z\d+)\b`), 0
	for _, file := range []string{"rows_amd64.s", "gemm_amd64.s"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range strings.Split(string(text), "\nTEXT ")[1:] {
			name, _, _ := strings.Cut(body, "(")
			if !strings.Contains(name, "AVX2") {
				continue
			}
			functions++
			if r := beyond.FindString(body); r != "" {
				t.Errorf("%s: %s uses %s", file, name, r)
			}
		}
	}
	if functions < 20 {
		t.Errorf("found %d kernels for AVX2", functions)
	}
}
