package catalog

import (
	"errors"
	"fmt"
	"strings"
)

// ErrEmpty is wrapped by the errors about a catalogue without rows.
var ErrEmpty = errors.New("holds no rows")

// FormatError says that a catalogue is not what it should be: the file, the
// place in it (a line, a row, a column) and what is wrong there.
type FormatError struct {
	File, Where, Reason string
	Err                 error // the cause, where another package found it; may be nil
}

func (e *FormatError) Error() string { return describe(e.File, e.Where, e.Reason, e.Err) }

// Unwrap returns the cause.
func (e *FormatError) Unwrap() error { return e.Err }

// UnsupportedError says that a catalogue is sound, but of a kind that this
// package does not read.
type UnsupportedError struct {
	File, Where, Reason string
	Err                 error // the cause, where another package found it; may be nil
}

func (e *UnsupportedError) Error() string { return describe(e.File, e.Where, e.Reason, e.Err) }

// Unwrap returns the cause.
func (e *UnsupportedError) Unwrap() error { return e.Err }

func describe(file, where, reason string, err error) string {
	var b strings.Builder
	b.WriteString(file)
	if where != "" {
		b.WriteString(": ")
		b.WriteString(where)
	}
	if reason != "" {
		b.WriteString(": ")
		b.WriteString(reason)
	}
	if err != nil {
		fmt.Fprintf(&b, ": %v", err)
	}
	return b.String()
}

// list joins at most a few names for an error message.
func list(names []string) string {
	const most = 40
	if len(names) > most {
		return fmt.Sprintf("%s, ... (%d in all)", strings.Join(names[:most], ", "), len(names))
	}
	return strings.Join(names, ", ")
}
