package train

import (
	"bufio"
	"encoding/json"
	"io"
	"iter"
	"os"
	"time"

	"github.com/astrovit/astrovit/vit"
)

// stepsFile has a line of JSON a step, which a plotter can follow while the run goes.
const stepsFile = "steps.jsonl"

// stepLine is what it says of a step.
type stepLine struct {
	Step            int       `json:"step"`  // from 1, through all epochs
	Epoch           int       `json:"epoch"` // from 1
	Loss            float64   `json:"loss"`
	LR              float64   `json:"lr"`
	GradNorm        float64   `json:"grad_norm"`
	Images          int       `json:"images"`
	Seconds         float64   `json:"seconds"` // that it took
	Wait            float64   `json:"wait"`    // of these, in which there were no images yet
	ImagesPerSecond float64   `json:"images_per_second"`
	Time            time.Time `json:"time"` // of its end
}

// meter writes steps.jsonl.
type meter struct {
	file    *os.File // nil: none
	buffer  *bufio.Writer
	flushed time.Time
	last    time.Time     // end of the step before, or start of the epoch
	waited  time.Duration // since then
}

// openMeter opens the file of a run that has done so many steps. Lines of later
// ones, which a run that was killed had done without a checkpoint, are dropped: they
// are done again.
func openMeter(name string, steps int) (*meter, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if err := rewind(f, steps); err != nil {
		f.Close()
		return nil, err
	}
	return &meter{file: f, buffer: bufio.NewWriter(f)}, nil
}

// unread is a meter whose lines nobody reads.
func unread() *meter { return &meter{buffer: bufio.NewWriter(io.Discard)} }

// rewind drops all after the line of a step, and a line that is not whole.
func rewind(f *os.File, step int) error {
	lines, keep := bufio.NewReader(f), int64(0)
	for {
		line, err := lines.ReadSlice('\n') // longer ones than its buffer are not ours
		var l stepLine
		if err != nil || json.Unmarshal(line, &l) != nil || l.Step > step {
			break
		}
		keep += int64(len(line))
	}
	if err := f.Truncate(keep); err != nil {
		return err
	}
	_, err := f.Seek(keep, 0)
	return err
}

// timed is an epoch's batches, whose coming the meter times.
func (m *meter) timed(batches iter.Seq2[vit.Batch, error]) iter.Seq2[vit.Batch, error] {
	return func(yield func(vit.Batch, error) bool) {
		start := time.Now()
		m.last, m.waited = start, 0
		for batch, err := range batches {
			m.waited += time.Since(start)
			if !yield(batch, err) {
				return
			}
			start = time.Now()
		}
	}
}

// add writes a line, with its times, and once a second what has been written to the file.
func (m *meter) add(l stepLine) error {
	now := time.Now()
	l.Time, l.Seconds, l.Wait = now, now.Sub(m.last).Seconds(), m.waited.Seconds()
	l.ImagesPerSecond = float64(l.Images) / l.Seconds
	m.last, m.waited = now, 0
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if _, err := m.buffer.Write(append(text, '\n')); err != nil {
		return err
	}
	if now.Sub(m.flushed) < time.Second {
		return nil
	}
	m.flushed = now
	return m.buffer.Flush()
}

// sync brings all lines to disk. A checkpoint comes after it, and so never has more steps.
func (m *meter) sync() error {
	if err := m.buffer.Flush(); err != nil {
		return err
	}
	return m.file.Sync()
}

func (m *meter) close() error {
	if err := m.buffer.Flush(); err != nil || m.file == nil {
		return err
	}
	return m.file.Close()
}
