package report

import (
	"context"
	"slices"
	"sync"

	"github.com/astrovit/astrovit/internal/cutout"
	"github.com/astrovit/astrovit/internal/pixels"
)

// Glance is the number of candidates that are looked at together.
const Glance = 8

// look reads the candidates' pixels and draws what the model sees, several at a
// time. Each source is opened once, and no more than two at a time for each worker.
func (r *Report) look(ctx context.Context, chosen []*Row) error {
	type glance struct {
		file *pixels.File
		rows []*Row
		done func()
	}
	work := make(chan glance)
	var workers, closing sync.WaitGroup
	for range max(1, r.Workers) {
		workers.Go(func() {
			var eye func([]cutout.Cutout) []Sight
			for g := range work {
				if eye == nil {
					eye = r.Eye()
				}
				if ctx.Err() == nil {
					r.glance(g.file, g.rows, eye)
				}
				g.done()
			}
		})
	}
	for _, g := range grouped(chosen) {
		if ctx.Err() != nil {
			break
		}
		f, err := pixels.Open(g.rows[0].Source)
		if err != nil {
			for _, row := range g.rows {
				row.sight.err = err
			}
			continue
		}
		var users sync.WaitGroup
		for rows := range slices.Chunk(g.rows, Glance) {
			users.Add(1)
			work <- glance{f, rows, users.Done}
		}
		closing.Go(func() {
			users.Wait()
			f.Close() // it was only read from
		})
	}
	close(work)
	workers.Wait()
	closing.Wait()
	return ctx.Err()
}

// glance looks at rows of a source.
func (r *Report) glance(f *pixels.File, rows []*Row, eye func([]cutout.Cutout) []Sight) {
	var cutouts []cutout.Cutout
	var seen []*Row
	for _, row := range rows {
		row.onTile = row.Tile(f)
		c, err := row.Read(f)
		if err != nil {
			row.sight.err = err
			continue
		}
		cutouts, seen = append(cutouts, c), append(seen, row)
	}
	if len(seen) == 0 {
		return
	}
	for i, s := range eye(cutouts) {
		if seen[i].sight.err = s.Err; s.Err == nil {
			seen[i].sight = r.picture(s)
		}
	}
}
