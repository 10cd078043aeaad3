package patch

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// golden reads what testdata/make_*.py wrote.
func golden(t *testing.T, name string, v any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}
