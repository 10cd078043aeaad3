package train

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"

	"github.com/astrovit/astrovit/internal/catalog"
)

// kin are the id and the class of each row of the main catalogue by which hashes
// divide the rows: its own, but of rows whose files are exact copies, or which are of
// one group, those of the one with the least id, so that they stay together. Class is
// nil but for classify.
func (s *source) kin(ctx context.Context) (ids []string, class []int, err error) {
	if s.ids != nil {
		return s.ids, s.class, nil
	}
	all := s.main.all()
	contents, err := contentsOf(ctx, at(s.main.objects, all), s.Workers)
	if err = s.agreed(err); err != nil {
		return nil, nil, err
	}
	head := make([]int, len(s.main.objects)) // the row with the least id of those that are joined so far
	for row := range head {
		head[row] = row
	}
	if copies := s.join(head, all, contents); copies > 0 {
		s.Log.Info(fmt.Sprintf("%d rows are exact copies of others, and stay with them", copies), "copies", copies)
	}
	if s.main.groups != nil {
		s.join(head, all, at(s.main.groups, all))
	}
	s.ids = make([]string, len(head))
	for row := range head {
		head[row] = first(head, row)
		s.ids[row] = s.main.objects[head[row]].ID
	}
	s.class = at(s.main.class, head)
	return s.ids, s.class, nil
}

// join joins rows with the same text, if it is not "", and gives how many had such a row before them.
func (s *source) join(head, rows []int, texts []string) (joined int) {
	seen := map[string]int{}
	for i, text := range texts {
		other, ok := seen[text]
		if !ok || text == "" {
			seen[text] = rows[i]
			continue
		}
		joined++
		a, b := first(head, rows[i]), first(head, other)
		if s.main.objects[b].ID < s.main.objects[a].ID {
			a, b = b, a
		}
		head[b] = a
	}
	return joined
}

// first follows heads to the row that is its own.
func first(head []int, row int) int {
	for head[row] != row {
		head[row] = head[head[row]]
		row = head[row]
	}
	return row
}

// groupsOf is the text of each row in a column; nil if the column is "".
func groupsOf(table *catalog.Table, column string) ([]string, error) {
	if column == "" {
		return nil, nil
	}
	c, err := table.Column(column)
	if err != nil {
		return nil, fmt.Errorf("--group-column: %w", err)
	}
	groups := make([]string, c.Len())
	for row := range groups {
		if !c.Missing(row) {
			groups[row] = c.String(row)
		}
	}
	return groups, nil
}

// resampled are the groups of examples for intervals, numbered; nil without any.
func resampled(examples []example) []int {
	number, groups, any := map[string]int{}, make([]int, len(examples)), false
	for i, e := range examples {
		text := "id " + e.object.ID
		if e.group != "" {
			text, any = "group "+e.group, true
		}
		if _, ok := number[text]; !ok {
			number[text] = len(number)
		}
		groups[i] = number[text]
	}
	if !any {
		return nil
	}
	return groups
}

// contentsOf is a text for each object that only one with the same pixels has:
// the same bytes and the same place in them. Positions tell objects apart where a
// file has several, as a tile does.
func contentsOf(ctx context.Context, objects []catalog.Object, workers int) ([]string, error) {
	hashes, err := hashFiles(ctx, objects, workers)
	if err != nil {
		return nil, err
	}
	plane := func(o catalog.Object) string { return fmt.Sprintf("%q %d %d", o.Files, o.HDU, o.Plane) }
	rows := map[string]int{}
	for _, o := range objects {
		rows[plane(o)]++
	}
	contents := make([]string, len(objects))
	for i, o := range objects {
		for _, file := range o.Files {
			contents[i] += hashes[file] + " "
		}
		contents[i] += fmt.Sprint(o.HDU, o.Plane)
		if rows[plane(o)] > 1 {
			contents[i] += fmt.Sprint(" ", o.X, o.Y, o.RA, o.Dec)
		}
	}
	return contents, nil
}

// hashFiles is a text for each file that only one with the same bytes has. Those
// whose size no other has need not be read, and those that cannot be stand for
// themselves: loading them says what is wrong. So do the stacks of a catalogue with
// planes, which are large and often as large as each other; of copies, packing keeps
// one plane.
func hashFiles(ctx context.Context, objects []catalog.Object, workers int) (map[string]string, error) {
	hashes := map[string]string{}
	var files []string
	for _, o := range objects {
		for _, file := range o.Files {
			if _, ok := hashes[file]; ok {
				continue
			}
			hashes[file] = file
			if o.Plane < 0 {
				files = append(files, file)
			}
		}
	}
	sizes, sums := make([]int64, len(files)), make([]string, len(files))
	each(len(files), workers, func(_, i int) {
		if info, err := os.Stat(files[i]); err == nil && info.Mode().IsRegular() {
			sizes[i] = info.Size()
		}
	})
	count := map[int64]int{}
	for _, size := range sizes {
		count[size]++
	}
	each(len(files), workers, func(_, i int) {
		if sizes[i] > 0 && count[sizes[i]] > 1 && ctx.Err() == nil {
			sums[i] = hashFile(files[i])
		}
	})
	if ctx.Err() != nil {
		return nil, errInterrupted
	}
	for i, sum := range sums {
		if sum != "" {
			hashes[files[i]] = sum
		}
	}
	return hashes, nil
}

// hashFile is the SHA-256 of a file, "" if it cannot be read.
func hashFile(name string) string {
	f, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return string(h.Sum(nil))
}
