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
// are passed over, folders inside a class folder are searched too.
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

// Images makes a catalogue of all images in a folder and in those inside it: columns id_str and file_loc, both the path below
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

// imagesBelow lists image files as paths relative to dir, sorted.
func imagesBelow(dir string) ([]string, error) {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path != root && strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if d.IsDir() || !isImageName(d.Name()) {
			return nil
		}
		file, err := filepath.Rel(root, path)
		files = append(files, file)
		return err
	})
	slices.Sort(files)
	return files, err
}
