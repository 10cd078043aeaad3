package vit_test

import (
	"fmt"
	"testing"

	"github.com/astrovit/astrovit/vit"
)

// hybrid is a model whose convolutional stem has most of the work.
func hybrid(b *testing.B) *vit.Model {
	p, err := vit.PresetNamed("hybrid")
	if err != nil {
		b.Fatal(err)
	}
	m, err := vit.New(p.Config(3, 10), 42)
	if err != nil {
		b.Fatal(err)
	}
	return m
}

func BenchmarkHybridStep(b *testing.B) {
	for _, images := range []int{16, 32} {
		b.Run(fmt.Sprint("batch=", images), func(b *testing.B) {
			m := hybrid(b)
			trainer := vit.NewTrainer(m, crossEntropy(10), vit.DefaultAdamW, 1)
			defer trainer.Close()
			batch := batchOf(m, images, 1)
			trainer.Step(batch, 1e-3)
			for b.Loop() {
				trainer.Step(batch, 1e-3)
			}
		})
	}
}

func BenchmarkHybridInference(b *testing.B) {
	for _, images := range []int{1, 32} {
		b.Run(fmt.Sprint("batch=", images), func(b *testing.B) {
			m := hybrid(b)
			p := vit.NewPredictor(m, vit.F32, 1)
			defer p.Close()
			batch, logits := batchOf(m, images, 1), make([]float32, 10*images)
			for b.Loop() {
				p.Logits(logits, batch.Patches)
			}
		})
	}
}
