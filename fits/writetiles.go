package fits

import (
	"fmt"
	"math"

	"github.com/astrogo/fitsio"
)

// A Packing is how WriteImages stores the pixels of an image: as they are, or compressed in tiles of one or more rows
// (FITS Standard 4.0, section 10), which cfitsio, astropy and this package read as the image that it was.
type Packing uint8

const (
	Unpacked      Packing = iota
	PackLossless          // float32 with GZIP_2; every bit comes back
	PackInt16             // whole numbers from -32768 to 32767 with RICE_1; exact
	PackInt32             // whole numbers of 32 bits with RICE_1; exact
	PackQuantised         // float32 with RICE_1 in steps of a quarter of the noise, dithered: about a fifth of the size
)

// quantisedLevel is how many steps the noise of a tile is divided into.
const quantisedLevel = 4

// bitpix returns ZBITPIX.
func (p Packing) bitpix() int {
	switch p {
	case PackInt16:
		return 16
	case PackInt32:
		return 32
	}
	return -32
}

// leastTile is how many pixels a tile has at least, where the image has: fewer compress badly.
const leastTile = 4096

// writePacked writes an image as a table of tiles.
func writePacked(f *fitsio.File, h ImageHDU, axes []int) error {
	width, rows := axes[0], 1
	if len(axes) > 1 {
		rows = axes[1]
	}
	high := max(1, min(rows, (leastTile+width-1)/max(width, 1))) // rows of a tile
	pixels := h.Image.Pixels
	var seed int64
	var tiles []packedTile
	heap := 0
	if h.Packing == PackQuantised {
		seed = ditherSeed(pixels[:min(len(pixels), width*high)])
	}
	for plane := pixels; len(plane) > 0; plane = plane[width*rows:] {
		for y := 0; y < rows; y += high {
			tile, ok := h.Packing.packTile(plane[y*width:min(y+high, rows)*width], len(tiles), seed)
			if !ok {
				return fmt.Errorf("pixels of tile %d are not whole numbers of %d bits", len(tiles), h.Packing.bitpix())
			}
			tiles = append(tiles, tile)
			heap += len(tile.data) + len(tile.gzipped)
		}
	}
	table, err := tileTable(h.Packing, tiles, heap)
	if err != nil {
		return err
	}
	cards := []fitsio.Card{
		{Name: "ZIMAGE", Value: true, Comment: "this table is a compressed image"},
		{Name: "ZTENSION", Value: "IMAGE"},
		{Name: "ZBITPIX", Value: h.Packing.bitpix()},
		{Name: "ZNAXIS", Value: len(axes)},
	}
	for i, n := range axes {
		cards = append(cards, fitsio.Card{Name: fmt.Sprintf("ZNAXIS%d", i+1), Value: n})
	}
	cards = append(cards, fitsio.Card{Name: "ZPCOUNT", Value: 0}, fitsio.Card{Name: "ZGCOUNT", Value: 1})
	for i := range axes {
		length := 1
		switch i {
		case 0:
			length = width
		case 1:
			length = high
		}
		cards = append(cards, fitsio.Card{Name: fmt.Sprintf("ZTILE%d", i+1), Value: length})
	}
	cards = append(cards, h.Packing.cards(seed)...)
	own, err := writable(h.Header)
	if err != nil {
		return err
	}
	if err := table.Header().Append(append(cards, own...)...); err != nil {
		return err
	}
	return f.Write(table)
}

// cards returns those that say how the tiles are compressed.
func (p Packing) cards(seed int64) []fitsio.Card {
	if p == PackLossless {
		return []fitsio.Card{{Name: "ZCMPTYPE", Value: "GZIP_2"}, {Name: "ZQUANTIZ", Value: "NONE"}}
	}
	cards := []fitsio.Card{
		{Name: "ZCMPTYPE", Value: "RICE_1"},
		{Name: "ZNAME1", Value: "BLOCKSIZE"}, {Name: "ZVAL1", Value: riceBlock},
		{Name: "ZNAME2", Value: "BYTEPIX"}, {Name: "ZVAL2", Value: bytesOf(p.bitpix())},
	}
	if p == PackQuantised {
		cards = append(cards, fitsio.Card{Name: "ZQUANTIZ", Value: "SUBTRACTIVE_DITHER_1"},
			fitsio.Card{Name: "ZDITHER0", Value: int(seed)}, fitsio.Card{Name: "ZBLANK", Value: quantisedNull})
	}
	return cards
}

// tileTable returns the table of the tiles, whose compressed bytes are so many.
func tileTable(packing Packing, tiles []packedTile, heap int) (*fitsio.Table, error) {
	bytes := "1PB"
	if heap > math.MaxInt32 {
		bytes = "1QB"
	}
	columns := []fitsio.Column{{Name: "COMPRESSED_DATA", Format: bytes}}
	if packing == PackQuantised {
		columns = append(columns, fitsio.Column{Name: "GZIP_COMPRESSED_DATA", Format: bytes},
			fitsio.Column{Name: "ZSCALE", Format: "1D"}, fitsio.Column{Name: "ZZERO", Format: "1D"})
	}
	layout := make([]columnMeaning, len(columns))
	for i, c := range columns {
		layout[i].form = c.Format
	}
	table, err := fitsio.NewTable("", columns, fitsio.BINARY_TBL)
	if err != nil {
		return nil, err
	}
	*table.Header().Get("EXTNAME") = fitsio.Card{} // funpack wants the image's own cards behind those of its layout
	for i := range tiles {
		t := &tiles[i]
		cells := []any{&t.data, &t.gzipped, &t.scale, &t.zero}[:len(columns)]
		if err := table.Write(cells...); err != nil {
			return nil, err
		}
	}
	return table, correct(table.Header(), layout)
}
