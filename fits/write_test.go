package fits

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

func writtenCards() []Card {
	long := strings.Repeat("0123456789", 20)
	return []Card{
		{"OBJECT", "it's 'quoted'", "a comment / with slash"},
		{"EMPTY", "", ""},
		{"LONG", long, ""},
		{"FIT67", strings.Repeat("x", 67), ""},
		{"FIT68", strings.Repeat("y", 68), ""},
		{"QUOTE66", strings.Repeat("z", 64) + "'", ""},
		{"YES", true, ""},
		{"NO", false, ""},
		{"INT", 42, "the answer"},
		{"BIG", int64(-1 << 62), ""},
		{"TENTH", 0.1, ""},
		{"TINY", -4.9e-324, ""},
		{"HUGE", math.MaxFloat64, ""},
		{"WHOLE", 5.0, ""},
		{"COMMENT", nil, "free text, it's = here"},
		{"HISTORY", nil, strings.Repeat("h", 100)},
	}
}

func TestWriteImages(t *testing.T) {
	nan := float32(math.NaN())
	first := &Image{[]int{2, 3}, []float32{1, -2.5, nan, float32(math.Inf(1)), 1e-45, math.MaxFloat32}}
	cube := &Image{[]int{2, 1, 2}, []float32{1, 2, 3, 4}}
	var b bytes.Buffer
	if err := WriteImages(&b, ImageHDU{Image: first, Header: writtenCards()}, ImageHDU{Image: cube, Header: []Card{{"EXTNAME", "CUBE", ""}}}, ImageHDU{}); err != nil {
		t.Fatal(err)
	}
	if b.Len()%blockSize != 0 {
		t.Errorf("%d bytes are not whole blocks", b.Len())
	}
	f := openBytes(t, b.Bytes())
	if f.NumHDU() != 3 || f.Err() != nil || f.HDU(1).Name() != "CUBE" || len(f.HDU(2).Shape()) != 0 {
		t.Fatalf("%d HDUs, %v", f.NumHDU(), f.Err())
	}
	for i, want := range []*Image{first, cube, {}} {
		im, err := f.HDU(i).Read()
		if err != nil || !reflect.DeepEqual(im.Shape, want.Shape) || !sameBits(im.Pixels, want.Pixels) {
			t.Errorf("HDU %d: %v, %v", i, im, err)
		}
	}
	h := f.HDU(0).Header()
	for _, c := range writtenCards() {
		got, ok := h.Get(c.Key)
		if v, isInt := c.Value.(int); isInt {
			c.Value = int64(v)
		}
		if c.Key == "HISTORY" {
			c.Comment = c.Comment[:72]
		}
		if !ok || !reflect.DeepEqual(got, c) {
			t.Errorf("%s: have %#v, want %#v", c.Key, got, c)
		}
	}
	astropy(t, `
import sys, warnings
warnings.simplefilter('error')
import numpy as np
from astropy.io import fits
with fits.open(sys.argv[1]) as f:
    f.verify('exception')
    assert len(f) == 3 and f['CUBE'].data.tolist() == [[[1, 2]], [[3, 4]]] and f[2].data is None
    np.testing.assert_array_equal(f[0].data, np.array([[1, -2.5, np.nan], [np.inf, 1e-45, np.finfo('f4').max]], 'f4'))
    h = f[0].header
    assert h['OBJECT'] == "it's 'quoted'" and h['EMPTY'] == '' and h['LONG'] == '0123456789' * 20
    assert h['FIT67'] == 'x' * 67 and h['FIT68'] == 'y' * 68 and h['QUOTE66'] == 'z' * 64 + "'"
    assert h['YES'] is True and h['NO'] is False and h['INT'] == 42 and h['BIG'] == -2**62
    assert h['TENTH'] == 0.1 and h['TINY'] == -4.9e-324 and h['HUGE'] == np.finfo('f8').max
    assert h['WHOLE'] == 5.0 and isinstance(h['WHOLE'], float)
    assert ''.join(h['HISTORY']) == 'h' * 100 and h['COMMENT'][-1] == "free text, it's = here"`, writeFile(t, b.Bytes()))
}

func TestWriteImagesRefuses(t *testing.T) {
	for name, c := range map[string]Card{
		"layout":          {"NAXIS1", 5, ""},
		"scaling":         {"BSCALE", 2.0, ""},
		"NaN":             {"A", math.NaN(), ""},
		"not ASCII":       {"A", "é", ""},
		"newline":         {"A", "a\nb", ""},
		"comment":         {"A", 1, "é"},
		"no value":        {"A", nil, ""},
		"type":            {"A", []int{1}, ""},
		"quotes to split": {"A", strings.Repeat("'", 100), ""},
	} {
		var b bytes.Buffer
		if err := WriteImages(&b, ImageHDU{Image: &Image{[]int{1}, []float32{1}}, Header: []Card{c}}); err == nil || !strings.Contains(err.Error(), "HDU 0: card") {
			t.Errorf("%s: %v", name, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("pixels that do not match the shape were written")
		}
	}()
	WriteImages(&bytes.Buffer{}, ImageHDU{Image: &Image{[]int{2, 2}, []float32{1}}})
}

type fullDisk struct{ room int }

var errFull = errors.New("no space left on device")

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.room -= len(p); d.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriteErrors(t *testing.T) {
	for room := 0; room < 3*blockSize; room += blockSize {
		err := WriteImages(&fullDisk{room}, ImageHDU{Image: &Image{[]int{1000}, make([]float32, 1000)}})
		if err == nil || !strings.Contains(err.Error(), errFull.Error()) {
			t.Errorf("image on a disk of %d bytes: %v", room, err)
		}
		err = WriteTable(&fullDisk{room}, "t", []Column{{Name: "a", Floats: make([]float64, 10)}})
		if err == nil || !strings.Contains(err.Error(), errFull.Error()) {
			t.Errorf("table on a disk of %d bytes: %v", room, err)
		}
	}
}
