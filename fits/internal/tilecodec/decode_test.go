package tilecodec

import (
	"slices"
	"testing"
)

// TestRiceByHand decodes streams that were written by hand after the standard's description.
func TestRiceByHand(t *testing.T) {
	for _, test := range []struct {
		name         string
		bytes, block int
		src          []byte
		want         []int32
	}{
		// First pixel 7; split 0+1: differences 0, +1, -1 are folded to 0, 2, 1, which is 1, 001, 01.
		{"unary", 1, 8, []byte{7, 0b001_1_001_0, 0b1_0000000}, []int32{7, 8, 7}},
		{"all equal", 2, 4, []byte{0xff, 0xfe, 0b0000_0000}, []int32{-2, -2, -2, -2, -2, -2, -2, -2}},
		// Split 1: differences +2, -3 are folded to 4, 5, which is 001 0, 001 1.
		{"one low bit", 1, 8, []byte{0, 0b010_0010_0, 0b011_00000}, []int32{2, 255}},
		{"in full", 1, 2, []byte{10, 0b111_00000, 0b100_00001, 0b001_00000}, []int32{12, 7}},
		// A count of 70 zeros, longer than the window of the reader: folded 140, difference 70.
		{"many zeros", 4, 1, []byte{0, 0, 0, 1, 0b00010_000, 0, 0, 0, 0, 0, 0, 0, 0, 0b000_1_0_000}, []int32{71}},
	} {
		var d Rice
		if err := d.Configure(test.block, test.bytes); err != nil {
			t.Fatal(err)
		}
		if err := d.Reset(test.src); err != nil {
			t.Fatal(err)
		}
		got := make([]int32, len(test.want))
		if err := d.Next(got); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, %v, want %v", test.name, got, err, test.want)
		}
	}
}

func TestPLIOByHand(t *testing.T) {
	list := []byte{
		0, 0, 0xff, 0x9c, 0, 12, // header of three words, twelve in all
		0x00, 2, // two zeros
		0x40, 3, // three of the value, which is 1
		0x10, 5, 0, 1, // the value is 4101
		0x50, 2, // a zero, then the value
		0x70, 1, // one less, once
		0x20, 10, // ten more
		0x60, 0, // once
		0x30, 1, // after the end
	}
	list[5] = 11
	want := []int32{0, 0, 1, 1, 1, 0, 4101, 4100, 4110, 0, 0}
	var d PLIO
	if err := d.Reset(list); err != nil {
		t.Fatal(err)
	}
	got := make([]int32, len(want))
	for i := range got { // one at a time
		if err := d.Next(got[i : i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
