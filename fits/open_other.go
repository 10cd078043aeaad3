//go:build !linux

package fits

import "os"

func openRead(name string) (*os.File, error) { return os.Open(name) }
