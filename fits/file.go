package fits

import (
	"io"
	"math"
	"os"
	"sync"
)

// A File is an open FITS file. Its HDUs are indexed when they are first asked for, by their headers alone.
type File struct {
	at     place
	src    source
	closer io.Closer // nil when the caller owns the reader

	mu   sync.Mutex
	hdus []*HDU
	next int64 // where the header of the next HDU would begin
	done bool  // no HDU follows
	err  error // why indexing stopped early
}

// Open opens the named file: plain, gzip (any number of members), bzip2, zstd or Unix compress (.Z), told apart by content
// and not by suffix. It reads the first header; a file that does not begin with one is a *FormatError.
func Open(name string) (*File, error) {
	r, err := openRead(name)
	if err != nil {
		return nil, err
	}
	f, err := openFile(r, name)
	if err != nil {
		r.Close()
		return nil, err
	}
	f.closer = r
	return f, nil
}

func openFile(r *os.File, name string) (*File, error) {
	info, err := r.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, &FormatError{File: name, HDU: -1, Reason: "is a directory, not a FITS file"}
	}
	return New(r, info.Size(), name)
}

// New reads a FITS file of size bytes through r; name appears in errors only. The file may be compressed as for Open.
func New(r io.ReaderAt, size int64, name string) (*File, error) {
	at := place{name, -1}
	src, err := newSource(r, size, at)
	if err != nil {
		return nil, err
	}
	f := &File{at: at, src: src}
	f.index(1)
	if f.err != nil {
		return nil, f.err
	}
	return f, nil
}

// Close closes the file that Open opened. HDUs of the file cannot be read afterwards.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// NumHDU returns the number of HDUs, at least 1. It reads every header, and of a compressed file all bytes.
//
// Counting ends without complaint at the end of the file or at anything that is not an extension (special records,
// trailing junk: FITS Standard 4.0, section 3.5). It ends with an error, which Err returns, at a damaged extension header.
func (f *File) NumHDU() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.index(maxHDUs)
	return len(f.hdus)
}

// Err returns why the file could not be indexed to its end: a damaged header or a failing read. It is nil when all is well.
func (f *File) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.index(maxHDUs)
	return f.err
}

// HDU returns the i-th header and data unit, 0 being the primary. It panics unless 0 <= i < NumHDU().
func (f *File) HDU(i int) *HDU {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.index(i + 1)
	if i < 0 || i >= len(f.hdus) {
		panic("fits: HDU index out of range")
	}
	return f.hdus[i]
}

// maxHDUs asks for all HDUs.
const maxHDUs = math.MaxInt

// index reads headers until n HDUs are known or no more follow. f.mu is held, or f is not yet shared.
func (f *File) index(n int) {
	for len(f.hdus) < n && !f.done {
		h, err := f.readHDU(len(f.hdus), f.next)
		if h == nil || err != nil {
			f.done, f.err = true, err
			return
		}
		f.hdus = append(f.hdus, h)
		f.next = h.end()
		if f.next < 0 {
			f.done = true // the data runs beyond any possible file
		}
	}
}
