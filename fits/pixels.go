package fits

import (
	"strings"
	"unsafe"
)

// newPixels returns n pixels of any values, for a caller that sets every one. To zero those of a large image first would
// take longer than to read them, and so would the faults of memory in small pages.
func newPixels(n int) []float32 {
	if n == 0 {
		return nil
	}
	var memory strings.Builder // the one of the library that does not zero what it takes
	memory.Grow(4 * n)
	memory.WriteByte(0)
	first := unsafe.StringData(memory.String())
	inLargePages(unsafe.Slice(first, 4*n))
	return unsafe.Slice((*float32)(unsafe.Pointer(first)), n)
}
