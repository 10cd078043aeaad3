//go:build !linux

package fits

func inLargePages([]byte) {}
