// Package whole writes files that appear whole, on disk, or not at all: they
// are written under a hidden name beside the final one, synced and renamed.
package whole

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
)

// File is a file being written. Its errors name the file that is to appear.
type File struct {
	name    string
	hidden  *renameio.PendingFile
	special *os.File // instead of hidden, for a device or a pipe
}

// Create begins a file; a link's target is what appears. Something that is there
// and not a regular file (/dev/stdout, a named pipe) is written to as it stands:
// replacing it would destroy it.
func Create(name string) (*File, error) {
	f := &File{name: name}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		err = errors.New("is a folder")
	case err == nil && !info.Mode().IsRegular():
		f.special, err = os.OpenFile(name, os.O_WRONLY, 0)
	default:
		// Beside the final name, and not in $TMPDIR, which may be full, and
		// where nobody would look for what a killed program leaves.
		target := linked(name)
		folder := filepath.Dir(target)
		f.hidden, err = renameio.NewPendingFile(target, renameio.WithTempDir(folder),
			renameio.WithPermissions(0o666), renameio.WithExistingPermissions())
		if err != nil {
			err = fmt.Errorf("folder %s: %w", folder, cause(err))
		}
	}
	if err != nil {
		return nil, f.Failed(err)
	}
	return f, nil
}

// linked is the file that a name stands for: itself or, of a link, what that leads to, whether it is there or not.
func linked(name string) string {
	for range 40 { // as many as Linux follows: links may run in a circle
		to, err := os.Readlink(name)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			folder, _ := filepath.Split(name)
			to = folder + to
		}
		folder, file := filepath.Split(to)
		if resolved, err := filepath.EvalSymlinks(folder + "."); err == nil { // what is before a .. may be a link, too
			to = filepath.Join(resolved, file)
		}
		name = to
	}
	return name
}

func (f *File) Write(p []byte) (int, error) {
	n, err := f.writer().Write(p)
	return n, f.Failed(err)
}

// WriteAt writes over what has been written, in a file that is to appear.
func (f *File) WriteAt(p []byte, off int64) (int, error) {
	if f.special != nil {
		return 0, f.Failed(errors.New("is no regular file"))
	}
	n, err := f.hidden.WriteAt(p, off)
	return n, f.Failed(err)
}

func (f *File) writer() io.Writer {
	if f.special != nil {
		return f.special
	}
	return f.hidden
}

// Scratch is an empty file for what has to wait until it can be written: where
// the file is to appear, or for a device or a pipe in $TMPDIR. It has no name, and is gone when it is
// closed or the program ends, however that comes. (Where a file that is open keeps its name, Sweep finds it.)
func (f *File) Scratch() (*os.File, error) {
	folder := os.TempDir()
	if f.hidden != nil {
		folder = filepath.Dir(f.hidden.Name())
	}
	scratch, err := os.CreateTemp(folder, "."+filepath.Base(f.name)+"*")
	if err != nil {
		return nil, f.Failed(err)
	}
	os.Remove(scratch.Name())
	return scratch, nil
}

// Close brings the file safely to disk and gives it its name.
func (f *File) Close() error {
	if f.special != nil {
		return f.Failed(f.special.Close())
	}
	return f.Failed(f.hidden.CloseAtomicallyReplace())
}

// Abort drops what was written; a file of that name stays as it was. After
// Close it does nothing.
func (f *File) Abort() {
	if f.special != nil {
		f.special.Close()
	} else {
		f.hidden.Cleanup() // nothing to do about a hidden file that will not go
	}
}

// Failed is an error in the words that the user sees. An error that has them
// already stays as it is: what writes through f hands on those of Write.
func (f *File) Failed(err error) error {
	var already *writeError
	if err == nil || errors.As(err, &already) {
		return err
	}
	return &writeError{f.name, cause(err)}
}

type writeError struct {
	name string
	err  error
}

func (e *writeError) Error() string { return fmt.Sprintf("cannot write %s: %v", e.name, e.err) }
func (e *writeError) Unwrap() error { return e.err }

// cause drops the hidden file's name, which means nothing to the user.
func cause(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// Write writes a file through write.
func Write(name string, write func(io.Writer) error) error {
	f, err := Create(name)
	if err != nil {
		return err
	}
	defer f.Abort()
	if err := write(f); err != nil {
		return f.Failed(err)
	}
	return f.Close()
}

// WriteBytes writes data as a file.
func WriteBytes(name string, data []byte) error {
	return Write(name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Sweep removes what programs that were killed had begun to write under these
// names: regular files called like the final one between a dot and digits. Each
// folder is read once.
func Sweep(names ...string) {
	finals := map[string]map[string]bool{} // by folder
	for _, name := range names {
		folder := filepath.Dir(name)
		if finals[folder] == nil {
			finals[folder] = map[string]bool{}
		}
		finals[folder][filepath.Base(name)] = true
	}
	for folder, final := range finals {
		SweepFolder(folder, func(name string) bool { return final[name] })
	}
}

// SweepFolder is Sweep for those names in a folder that are final ones.
func SweepFolder(folder string, final func(name string) bool) {
	entries, _ := os.ReadDir(folder) // without the folder nothing was begun
	for _, entry := range entries {
		if entry.Type().IsRegular() && isHidden(entry.Name(), final) {
			os.Remove(filepath.Join(folder, entry.Name()))
		}
	}
}

// isHidden tells whether a name is a dot, one of the final ones, and digits.
func isHidden(name string, final func(string) bool) bool {
	rest, dotted := strings.CutPrefix(name, ".")
	for end := len(rest) - 1; dotted && end > 0 && rest[end] >= '0' && rest[end] <= '9'; end-- {
		if final(rest[:end]) {
			return true
		}
	}
	return false
}
