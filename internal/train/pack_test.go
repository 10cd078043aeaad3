package train

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/internal/pack"
	"github.com/astrovit/astrovit/internal/progress"
)

// What is learned from a pack is what is learned from the files, to the last bit, and the parts are the same, also where a file
// is a copy of another.
func TestPacked(t *testing.T) {
	long(t)
	for suffix, bands := range map[string]int{".fits": 2, ".png": 3} {
		catalogue := cutouts(t, 24, bands, suffix)
		dir := filepath.Dir(catalogue)
		original, err := os.ReadFile(filepath.Join(dir, "images", "o00"+suffix))
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(catalogue)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"copy", "other", "third"} {
			writeText(t, filepath.Join(dir, "images", id+suffix), string(original))
			text = append(text, id+",images/"+id+suffix+",core,0,0,3\n"...)
		}
		writeText(t, catalogue, string(text))
		packed := filepath.Join(t.TempDir(), "pack")
		var log strings.Builder
		if err := pack.Run(context.Background(), pack.Options{Catalog: catalogue, Out: packed, Workers: 2, MaxMiB: 1, Strict: true, Log: progress.NewLog(&log)}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(log.String(), "3 of them exact copies") {
			t.Errorf("log %q", log.String())
		}
		files, stacks := t.TempDir(), t.TempDir()
		for out, from := range map[string]string{files: catalogue, stacks: filepath.Join(packed, pack.Index)} {
			o := options(t, from, "class", out, "--flip", "--window=12")
			o.CacheMiB = 0 // each epoch reads anew
			if log := mustRun(t, o); !strings.Contains(log, "3 rows are exact copies") {
				t.Errorf("log %q", log)
			}
		}
		seconds := regexp.MustCompile(`(?m),[0-9.]+$`) // the last column of history.csv
		for _, name := range []string{"last/model.safetensors", "best/model.safetensors", "best/preprocessor_config.json", "history.csv", "split.csv"} {
			a, errA := os.ReadFile(filepath.Join(files, name))
			b, errB := os.ReadFile(filepath.Join(stacks, name))
			if errA != nil || errB != nil || seconds.ReplaceAllString(string(a), "") != seconds.ReplaceAllString(string(b), "") {
				t.Errorf("%s: %s is another: %v, %v", suffix, name, errA, errB)
			}
		}
		p := PretrainOptions{Options: options(t, filepath.Join(packed, pack.Index), "", t.TempDir()), Masking: Masking{}}
		p.Log = slog.New(slog.DiscardHandler)
		if objects, _, err := p.objects(); err != nil || len(objects) != 27 || objects[26].Plane != objects[0].Plane {
			t.Errorf("pretraining sees %d objects, %v", len(objects), err)
		}
	}
}
