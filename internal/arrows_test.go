package internal_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/astrovit/astrovit/"

// allowed are the packages of this project that each layer may import, beside
// its own internal ones, which may import each other; what is under internal/
// and cmd/ may import everything below itself.
var allowed = map[string][]string{
	"simd": {},
	"fits": {"fits/internal/tilecodec"},

	"fits/internal/tilecodec": {},
	"patch":                   {"simd"},
	"vit":                     {"simd", "patch"},
	"vit/safetensors":         {},
	"internal/sim":            {},
}

// TestArrowsPointDown reads every package's imports: the leaves know nothing of
// the project, vit never meets fits, nothing imports a command.
func TestArrowsPointDown(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...", module+"testdata/make").Output() // ... passes testdata over
	if err != nil {
		t.Fatal(err)
	}
	decoder, seen := json.NewDecoder(strings.NewReader(string(out))), 0
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		seen++
		from := strings.TrimPrefix(p.ImportPath, module)
		for _, imported := range p.Imports {
			to, ours := strings.CutPrefix(imported, module)
			if ours && !mayImport(from, to) {
				t.Errorf("%s imports %s", from, to)
			}
		}
	}
	if seen < len(allowed) {
		t.Errorf("only %d packages were listed", seen)
	}
}

func mayImport(from, to string) bool {
	if layer, _, isInternal := strings.Cut(to, "/internal/"); isInternal {
		return from == layer || strings.HasPrefix(from, layer+"/internal/")
	}
	if list, ok := allowed[from]; ok {
		for _, name := range list {
			if name == to {
				return true
			}
		}
		return false
	}
	switch {
	case strings.HasPrefix(to, "cmd/"):
		return false
	case strings.HasPrefix(from, "internal/"), strings.HasPrefix(from, "cmd/"), strings.HasPrefix(from, "testdata/"):
		return true
	}
	return false
}
