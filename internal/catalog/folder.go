package catalog

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The files that a folder of images is searched for: FITS, which may be compressed, and photos.
var (
	fitsSuffixes  = []string{".fits", ".fit", ".fts"}
	compressions  = []string{".fz", ".gz", ".bz2", ".zst", ".z"}
	photoSuffixes = []string{".jpg", ".jpeg", ".png", ".tif", ".tiff"}
)

// imageNames are those files, for messages.
var imageNames = strings.Join(fitsSuffixes, " ") + ", also with " + strings.Join(compressions, " ") + ", " + strings.Join(photoSuffixes, " ")

// isImageName reports whether a file's name is one of an image that this project
// reads.
func isImageName(name string) bool {
	name = strings.ToLower(name)
	if slices.Contains(photoSuffixes, filepath.Ext(name)) {
		return true
	}
	return slices.Contains(fitsSuffixes, filepath.Ext(uncompressed(name)))
}

// uncompressed is a file's name without the suffix of a compression.
func uncompressed(name string) string {
	if ext := filepath.Ext(name); slices.Contains(compressions, strings.ToLower(ext)) {
		return strings.TrimSuffix(name, ext)
	}
	return name
}

// Stem is a file's name without its folder and suffixes.
func Stem(name string) string {
	name = uncompressed(filepath.Base(name))
	return strings.TrimSuffix(name, filepath.Ext(name))
}

// Open reads a catalogue or, where name is a folder, what folder makes of it: [Folder] or [Images].
func Open(name string, folder func(name string) (*Table, error)) (*Table, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return folder(name)
	}
	return Read(name)
}

// Folder makes a catalogue of a folder that has one folder a class, the names
// of the folders being the labels: columns id_str and file_loc, both the path
// below dir, and label. Rows are sorted by path. Names that start with a dot
// are passed over, folders inside a class folder, and links to such, are searched too.
func Folder(dir string) (*Table, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var paths, labels plainText
	for _, entry := range entries {
		class := entry.Name()
		// Stat, not the entry's own type: class folders are often links.
		info, err := os.Stat(filepath.Join(dir, class))
		if err != nil {
			return nil, err
		}
		if !info.IsDir() || strings.HasPrefix(class, ".") {
			continue
		}
		files, err := imagesBelow(filepath.Join(dir, class))
		if err != nil {
			return nil, err
		}
		if len(files) == 0 {
			return nil, &FormatError{File: filepath.Join(dir, class), Reason: "a class without images (" + imageNames + "); remove the folder or fill it"}
		}
		for _, file := range files {
			paths = append(paths, class+"/"+filepath.ToSlash(file))
			labels = append(labels, class)
		}
	}
	if len(labels) == 0 {
		return nil, &FormatError{File: dir,
			Reason: "no folder a class with images in it (" + imageNames + ")"}
	}
	return &Table{
		file: dir, dir: dir, what: "file",
		names:  []string{"id_str", "file_loc", "label"},
		rows:   len(labels),
		loaded: map[int]cells{0: paths, 1: paths, 2: labels},
	}, nil
}

// Images makes a catalogue of all images in a folder and in those inside it or linked there: columns id_str and file_loc, both the path below
// dir. Rows are sorted by path, names that start with a dot passed over.
func Images(dir string) (*Table, error) {
	files, err := imagesBelow(dir)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, &FormatError{File: dir, Reason: "no images in it (" + imageNames + ")"}
	}
	for i := range files {
		files[i] = filepath.ToSlash(files[i])
	}
	return &Table{
		file: dir, dir: dir, what: "file",
		names:  []string{"id_str", "file_loc"},
		rows:   len(files),
		loaded: map[int]cells{0: plainText(files), 1: plainText(files)},
	}, nil
}

// imagesBelow lists image files as paths relative to dir, sorted. Links to
// folders are followed, as those to files are, unless they lead back up.
func imagesBelow(dir string) ([]string, error) {
	var files []string
	var search func(below string, above []string) error
	search = func(below string, above []string) error {
		here, err := filepath.EvalSymlinks(filepath.Join(dir, below))
		if err != nil || slices.Contains(above, here) {
			return err
		}
		entries, err := os.ReadDir(here)
		for _, entry := range entries {
			name := filepath.Join(below, entry.Name())
			folder := entry.IsDir()
			if entry.Type()&fs.ModeSymlink != 0 {
				info, err := os.Stat(filepath.Join(dir, name))
				folder = err == nil && info.IsDir()
			}
			switch {
			case strings.HasPrefix(entry.Name(), "."):
			case folder:
				if err := search(name, append(above, here)); err != nil {
					return err
				}
			case isImageName(entry.Name()):
				files = append(files, name)
			}
		}
		return err
	}
	err := search("", nil)
	slices.Sort(files)
	return files, err
}
