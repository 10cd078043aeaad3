package pack

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/progress"
	"github.com/astrovit/astrovit/internal/whole"
)

// packing is a run.
type packing struct {
	Options
	rows   int
	bands  []string          // as the names of files can have them; nil with one file an object
	open   map[string]*stack // by the kind of their pieces
	begun  int               // stacks
	turn   int
	places map[digest]catalog.Place

	packed, copies int // rows
	done           []string
	size           int64 // bytes of those
}

// mostOpen is how many stacks are written to at once. Where cutouts are of more kinds, those of a kind come to lie in more
// stacks than they need.
const mostOpen = 64

func newPacking(o Options, rows int, bands []string) *packing {
	p := &packing{Options: o, rows: rows, open: map[string]*stack{}, places: map[digest]catalog.Place{}}
	var names whole.Names
	for _, band := range bands {
		p.bands = append(p.bands, names.Of(band))
	}
	return p
}

// pack reads the objects on the workers and writes them in order, which is why the pack is the same for any number of
// them. It fills in places.
func (p *packing) pack(ctx context.Context, objects []catalog.Object, places []*catalog.Place, bar *progress.Bar) error {
	var first error
	err := inOrder(len(objects), p.Workers, func(i int) piece { return p.read(objects[i]) }, func(i int, piece piece) error {
		if ctx.Err() != nil {
			return fmt.Errorf("%w; there is no pack: run the same command again", cli.ErrInterrupted)
		}
		defer bar.Add(1)
		if piece.err == nil {
			place, err := p.place(&piece, objects[i].ID)
			places[i] = &place
			p.packed++
			return err
		}
		err := fmt.Errorf("%s: %w", objects[i].ID, piece.err)
		if first == nil {
			first = err
		}
		if p.Strict {
			return err
		}
		p.Log.Warn(fmt.Sprintf("left out: %v", err), "id", objects[i].ID)
		return nil
	})
	if err == nil && p.packed == 0 {
		return fmt.Errorf("%s: no cutout can be read; the first: %w", p.Catalog, first)
	}
	return err
}

// place puts a piece where it belongs.
func (p *packing) place(piece *piece, id string) (catalog.Place, error) {
	place, copied := p.places[piece.digest]
	if copied {
		p.copies++
	} else {
		s, err := p.stackFor(piece)
		if err != nil {
			return place, err
		}
		place = catalog.Place{Files: s.names, HDU: s.first().HDU(), Plane: s.first().Len()}
		if err := s.add(piece, id); err != nil {
			return place, err
		}
		p.places[piece.digest] = place
	}
	place.DX, place.DY = piece.dx, piece.dy
	return place, nil
}

// stackFor is the stack of a piece's kind, with room for it.
func (p *packing) stackFor(piece *piece) (*stack, error) {
	p.turn++
	s := p.open[piece.kind]
	if s != nil && s.full(piece, int64(p.MaxMiB)<<20, p.rows) {
		if err := p.closeStack(piece.kind); err != nil {
			return nil, err
		}
		s = nil
	}
	if s == nil {
		if len(p.open) == mostOpen {
			oldest := slices.MinFunc(slices.Collect(maps.Keys(p.open)), func(a, b string) int { return p.open[a].used - p.open[b].used })
			if err := p.closeStack(oldest); err != nil {
				return nil, err
			}
		}
		var err error
		if s, err = p.begin(piece, p.names(piece), p.rows); err != nil {
			return nil, err
		}
		p.open[piece.kind] = s
	}
	s.used = p.turn
	return s, nil
}

// names are those of the files of a new stack.
func (p *packing) names(piece *piece) []string {
	p.begun++
	names := make([]string, len(piece.parts))
	for k, part := range piece.parts {
		if part.Pixels == nil {
			continue
		}
		names[k] = fmt.Sprintf("stack-%03d", p.begun)
		if p.bands != nil {
			names[k] += "-" + p.bands[k]
		}
		names[k] += ".fits"
		if p.Compress && piece.compresses() {
			names[k] += ".fz"
		}
	}
	return names
}

// closeStack finishes a stack. What has appeared of it is noted even if it fails.
func (p *packing) closeStack(kind string) error {
	s := p.open[kind]
	delete(p.open, kind)
	for _, name := range s.names {
		if name != "" {
			p.done = append(p.done, filepath.Join(p.Out, name))
		}
	}
	size, err := s.close()
	if err != nil {
		s.abort()
	}
	p.size += size
	return err
}

// finish finishes all stacks.
func (p *packing) finish() error {
	for _, kind := range slices.Sorted(maps.Keys(p.open)) {
		if err := p.closeStack(kind); err != nil {
			return err
		}
	}
	return nil
}

// abort drops the stacks that are being written, and removes those that have been.
func (p *packing) abort() {
	for _, s := range p.open {
		s.abort()
	}
	for _, name := range p.done {
		os.Remove(name) // that may not have appeared
	}
}

// inOrder calls read for 0 to n-1 on several goroutines, and use with what each gave, in order, until one is an error. No more
// than three a goroutine are held at a time.
func inOrder[T any](n, workers int, read func(i int) T, use func(i int, v T) error) error {
	type job struct {
		i    int
		done chan T
	}
	jobs, queue, stop := make(chan job), make(chan chan T, 2*workers), make(chan struct{})
	var wait sync.WaitGroup
	defer wait.Wait()
	defer close(stop)
	wait.Go(func() {
		defer close(jobs)
		for i := range n {
			done := make(chan T, 1)
			select {
			case queue <- done:
			case <-stop:
				return
			}
			select {
			case jobs <- job{i, done}:
			case <-stop:
				return
			}
		}
	})
	for range workers {
		wait.Go(func() {
			for j := range jobs {
				j.done <- read(j.i)
			}
		})
	}
	for i := range n {
		if err := use(i, <-<-queue); err != nil {
			return err
		}
	}
	return nil
}
