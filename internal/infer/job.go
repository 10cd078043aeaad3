package infer

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"github.com/astrovit/astrovit/internal/builtin"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/job"
	"github.com/astrovit/astrovit/internal/whole"
)

// chunkRows is how many rows of a catalogue of cutouts are one part.
const chunkRows = 4096

// IsFolder tells whether an --out is a folder, in which each part of the inputs
// gets a file of its own: it ends in a slash, or is a folder already.
func IsFolder(out string) bool {
	info, err := os.Stat(out)
	return strings.HasSuffix(out, "/") || err == nil && info.IsDir()
}

// part is one of a job's, under way.
type part struct {
	job.Part
	image   source           // where there are no objects
	objects []catalog.Object // some rows of a catalogue of cutouts

	rows, failed int
	err          error // the first
	view         job.View
	stamps       []job.Stamp // of its files before they were read
}

// theJob is what this run is to do in its folder.
type theJob struct {
	folder string
	todo   []part
	dealt  int   // parts of this shard, with those that were done before
	done   int   // of these
	broken int   // of these, which could not be read this time
	err    error // of the first of them
	open   *part // whose rows are being written
}

// joinJob deals the parts, and finds those that are still to be done.
func (r *run) joinJob() error {
	shard, err := r.shard()
	if err != nil {
		return cli.Usagef("%v", err)
	}
	settings, err := r.settings()
	if err != nil {
		return err
	}
	parts, err := r.parts(settings)
	if err != nil {
		return err
	}
	plan := job.Plan{Model: cmp.Or(r.Model, builtin.Default), Settings: settings, Columns: job.Columns{ID: r.IDColumn, File: r.FileColumn}}
	for _, p := range parts {
		plan.Parts = append(plan.Parts, p.Part)
	}
	if err := plan.Join(r.Out); err != nil {
		return err
	}
	there, err := job.Look(r.Out)
	if err != nil {
		return err
	}
	r.job = &theJob{folder: r.Out}
	var begun []string
	for i, p := range parts {
		if !shard.Has(i) {
			continue
		}
		if r.job.dealt++; there.Done(p.Part) && (r.Embeddings == "" || there.HasFeatures(p.Part)) {
			changed, err := r.changed(p)
			if err != nil {
				return err
			}
			if changed == "" {
				r.job.done++
				continue
			}
			r.Log.Warn(fmt.Sprintf("%s is not what it was when its result was made, and is done again", changed), "file", changed)
		}
		r.job.todo = append(r.job.todo, p)
		begun = append(begun, p.Result(r.Out), p.Features(r.Out), p.Record(r.Out))
	}
	whole.Sweep(begun...) // of a run that was killed
	if r.job.done > 0 && (r.Heatmap != "" || r.Attention != "") {
		r.Log.Warn(fmt.Sprintf("parts that are done already get no --heatmap and no --attention: %d; remove their results from %s to have them", r.job.done, r.Out))
	}
	if r.job.countsParts() {
		r.total = len(r.job.todo)
	}
	r.logState(fmt.Sprintf("shard %v of %d parts: ", shard, len(parts)))
	return nil
}

func (r *run) shard() (job.Shard, error) {
	if r.Shard == "" {
		return job.SlurmShard(os.Getenv)
	}
	shard, err := job.ParseShard(r.Shard)
	if err != nil {
		err = fmt.Errorf("--shard: %w", err)
	}
	return shard, err
}

// settings are what the results depend on beside the images.
func (r *run) settings() (job.Settings, error) {
	text, err := json.Marshal(r.Options)
	if err != nil {
		return nil, err
	}
	var options map[string]any
	if err := json.Unmarshal(text, &options); err != nil {
		return nil, err
	}
	s := job.Settings{}
	for flag, value := range options {
		if said := fmt.Sprint(value); said != "" && said != "0" && said != "false" {
			s[flag] = said
		}
	}
	if s["model"], err = r.modelDigest(); err != nil {
		return nil, err
	}
	if r.Detect {
		s["detect"] = fmt.Sprintf("in band %d with %+v", r.band, r.Sources)
	}
	if r.Positions != "" {
		f, err := os.Open(r.Positions)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if s["positions"], err = digest(f); err != nil {
			return nil, err
		}
		if r.IDColumn != "" {
			s["positions"] += ", ids in " + r.IDColumn
		}
	}
	return s, nil
}

// modelDigest is one of the model's files, wherever they are.
func (r *run) modelDigest() (string, error) {
	dir, err := r.modelFiles()
	if err != nil {
		return "", err
	}
	var all []string
	for _, pattern := range []string{"*.json", "*.safetensors"} {
		names, err := fs.Glob(dir, pattern)
		if err != nil {
			return "", err
		}
		for _, name := range names {
			f, err := dir.Open(name)
			if err != nil {
				return "", err
			}
			sum, err := digest(f)
			f.Close() // it was only read from
			if err != nil {
				return "", err
			}
			all = append(all, name, sum)
		}
	}
	return digest(strings.NewReader(strings.Join(all, "\n")))
}

// digest is long enough to tell files apart, and short enough for a message.
func digest(from io.Reader) (string, error) {
	h := sha256.New()
	_, err := io.Copy(h, from)
	return fmt.Sprintf("%x", h.Sum(nil)[:8]), err
}

// parts are the images of the inputs, and the rows of catalogues of cutouts
// chunkRows at a time. What is named twice is one part.
func (r *run) parts(settings job.Settings) (all []part, err error) {
	seen := map[string]bool{}
	add := func(stem string, p part, identity ...any) {
		if p.Name = settings.Name(stem, identity...); !seen[p.Name] {
			seen[p.Name] = true
			all = append(all, p)
		}
	}
	for _, input := range r.Inputs {
		if is, err := isCatalog(input); err != nil || !is { // what cannot be read is a part that fails
			files, id, err := r.images(input)
			if err != nil {
				return nil, err
			}
			add(id, r.imagePart(job.Part{ID: id, File: input, Files: files, HDU: -1}), files)
			continue
		}
		objects, err := r.objects(input)
		if err != nil {
			return nil, err
		}
		if r.As == AsTile {
			for _, o := range objects {
				add(catalog.Stem(o.File), r.imagePart(job.Part{ID: o.ID, File: o.File, Files: o.Files, HDU: o.HDU}), o.ID, o.Files, o.HDU)
			}
			continue
		}
		for first := 0; first < len(objects); first += chunkRows {
			rows := objects[first:min(first+chunkRows, len(objects))]
			add(catalog.Stem(input), part{Part: job.Part{ID: catalog.Stem(input), File: input, Group: input}, objects: rows}, first, fmt.Sprint(rows))
		}
	}
	return all, nil
}

func (r *run) imagePart(p job.Part) part {
	return part{Part: p, image: source{Source: r.sourceOf(p.Files, p.HDU), name: p.File, id: p.ID}}
}

// walkParts emits the rows of the parts that are to be done, and the end of each.
func (r *run) walkParts(ctx context.Context, emit emit) error {
	for i := range r.job.todo {
		p := &r.job.todo[i]
		ours := func(it item) error {
			it.part = p
			return emit(it)
		}
		if err := r.walkPart(ctx, p, ours); err != nil {
			return err
		}
		if err := ours(item{ends: true}); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) walkPart(ctx context.Context, p *part, emit emit) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.objects == nil {
		p.stamps = r.stamps(p)
		return r.image(ctx, p.image, emit)
	}
	for _, o := range p.objects {
		if err := emit(r.row(o)); err != nil {
			return err
		}
	}
	return nil
}

// turnTo begins and ends the files of the parts, whose rows come one part after
// the other, and counts what there is to know of a part.
func (r *run) turnTo(p *prepared) error {
	if r.job == nil {
		return nil
	}
	if r.job.open != p.part {
		r.job.open = p.part
		if err := r.create(p.part.Result(r.job.folder), p.part.Features(r.job.folder)); err != nil {
			return err
		}
	}
	if p.ends {
		return r.finishPart(p.part)
	}
	p.part.rows++
	if p.err != nil {
		if p.part.failed++; p.part.err == nil {
			p.part.err = p.err
		}
	}
	if v := &p.part.view; v.Window == 0 || v.Scale == 0 && p.scale > 0 {
		*v = r.view(p)
	}
	return nil
}

// view is what of an image is not in its rows.
func (r *run) view(p *prepared) job.View {
	v := job.View{Scale: p.scale, Window: r.model.Recipe.Scanned()}
	if p.file != nil && r.isTile(p.file) {
		_, v.Height, v.Width = p.file.Shape()
	}
	if p.scan != nil {
		v.Cell = p.scan.stride
	}
	return v
}

// finishPart brings a part's result to disk or, if nothing of its image could be
// read, the record of that.
func (r *run) finishPart(p *part) error {
	if r.job.countsParts() {
		r.bar.Add(1)
	}
	if p.objects == nil && p.failed > 0 && p.failed == p.rows {
		r.abort()
		if r.job.broken++; r.job.err == nil {
			r.job.err = p.err
		}
		return p.Fail(r.job.folder, p.err)
	}
	view, err := json.Marshal(p.view)
	if err != nil {
		return err
	}
	stamps, err := json.Marshal(p.stamps)
	if err != nil {
		return err
	}
	if r.Embeddings == "" { // those of a result that is replaced are not this one's
		if err := os.Remove(p.Features(r.job.folder)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for _, table := range r.tables {
		table.Note(job.ViewNote, string(view))
		table.Note(job.StampsNote, string(stamps))
		if err := table.Close(); err != nil {
			return err
		}
	}
	r.tables = nil
	r.job.done++
	return p.Succeeded(r.job.folder)
}

// stamps are those of the files of a part's image, its mask and its weight; what cannot be read has none.
func (r *run) stamps(p *part) (stamps []job.Stamp) {
	for _, name := range p.image.Paths() {
		if s, err := job.StampOf(name); err == nil {
			stamps = append(stamps, s)
		}
	}
	return stamps
}

// changed is the name of a file that was replaced since the result of a part was made; empty if none was. The cutouts of
// a catalogue are not looked at.
func (r *run) changed(p part) (string, error) {
	if p.objects != nil {
		return "", nil
	}
	note, err := catalog.NoteOf(p.Result(r.Out), job.StampsNote)
	if err != nil {
		return "", err
	}
	for _, s := range job.Stamps(note) {
		if s.Changed() {
			return s.File, nil
		}
	}
	return "", nil
}

// countsParts tells whether progress is in parts, and not in rows.
func (j *theJob) countsParts() bool { return j != nil && len(j.todo) > 1 }

// logState logs how far the job is.
func (r *run) logState(prefix string) {
	level := slog.LevelInfo
	if r.job.broken > 0 {
		level = slog.LevelWarn
	}
	r.Log.Log(context.Background(), level, prefix+r.job.state(), "parts", r.job.dealt, "done", r.job.done, "unreadable", r.job.broken, "folder", r.job.folder)
}

// state says how far the job is.
func (j *theJob) state() string {
	text := fmt.Sprintf("%d of %d are done in %s", j.done, j.dealt, j.folder)
	if j.broken > 0 {
		text += fmt.Sprintf(", and %d could not be read, which the same command tries again; the first: %v", j.broken, j.err)
	}
	return text
}
