package tilecodec

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"testing"
)

// drain takes pixels in pieces of uneven size and stops at the first error.
func drain(d Integers, pixels int) {
	buffer := make([]int32, 128)
	for n, size := 0, 1; n < pixels; n, size = n+size, size%99+7 {
		if d.Next(buffer[:size]) != nil {
			return
		}
	}
}

func FuzzRice(f *testing.F) {
	f.Add([]byte{1, 2, 0x40, 0xff, 0x0f, 3, 9}, uint8(32), uint8(1))
	f.Add([]byte{1, 2, 3, 4, 0xf8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, uint8(7), uint8(2))
	f.Fuzz(func(t *testing.T, src []byte, block, form uint8) {
		var d Rice
		bytes := 1 << (form % 3)
		if err := d.Configure(int(block)+1, bytes); err != nil {
			t.Fatal(err)
		}
		if d.Reset(src) != nil {
			return
		}
		most := RicePixels(int64(len(src)), int(block)+1, bytes)
		n := 0
		for one := make([]int32, 1); d.Next(one) == nil; n++ {
			if int64(n) > most {
				t.Fatalf("%d bytes gave more than %d pixels", len(src), most)
			}
			switch {
			case bytes == 1 && (one[0] < 0 || one[0] > 255), bytes == 2 && int32(int16(one[0])) != one[0]:
				t.Fatalf("pixel %d of %d bytes", one[0], bytes)
			}
		}
	})
}

func FuzzPLIO(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 6, 0x40, 5, 0x50, 3, 0x60, 1})
	f.Add([]byte{0, 0, 0, 7, 0xff, 0x9c, 0, 9, 0, 0, 0, 0, 0, 0, 0x10, 1, 0, 1, 0x40, 9})
	f.Fuzz(func(t *testing.T, src []byte) {
		var d PLIO
		if d.Reset(src) == nil {
			drain(&d, 1<<16)
		}
	})
}

func FuzzGzip(f *testing.F) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(bytes.Repeat([]byte("tiles"), 40))
	z.Close()
	f.Add(b.Bytes(), uint8(2))
	f.Fuzz(func(t *testing.T, src []byte, form uint8) {
		var d Gzip
		width := 1 << (form % 4)
		if form&16 == 0 {
			if d.Reset(src) == nil {
				drain(&Words{Source: &d, Width: min(width, 4)}, 1<<12)
			}
			return
		}
		const pixels = 50
		if d.ResetShuffled(src, pixels, width) != nil {
			return
		}
		whole := make([]byte, pixels*width)
		if err := d.ReadFull(whole); err != nil {
			t.Fatal(err)
		}
		if d.ReadFull(whole[:1]) == nil {
			t.Error("more bytes than the tile has")
		}
		if err := d.ResetShuffled(src, pixels, width); err != nil {
			t.Fatal(err)
		}
		var pieces []byte
		for size := 1; len(pieces) < len(whole); size = size%5 + 1 {
			p := make([]byte, min(size, len(whole)-len(pieces)))
			if err := d.ReadFull(p); err != nil {
				t.Fatal(err)
			}
			pieces = append(pieces, p...)
		}
		if !bytes.Equal(whole, pieces) {
			t.Error("pieces are not the whole")
		}
	})
}

func FuzzHCompress(f *testing.F) {
	head := binary.BigEndian.AppendUint32([]byte{0xdd, 0x99}, 3)
	head = binary.BigEndian.AppendUint32(head, 5)
	head = append(head, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 1, 0, 3, 2, 1)
	f.Add(append(head, 0xf0, 0x12, 0x34, 0xff, 0x01, 0x80, 0, 0x0f, 0x73, 0, 0, 0, 0), true)
	f.Fuzz(func(t *testing.T, src []byte, smooth bool) {
		height, width := 3, 5
		if len(src) > 10 { // what the stream says, if that is a size to be had here
			height, width = int(src[5]), int(src[9])
		}
		narrow, wide := HCompress[int32]{Smooth: smooth}, HCompress[int64]{Smooth: smooth}
		if narrow.Reset(src, height, width) == nil {
			drain(&narrow, height*width)
		}
		if wide.Reset(src, height, width) == nil {
			drain(&wide, height*width)
		}
	})
}
