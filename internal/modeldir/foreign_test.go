package modeldir

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// imagesScript writes the pictures of a case of testdata/torch/cases.py as raw float32.
const imagesScript = `import sys
sys.dont_write_bytecode = True
sys.path.insert(0, "testdata/torch")
import cases, hashed
_, _, seed, batch, c, _ = next(case for case in cases.CASES if case[0] == sys.argv[1])
hashed.images(c, seed, batch).astype("<f4").tofile(sys.argv[2])`

// Directories as Hugging Face and timm write them must give torch's logits.
func TestForeignDirectories(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "torch", "goldens.json"))
	if err != nil {
		t.Fatal(err)
	}
	var goldens []struct {
		Name   string
		Batch  int
		Logits []float64
	}
	if err := json.Unmarshal(data, &goldens); err != nil {
		t.Fatal(err)
	}
	hf := []string{"one-band", "five-bands", "odd-sizes", "vit-tiny-224", "multilabel", "regression", "hf-eps", "rectangle", "no-qkv-bias"}
	timm := []string{"one-band", "five-bands", "odd-sizes", "vit-tiny-224", "multilabel", "regression", "rectangle", "mean-pool", "no-qkv-bias"}
	for kind, cases := range map[string][]string{"hf": hf, "timm": timm} {
		for _, name := range cases {
			t.Run(kind+"/"+name, func(t *testing.T) {
				if testing.Short() && name == "vit-tiny-224" {
					t.Skip("a model of 5.7 million weights, not with -short")
				}
				dir := t.TempDir()
				python(t, "numpy", "testdata/torch/make_modeldir.py", kind, dir, "--case", name)
				input := filepath.Join(dir, "images.f32")
				python(t, "numpy", "-c", imagesScript, name, input)
				m, err := Read(os.DirFS(dir), dir)
				if err != nil {
					t.Fatal(err)
				}
				for _, g := range goldens {
					if g.Name != name {
						continue
					}
					raw, err := os.ReadFile(input)
					if err != nil {
						t.Fatal(err)
					}
					pixels := make([]float32, g.Batch*m.Net.Config.Grid.Pixels())
					if n, err := binary.Decode(raw, binary.LittleEndian, pixels); err != nil || n != len(raw) {
						t.Fatalf("%d of %d bytes: %v", n, len(raw), err)
					}
					if e := spread(logits(m.Net, pixels), g.Logits); !(e < 1e-4) {
						t.Errorf("logits are off by %g of their spread", e)
					}
					if len(m.Labels) != m.Net.Config.Classes || m.Labels[1] != "LABEL_1" {
						t.Errorf("labels %q of %d classes", m.Labels, m.Net.Config.Classes)
					}
					return
				}
				t.Error("there is no golden")
			})
		}
	}
}
