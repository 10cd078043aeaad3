package fits

import (
	"syscall"
	"unsafe"
)

// inLargePages asks for pages of 2 MiB for what lies in such pages, which is all but the ends of a large image. Where
// they are not to be had, nothing changes.
func inLargePages(b []byte) {
	const page = 2 << 20
	begin := -uintptr(unsafe.Pointer(&b[0])) % page
	if size := len(b) - int(begin); size >= page {
		syscall.Madvise(b[begin:int(begin)+size/page*page], syscall.MADV_HUGEPAGE)
	}
}
