package cli

import "path/filepath"

// Output is a file to be written, and the flag that names it.
type Output struct{ Flag, Name string }

// Distinct refuses two outputs of one name; an empty one is none.
func Distinct(outputs ...Output) error {
	for i, a := range outputs {
		for _, b := range outputs[:i] {
			if a.Name != "" && b.Name != "" && filepath.Clean(a.Name) == filepath.Clean(b.Name) {
				return Usagef("%s and %s are both %s", b.Flag, a.Flag, a.Name)
			}
		}
	}
	return nil
}
