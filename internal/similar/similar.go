// Package similar is the program "vit-infer similar": objects and a table of
// features in, the objects that look most like them out.
package similar

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
)

// Options are what a search is told.
type Options struct {
	Embeddings string // file of features
	IDs        []string
	Neighbours int // of each
	IDColumn   string
	Stdout     io.Writer
}

// Run writes the neighbours of each object as CSV, the nearest first and, among
// equals, in the order of the file.
func Run(ctx context.Context, o Options) error {
	switch {
	case o.Embeddings == "":
		return cli.Usagef("--embeddings names no file (--help shows how)")
	case len(o.IDs) == 0:
		return cli.Usagef("name the ids of objects (--help shows how)")
	case o.Neighbours < 1:
		return cli.Usagef("--k must be at least 1")
	}
	table, err := catalog.Read(o.Embeddings)
	if err != nil {
		return err
	}
	defer table.Close()
	ids, err := table.IDs(catalog.Columns{ID: o.IDColumn})
	if err != nil {
		return err
	}
	rows, err := find(ids, o)
	if err != nil {
		return err
	}
	features, width, err := table.Features()
	if err != nil {
		return err
	}
	normalise(features, width)
	for i, row := range rows {
		if v := features[row*width]; v != v {
			return &catalog.FormatError{File: o.Embeddings, Where: table.Place(row),
				Reason: fmt.Sprintf("%q has no features to compare", o.IDs[i])}
		}
	}
	found, err := nearest(ctx, features, width, rows, o.Neighbours)
	if err != nil {
		return fmt.Errorf("%w: run the same command again", cli.ErrInterrupted)
	}
	return write(o, table, ids, found)
}

// find gives the rows of the objects that are asked for.
func find(ids *catalog.Column, o Options) ([]int, error) {
	rows := make([]int, len(o.IDs))
	wanted := make(map[string][]int, len(o.IDs))
	for i, id := range o.IDs {
		rows[i] = -1
		wanted[id] = append(wanted[id], i)
	}
	for row := range ids.Len() {
		for _, i := range wanted[ids.String(row)] {
			if rows[i] >= 0 {
				return nil, &catalog.FormatError{File: o.Embeddings,
					Reason: fmt.Sprintf("rows %d and %d both have the id %q", rows[i]+1, row+1, o.IDs[i])}
			}
			rows[i] = row
		}
	}
	for i, row := range rows {
		if row < 0 {
			return nil, &catalog.FormatError{File: o.Embeddings,
				Reason: fmt.Sprintf("no object %q in column %s; the most like it is %q", o.IDs[i], ids.Name, likeliest(ids, o.IDs[i]))}
		}
	}
	return rows, nil
}

// likeliest is the id that has the longest beginning in common with another.
func likeliest(ids *catalog.Column, id string) string {
	best, length := "", -1
	for row := range ids.Len() {
		have, n := ids.String(row), 0
		for n < min(len(have), len(id)) && have[n] == id[n] {
			n++
		}
		if n > length {
			best, length = have, n
		}
	}
	return best
}

func write(o Options, table *catalog.Table, ids *catalog.Column, found [][]neighbour) error {
	// What says where an object is, as the file has it; another program's may lack it.
	places := []string{"file_loc", "ra", "dec"}
	columns := make([]*catalog.Column, len(places))
	for i, name := range places {
		if !table.Has(name) {
			continue
		}
		var err error
		if columns[i], err = table.Column(name); err != nil {
			return err
		}
	}
	out := csv.NewWriter(o.Stdout)
	out.Write(append([]string{"id_str", "rank", "neighbour", "similarity"}, places...)) // Flush has its error
	for i, neighbours := range found {
		for k, n := range neighbours {
			record := []string{o.IDs[i], strconv.Itoa(k + 1), ids.String(n.row), strconv.FormatFloat(float64(n.similarity), 'f', 6, 32)}
			for i, c := range columns {
				text := ""
				if c != nil {
					text = c.String(n.row)
				}
				if text == "" && i > 0 {
					text = "NaN" // as in predictions
				}
				record = append(record, text)
			}
			out.Write(record)
		}
	}
	out.Flush()
	return out.Error()
}
