package catalog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// The library allocates what the footer and the page headers claim before it
// reads what they announce. So they are read here first, and held to these bounds.
const (
	maxPageHeader = 1 << 16 // bytes; statistics of long strings make it longer than the usual 30
	maxPageFloor  = 1 << 26 // bytes that any page may unfold to
	maxPageRatio  = 1 << 10 // a larger page must stay below this multiple of its compressed size
)

// checkFooter holds the length of the file's metadata to that of the file.
func checkFooter(r io.ReaderAt, size int64) error {
	var tail [8]byte // length of the metadata, little-endian, and "PAR1"
	if size < 12 {
		return io.ErrUnexpectedEOF
	}
	if _, err := r.ReadAt(tail[:], size-8); err != nil && err != io.EOF {
		return err
	}
	if string(tail[4:]) != "PAR1" {
		return errors.New("it does not end in PAR1; is it cut off?")
	}
	if n := binary.LittleEndian.Uint32(tail[:]); int64(n) > size-12 {
		return fmt.Errorf("metadata of %d bytes are not inside the file of %d", n, size)
	}
	return nil
}

// checkPages walks the page headers of one column in one row group of a file
// of size bytes and a table of so many rows.
func checkPages(r io.ReaderAt, size int64, chunk *format.ColumnMetaData, rows int64) error {
	if chunk.NumValues > rows {
		return fmt.Errorf("claims %d values in a table of %d rows", chunk.NumValues, rows)
	}
	offset := chunk.DataPageOffset
	if chunk.DictionaryPageOffset > 0 && chunk.DictionaryPageOffset < offset {
		offset = chunk.DictionaryPageOffset
	}
	length := chunk.TotalCompressedSize
	if offset < 0 || length < 0 || offset > size || length > size-offset {
		return fmt.Errorf("pages of %d bytes at %d are not inside the file of %d", length, offset, size)
	}
	buffer := make([]byte, maxPageHeader)
	for end := offset + length; offset < end; {
		n, err := r.ReadAt(buffer[:min(maxPageHeader, end-offset)], offset)
		if err != nil && err != io.EOF {
			return err
		}
		var header format.PageHeader
		reader := new(thrift.CompactProtocol).NewReaderFromBytes(buffer[:n])
		if err := thrift.NewDecoder(reader).Decode(&header); err != nil {
			return fmt.Errorf("page header at %d: %w", offset, err)
		}
		offset += int64(reader.BytesRead())
		packed, unfolded := int64(header.CompressedPageSize), int64(header.UncompressedPageSize)
		if packed < 0 || packed > end-offset {
			return fmt.Errorf("page of %d bytes at %d, where its column has %d left", packed, offset, end-offset)
		}
		if unfolded < 0 || unfolded > max(maxPageFloor, maxPageRatio*packed) {
			return fmt.Errorf("page at %d claims to unfold from %d to %d bytes", offset, packed, unfolded)
		}
		for _, values := range []int32{header.DataPageHeader.V.NumValues, header.DataPageHeaderV2.V.NumValues} {
			if int64(values) > chunk.NumValues {
				return fmt.Errorf("page at %d claims %d values, where its column has %d", offset, values, chunk.NumValues)
			}
		}
		// A dictionary's entries take bits at least, in any encoding.
		if entries := int64(header.DictionaryPageHeader.V.NumValues); entries > 8*unfolded {
			return fmt.Errorf("dictionary at %d claims %d entries in %d bytes", offset, entries, unfolded)
		}
		if chunk.Codec == format.Zstd {
			if err := measureZstd(io.NewSectionReader(r, offset, packed), &header); err != nil {
				return fmt.Errorf("page at %d: %w", offset, err)
			}
		}
		offset += packed
	}
	return nil
}

// measureZstd unfolds a page without keeping it: four bytes of Zstandard can
// hold 128 KiB, so that the claimed size has to be true.
func measureZstd(page *io.SectionReader, header *format.PageHeader) error {
	limit := int64(header.UncompressedPageSize)
	if v2 := header.DataPageHeaderV2; v2.Valid {
		levels := int64(v2.V.RepetitionLevelsByteLength) + int64(v2.V.DefinitionLevelsByteLength)
		if !v2.V.IsCompressed.V && v2.V.IsCompressed.Valid {
			return nil
		}
		if _, err := page.Seek(levels, io.SeekStart); err != nil {
			return err
		}
	}
	z, err := zstd.NewReader(page, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPageFloor), zstd.WithDecoderLowmem(true))
	if err != nil {
		return err
	}
	defer z.Close()
	n, err := io.Copy(io.Discard, io.LimitReader(z, limit+1))
	if err != nil {
		return err
	}
	if n > limit {
		return fmt.Errorf("unfolds to more than the %d bytes that it claims", limit)
	}
	return nil
}
