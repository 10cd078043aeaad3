package simd_test

import (
	"math/rand/v2"
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/astrovit/astrovit/simd"
)

// fenced returns room for n numbers between two pages that may not be touched,
// as bytes/boundary_test.go of the standard library does. A kernel that reads
// or writes past an end of it crashes the test.
func fenced(t *testing.T, n int) []float32 {
	t.Helper()
	page := os.Getpagesize()
	room := (4*n + page - 1) / page * page
	all, err := unix.Mmap(-1, 0, room+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Munmap(all); err != nil {
			t.Error(err)
		}
	})
	for _, fence := range [][]byte{all[:page], all[page+room:]} {
		if err := unix.Mprotect(fence, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&all[page])), room/4)
}

func TestKernelsStayInside(t *testing.T) {
	eachKernel(t, func(t *testing.T, k kernel) {
		r := rand.New(rand.NewPCG(1, 2))
		rooms := make([][]float32, k.slices)
		for i := range rooms {
			rooms[i] = fenced(t, 68)
		}
		s := make([][]float32, k.slices)
		for n := range 68 {
			for i, room := range rooms { // at the end of the page
				s[i] = room[len(room)-n:]
			}
			k.inputs(s, r)
			k.try(t, s)
			for i, room := range rooms { // at its start
				s[i] = room[:n:n]
			}
			k.inputs(s, r)
			k.try(t, s)
		}
	})
}

func TestRowsStayInside(t *testing.T) {
	eachRowKernel(t, func(t *testing.T, k rowKernel) {
		r := rand.New(rand.NewPCG(1, 2))
		const rows = 3
		rooms := make([][]float32, len(k.shapes))
		for i := range rooms {
			rooms[i] = fenced(t, rows*70)
		}
		for cols := range 68 {
			k.try(t, k.inputs(rows, cols, 2, r, func(slice, n int) []float32 { // at the end of the page
				return rooms[slice][len(rooms[slice])-n:]
			}))
			k.try(t, k.inputs(rows, cols, 0, r, func(slice, n int) []float32 { // at its start
				return rooms[slice][:n:n]
			}))
		}
	})
}

func TestMulStaysInside(t *testing.T) {
	const largest = 40
	simd.EachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		var rooms [3][]float32
		for i := range rooms {
			rooms[i] = fenced(t, largest*(largest+2))
		}
		for range 300 {
			p := newProduct(1+r.IntN(largest), 1+r.IntN(largest), 1+r.IntN(largest), modes[r.IntN(len(modes))], r.IntN(3), 0, r)
			for i, x := range []*simd.Matrix{&p.dst, &p.a, &p.b} {
				room := rooms[i][len(rooms[i])-len(x.Data):]
				copy(room, x.Data)
				x.Data = room
			}
			p.try(t, 5e-7)
			for _, f := range []simd.Factor{simd.Pack(p.b, p.mode), simd.PackBF16(p.b, p.mode), simd.PackInt8(p.b, p.mode)} {
				if p.mode&simd.TransA == 0 {
					f.Mul(p.dst, p.a, simd.Epilogue{Add: p.dst, GELU: true})
				}
			}
		}
	})
}
