// Package tilecodec decodes and encodes the tiles of compressed images (FITS Standard 4.0, section 10.4): Rice, GZIP,
// PLIO and HCOMPRESS.
//
// Decoders hand out the pixels of a tile in order, as many as are asked for, so that a caller that needs the first rows
// decodes no more than those. They take memory for themselves only in proportion to what Reset is told of the tile, never to
// what the stream says, never panic, and answer a stream that is damaged with an error or with wrong pixels. A decoder is
// used again after another Reset; it is for one goroutine.
package tilecodec

import "errors"

// An Integers decodes successive integers of a tile.
type Integers interface {
	// Next fills dst with the next pixels. After an error the decoder must be Reset.
	Next(dst []int32) error
}

var (
	errTruncated = errors.New("compressed stream is cut off")
	errDamaged   = errors.New("compressed stream is damaged")
)
