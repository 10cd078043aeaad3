package pixels

import (
	"fmt"
	"os"
	"strings"
	"sync"
)

// mostShelved is how many packs stay open at least until others are read.
const mostShelved = 64

// shelf has the packs that were read last: to open one anew for each of its cutouts would cost what packing them was to save.
// All others are closed, since a file of one cutout is not soon read again.
var shelf = shelves{files: map[string]*File{}}

type shelves struct {
	mu    sync.Mutex
	files map[string]*File
	turn  int
}

// shelved is what a File on the shelf has.
type shelved struct {
	key   string // "" of others
	users int
	turn  int // of its last use
}

func (s *shelves) open(source Source) (*File, error) {
	key := source.key()
	if f := s.take(key); f != nil {
		return f, nil
	}
	f, err := openFiles(source)
	if err != nil || !f.Packed() || key == "" {
		return f, err
	}
	return s.put(key, f), nil
}

// key tells sources apart, and files that have been replaced; "" if one is not there.
func (s Source) key() string {
	var b strings.Builder
	for _, name := range s.Files {
		path, _ := Split(name)
		info, err := os.Stat(path)
		if name != "" && err != nil {
			return ""
		}
		if name != "" {
			fmt.Fprintf(&b, "%s %d %d\n", name, info.Size(), info.ModTime().UnixNano())
		}
	}
	fmt.Fprint(&b, s.HDU, s.Bands, s.Reading)
	return b.String()
}

func (s *shelves) take(key string) *File {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[key]
	if f != nil {
		s.use(f)
	}
	return f
}

// use counts a user. s.mu is held.
func (s *shelves) use(f *File) {
	s.turn++
	f.users, f.turn = f.users+1, s.turn
}

// put puts a file on the shelf, for which that which was used last the longest ago makes room. If another goroutine was faster, it is that
// one's.
func (s *shelves) put(key string, f *File) *File {
	s.mu.Lock()
	defer s.mu.Unlock()
	if other := s.files[key]; other != nil {
		f.files.close()
		s.use(other)
		return other
	}
	f.key = key
	s.files[key] = f
	s.use(f)
	if len(s.files) > mostShelved {
		s.drop()
	}
	return f
}

// drop closes the file that nobody uses and whose last use is the longest ago, if there is one. s.mu is held.
func (s *shelves) drop() {
	var oldest *File
	for _, f := range s.files {
		if f.users == 0 && (oldest == nil || f.turn < oldest.turn) {
			oldest = f
		}
	}
	if oldest != nil {
		delete(s.files, oldest.key)
		oldest.files.close()
	}
}

func (s *shelves) giveBack(f *File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.users--
}
