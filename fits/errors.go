package fits

import (
	"errors"
	"fmt"
	"strconv"
)

// ErrNoWCS reports an image whose header has no pair of celestial axes (Paper II, section 3.1).
var ErrNoWCS = errors.New("fits: the header has no celestial coordinate system")

// A FormatError reports a file that is wrong: it breaks the FITS Standard in a way that makes its content unknowable.
type FormatError struct {
	File   string // name as given to Open
	HDU    int    // 0-based, or -1 when the error concerns the file as a whole
	Where  string // keyword, column or row; may be empty
	Reason string // what was expected and what was found
}

func (e *FormatError) Error() string { return describe(e.File, e.HDU, e.Where, e.Reason) }

// An UnsupportedError reports a file that may be right, but that this package cannot read.
type UnsupportedError struct {
	File   string // name as given to Open
	HDU    int    // 0-based, or -1 when the error concerns the file as a whole
	Where  string // keyword, column or row; may be empty
	Reason string // what is not supported
}

func (e *UnsupportedError) Error() string { return describe(e.File, e.HDU, e.Where, e.Reason) }

func describe(file string, hdu int, where, reason string) string {
	s := file
	if hdu >= 0 {
		s += ": HDU " + strconv.Itoa(hdu)
	}
	if where != "" {
		s += ": " + where
	}
	return s + ": " + reason
}

// place is where in a file an error happened. It is carried by everything that can fail.
type place struct {
	file string
	hdu  int
}

func (p place) formatError(where, format string, args ...any) error {
	return &FormatError{p.file, p.hdu, where, fmt.Sprintf(format, args...)}
}

func (p place) unsupported(where, format string, args ...any) error {
	return &UnsupportedError{p.file, p.hdu, where, fmt.Sprintf(format, args...)}
}

// wrap adds the place to an error that came from outside, such as a failing disk.
func (p place) wrap(err error) error {
	if p.hdu < 0 {
		return fmt.Errorf("%s: %w", p.file, err)
	}
	return fmt.Errorf("%s: HDU %d: %w", p.file, p.hdu, err)
}

// errSection is a Section call that does not fit its image: a mistake of the caller, often made with positions from a
// catalogue, so an error and not a panic.
type errSection struct{ lo, hi, shape []int }

func (e errSection) Error() string {
	return fmt.Sprintf("section %v to %v is not inside the image of shape %v", e.lo, e.hi, e.shape)
}
