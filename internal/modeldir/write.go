package modeldir

import (
	"io"
	"os"
	"path/filepath"

	"github.com/astrovit/astrovit/internal/whole"
	"github.com/astrovit/astrovit/vit"
	"github.com/astrovit/astrovit/vit/safetensors"
)

// Write writes the model directory dir, each file whole or not at all, the
// weights last.
func (m *Model) Write(dir string, dtype safetensors.DType) error {
	d := description{config: m.Net.Config, task: m.Task, labels: m.Labels, columns: m.Columns, questions: m.Questions}
	config, err := d.encode()
	if err != nil {
		return err
	}
	preprocessor, err := encodePreprocessor(m.Recipe, m.Calibration)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for name, data := range map[string][]byte{configFile: config, preprocessorFile: preprocessor} {
		if err := whole.WriteBytes(filepath.Join(dir, name), append(data, '\n')); err != nil {
			return err
		}
	}
	return whole.Write(filepath.Join(dir, weightsFile), func(w io.Writer) error {
		// transformers wants to know for which framework the file is.
		return safetensors.Write(w, Tensors(m.Net.Params, "", dtype), map[string]string{"format": "pt"})
	})
}

// Sweep removes what a program that was killed had begun to write of dir.
func Sweep(dir string) {
	for _, name := range []string{configFile, preprocessorFile, weightsFile} {
		whole.Sweep(filepath.Join(dir, name))
	}
}

// Tensors are parameters as a safetensors file has them, each name with a prefix.
func Tensors(p *vit.Params, prefix string, dtype safetensors.DType) []safetensors.Tensor {
	var list []safetensors.Tensor
	for _, t := range p.Tensors() {
		list = append(list, safetensors.Tensor{Name: prefix + t.Name, Shape: t.Shape, DType: dtype, Data: t.Data})
	}
	return list
}
