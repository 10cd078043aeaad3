package merge

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/job"
	"github.com/astrovit/astrovit/internal/regions"
	"github.com/astrovit/astrovit/internal/unite"
)

// place notes where the rows of a part are on the sky, and what makes one better than another.
func (m *merger) place(p *part, t *catalog.Table) (err error) {
	p.first, p.last = len(m.places), len(m.places)
	if t == nil {
		return nil
	}
	if m.copy == nil {
		if m.copy, err = catalog.NewCopy(t); err != nil {
			return err
		}
	}
	if m.Embeddings != "" && m.features == nil {
		features, err := catalog.Read(p.Features(p.folder))
		if err != nil {
			return err
		}
		defer features.Close()
		if m.features, err = catalog.NewCopy(features); err != nil {
			return err
		}
	}
	if note := t.Note(job.ViewNote); note != "" {
		if err := json.Unmarshal([]byte(note), &p.view); err != nil {
			return fmt.Errorf("%s: %s: %w", p.Result(p.folder), job.ViewNote, err)
		}
	}
	if m.Radius >= 0 {
		m.radius = m.Radius
	} else {
		m.radius = max(m.radius, p.view.Same())
	}
	numbers, err := columns(t, "x", "y", "ra", "dec", value(t))
	if err != nil {
		return err
	}
	flags, err := t.Column("flags")
	if err != nil {
		return err
	}
	p.group = m.group(p)
	for row := range t.Len() {
		at := func(i int) float64 { v, _ := numbers[i].Float(row); return v }
		x, y, ra, dec := at(0), at(1), at(2), at(3)
		if !(math.Abs(dec) <= 90) || math.IsNaN(ra) || math.IsInf(ra, 0) {
			continue
		}
		here := unite.Place{Direction: unite.Direction(ra, dec), Group: p.group, Row: int32(row), Edge: p.view.Edge(x, y), Unseen: math.IsNaN(at(4))}
		if text := flags.String(row); text != "" {
			here.Flags = int32(1 + strings.Count(text, "|"))
		}
		m.places = append(m.places, here)
	}
	p.last = len(m.places)
	return nil
}

// group is what the rows of p are never duplicates within: an image, or a catalogue.
func (m *merger) group(p *part) int32 {
	name := p.Name
	if p.Group != "" {
		name = "/" + p.Group // no part is called so
	}
	if _, known := m.groups[name]; !known {
		m.groups[name] = int32(len(m.groups))
	}
	return m.groups[name]
}

// value is the first column of what is predicted: it follows the label.
func value(t *catalog.Table) string {
	names := t.Names()
	if i := slices.Index(names, "label") + 1; i < len(names) {
		return names[i]
	}
	return "label"
}

func columns(t *catalog.Table, names ...string) ([]*catalog.Column, error) {
	all := make([]*catalog.Column, len(names))
	for i, name := range names {
		var err error
		if all[i], err = t.Column(name); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// marks are the columns that regions are made of.
type marks struct {
	places        []*catalog.Column // id_str, ra, dec, label
	probabilities map[string]*catalog.Column
}

func (m *merger) marks(t *catalog.Table) (s marks, err error) {
	if m.regions == nil {
		return s, nil
	}
	if s.places, err = columns(t, "id_str", "ra", "dec", "label"); err != nil {
		return s, err
	}
	s.probabilities = map[string]*catalog.Column{}
	for _, name := range t.Names() {
		if class, is := strings.CutPrefix(name, "p_"); is {
			if s.probabilities[class], err = t.Column(name); err != nil {
				return s, err
			}
		}
	}
	return s, nil
}

func (s marks) region(row int, radius float64) regions.Region {
	r := regions.Region{ID: s.places[0].String(row), Label: s.places[3].String(row), Radius: radius, Probability: math.NaN()}
	r.RA, _ = s.places[1].Float(row)
	r.Dec, _ = s.places[2].Float(row)
	if c := s.probabilities[r.Label]; c != nil {
		r.Probability, _ = c.Float(row)
	}
	return r
}
