package job

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"time"
)

// Stamp is what a file was when its result was made.
type Stamp struct {
	File   string    `json:"file"`
	Size   int64     `json:"size"`
	Time   time.Time `json:"time"` // of its last change
	Digest string    `json:"digest"`
}

// StampsNote is the key of the Stamps of a part's images, as JSON, among the notes of a result.
const StampsNote = "astrovit.images"

// samples is how many pieces of sampleSize of a file its digest is made of: the first,
// which in FITS has the primary header with its date and checksums, the last, and some between.
const samples, sampleSize = 16, 1 << 16

// StampOf looks at a file.
func StampOf(name string) (Stamp, error) {
	f, err := os.Open(name)
	if err != nil {
		return Stamp{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Stamp{}, err
	}
	sum, size := sha256.New(), info.Size()
	for i := range int64(samples) {
		at := max(0, size-sampleSize) / (samples - 1) * i
		if i == samples-1 {
			at = max(0, size-sampleSize)
		}
		if _, err := io.Copy(sum, io.NewSectionReader(f, at, sampleSize)); err != nil {
			return Stamp{}, err
		}
	}
	return Stamp{File: name, Size: size, Time: info.ModTime().UTC(), Digest: hex.EncodeToString(sum.Sum(nil)[:8])}, nil
}

// Changed tells whether the file has other content than it had. A file of the same
// size and time is the same; one of another time, as a copy may be, is looked into.
// One that cannot be read says nothing, and is no other one.
func (s Stamp) Changed() bool {
	info, err := os.Stat(s.File)
	switch {
	case err != nil:
		return false
	case info.Size() != s.Size:
		return true
	case info.ModTime().Equal(s.Time):
		return false
	}
	now, err := StampOf(s.File)
	return err == nil && now.Digest != s.Digest
}

// Stamps reads a note.
func Stamps(note string) (stamps []Stamp) {
	if json.Unmarshal([]byte(note), &stamps) != nil {
		return nil // of an older version, or of none
	}
	return stamps
}
