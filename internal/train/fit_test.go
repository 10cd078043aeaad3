package train

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/astrovit/astrovit/internal/catalog"
)

// What most pictures are decides how all are taken, and not what the first is.
func TestMajorityOfKinds(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(7, 7))
	for name, c := range map[string]struct {
		suffixes string
		photo    bool
	}{
		"a photo first": {"jffff", false}, "a FITS image first": {"fjjjj", true}, "in halves": {"jfjf", false},
	} {
		t.Run(name, func(t *testing.T) {
			var examples []example
			for i, kind := range c.suffixes {
				file := filepath.Join(dir, fmt.Sprintf("%s%d%s", name, i, map[rune]string{'j': ".jpg", 'f': ".fits"}[kind]))
				writePicture(t, file, sky(r, 0, 3))
				examples = append(examples, example{object: catalog.Object{ID: file, Files: []string{file}, HDU: -1, Plane: -1}})
			}
			l, err := peek(examples, 2)
			if err != nil {
				t.Fatal(err)
			}
			if l.photo != c.photo {
				t.Errorf("%s: photo %v, want %v", c.suffixes, l.photo, c.photo)
			}
		})
	}
}
