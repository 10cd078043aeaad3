package whole

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
)

// WriteSealed writes a file through write and, as its last bytes, the SHA-256 of
// what is before them, by which [OpenSealed] knows whether it is as it was written.
func WriteSealed(name string, write func(io.Writer) error) error {
	return Write(name, func(w io.Writer) error {
		sum := sha256.New()
		if err := write(io.MultiWriter(w, sum)); err != nil {
			return err
		}
		_, err := w.Write(sum.Sum(nil))
		return err
	})
}

// Sealed is what is in a sealed file, without the seal.
type Sealed struct {
	*io.SectionReader
	file *os.File
}

// Close closes the file.
func (s *Sealed) Close() error { return s.file.Close() }

// OpenSealed opens a file of [WriteSealed] after reading all of it once. Where a
// bit is another, or some are missing, the error says that it is damaged.
func OpenSealed(name string) (*Sealed, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	s := &Sealed{file: file}
	if err := s.verify(); err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", name, cause(err))
	}
	return s, nil
}

func (s *Sealed) verify() error {
	info, err := s.file.Stat()
	if err != nil {
		return err
	}
	size := info.Size() - sha256.Size
	if !info.Mode().IsRegular() || size < 0 {
		return fmt.Errorf("is damaged: it has %d bytes, fewer than the %d of a checksum", info.Size(), sha256.Size)
	}
	s.SectionReader = io.NewSectionReader(s.file, 0, size)
	sum, seal := sha256.New(), make([]byte, sha256.Size)
	if _, err := io.CopyBuffer(sum, io.NewSectionReader(s.file, 0, size), make([]byte, 1<<20)); err != nil {
		return err
	}
	if _, err := s.file.ReadAt(seal, size); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !bytes.Equal(sum.Sum(nil), seal) {
		return errors.New("is damaged: its contents do not have the SHA-256 that it ends with")
	}
	return nil
}
