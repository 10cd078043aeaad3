package lzw

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"testing"
	"testing/iotest"
)

func unfold(b []byte) ([]byte, error) {
	z, err := NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// inputs are of all kinds that compress treats differently: one width, all widths, a table that is full and emptied.
func inputs() [][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	noise, letters := make([]byte, 300_000), make([]byte, 900_000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	for i := range letters {
		letters[i] = byte(r.IntN(1 + i>>15)) // its statistics change: the table is emptied now and then
	}
	return [][]byte{{}, {7}, {7, 7, 7, 7, 7, 7}, noise[:600], noise, letters, append(bytes.Clone(letters[:200_000]), noise...),
		make([]byte, 1_000_000)}
}

// TestCompress unfolds what compress(1) made.
func TestCompress(t *testing.T) {
	if _, err := exec.LookPath("compress"); err != nil {
		t.Skip("compress (Debian's ncompress) is not installed")
	}
	for i, want := range inputs() {
		for width := minWidth + 1; width <= maxWidth; width++ {
			cmd := exec.Command("compress", "-c", "-f", "-b", fmt.Sprint(width))
			cmd.Stdin = bytes.NewReader(want)
			packed, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			got, err := unfold(packed)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("input %d, %d bits: %d bytes of %d: %v", i, width, len(got), len(want), err)
			}
			for cut := 3; cut < len(packed); cut += 1 + len(packed)/7 {
				if got, err := unfold(packed[:cut]); err != nil || !bytes.HasPrefix(want, got) {
					t.Errorf("input %d, %d bits, cut after %d bytes: %d bytes, %v", i, width, cut, len(got), err)
				}
			}
		}
	}
}

// seven is compress's of "aaaaaaa": the codes 97, 257, 258, 97 of 9 bits, lowest bit first.
var seven = []byte{0x1f, 0x9d, 0x90, 0x61, 0x02, 0x0a, 0x0c, 0x03}

func TestByHand(t *testing.T) {
	if got, err := unfold(seven); err != nil || string(got) != "aaaaaaa" {
		t.Errorf("%q, %v", got, err)
	}
	for _, b := range [][]byte{{}, {0x1f}, {0x1f, 0x9d}, {0x1f, 0x8b, 0x90}, {0x1f, 0x9d, 0x89}, {0x1f, 0x9d, 0x91}} {
		if _, err := unfold(b); err != ErrFormat {
			t.Errorf("header %x: %v", b, err)
		}
	}
	for _, b := range [][]byte{{0x01, 0x01}, {0x61, 0xfe, 0x03}} { // 257 where nothing is, 511 after 97
		if _, err := unfold(append([]byte{0x1f, 0x9d, 0x90}, b...)); err != ErrFormat {
			t.Errorf("codes %x: %v", b, err)
		}
	}
	z, err := NewReader(iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(seven))))
	if err == nil {
		_, err = io.ReadAll(z)
	}
	if err == nil {
		t.Error("no error from a reader that fails")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(seven)
	f.Add(append([]byte{0x1f, 0x9d, 0x10}, seven[3:]...))
	f.Add([]byte{0x1f, 0x9d, 0x90, 0x61, 0x00, 0x02, 0, 0, 0, 0, 0, 0, 0x61})
	f.Fuzz(func(t *testing.T, b []byte) {
		z, err := NewReader(bytes.NewReader(b))
		if err != nil {
			return
		}
		if n, err := io.Copy(io.Discard, io.LimitReader(z, 1<<24)); err != nil && err != ErrFormat {
			t.Errorf("%d bytes: %v", n, err)
		}
	})
}
