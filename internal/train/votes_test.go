package train

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/astrovit/astrovit/fits"
	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/cli"
	"github.com/astrovit/astrovit/internal/metrics"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/internal/sim"
)

// galaxies writes n simulated discs with bulges, and a catalogue of the votes of
// 40 volunteers each: the larger the bulge, the more call the galaxy smooth;
// the others are asked whether it is seen edge-on.
func galaxies(t *testing.T, n int) (catalogue string) {
	t.Helper()
	const flux, volunteers = 40e3, 40
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(8, 8))
	draw := func(n, p float64) float64 {
		if n == 0 {
			return 0
		}
		return distuv.Binomial{N: n, P: p, Src: r}.Rand()
	}
	text := "id_str,file_loc,shape_smooth,shape_featured,edge-on_yes,edge-on_no,shape_total-votes\n"
	for i := range n {
		bulge, inclination := r.Float64(), 1.4*r.Float64()
		im := sim.NewImage(side, side)
		im.Add(sim.Sum{
			sim.NewSersic(bulge*flux, 1.2, 1, 1, 0),
			sim.Incline(sim.NewDisc((1-bulge)*flux, 2.5, sim.Arms{Number: 2, Pitch: 0.4, Sharpness: 1}), inclination, 0),
		}, 7.5, 7.5)
		name := fmt.Sprintf("g%03d", i)
		write(t, filepath.Join(dir, name+".fits"), func(w io.Writer) error {
			return fits.WriteImages(w, fits.ImageHDU{Image: &fits.Image{Shape: []int{side, side}, Pixels: sim.DarkSky.Expose(im, r)}})
		})
		featured := draw(volunteers, 0.95-0.9*bulge)
		edgeOn := draw(featured, 0.05+0.9*math.Pow(inclination/1.4, 3))
		text += fmt.Sprintf("%s,%s.fits,%g,%g,%g,%g,%d\n", name, name, volunteers-featured, featured, edgeOn, featured-edgeOn, volunteers)
	}
	catalogue = filepath.Join(dir, "votes.csv")
	writeText(t, catalogue, text)
	return catalogue
}

// votes are the options of a run on galaxies.
func votes(t *testing.T, catalogue string, settings ...string) Options {
	o := options(t, catalogue, "shape_smooth,shape_featured,edge-on_*", t.TempDir(), settings...)
	o.Task, o.AskedAfter = "votes", []string{"edge-on=shape_featured"}
	return o
}

// What volunteers will say is learned from what others said: fractions are
// nearer to the votes than their means, by far, and as wrong as they say.
func TestLearnsVotes(t *testing.T) {
	long(t)
	o := votes(t, galaxies(t, 800), "--dim=32", "--depth=2", "--patch-size=4", "--epochs=30", "--batch=16")
	o.TestFraction = 0.3
	mustRun(t, o)
	var m struct{ Test metrics.VotesReport }
	data, err := os.ReadFile(filepath.Join(o.Out, metricsFile))
	if err := cmp.Or(err, json.Unmarshal(data, &m)); err != nil {
		t.Fatal(err)
	}
	for _, q := range m.Test.Questions {
		if !(q.MAE < 0.55*q.MeanMAE) {
			t.Errorf("%s: fractions are %.3f from the votes, their means %.3f", q.Name, q.MAE, q.MeanMAE)
		}
		if chi2 := q.Answers[0].ReducedChi2; !(chi2 > 0.5 && chi2 < 2) {
			t.Errorf("%s: errors have the reduced chi² %.2f", q.Name, chi2)
		}
	}
}

// A run on votes leaves all it should, also when it was stopped on the way.
func TestVotesEndToEnd(t *testing.T) {
	catalogue := rewrite(t, galaxies(t, 30), func(row int, line string) string {
		switch row {
		case 3:
			return "g002,g002.fits,,,,,0" // nobody looked
		case 4:
			return "g003,g003.fits,40,nan,,," // nobody was asked the second question
		}
		return line
	})
	o := votes(t, catalogue)
	o.Workers, o.TestFraction = 1, 0.2
	log := mustRun(t, o)
	want := bits(t, o.Out)
	if !strings.Contains(log, "votes: shape_smooth, shape_featured, edge-on_yes, edge-on_no; 1 without a label") {
		t.Errorf("the log:\n%s", log)
	}
	for _, name := range []string{"curves.png", "votes_shape.png", "votes_edge-on.png"} {
		if _, err := os.Stat(filepath.Join(o.Out, name)); err != nil {
			t.Error(err)
		}
	}
	if test := figures(t, o.Out)["test"].(map[string]any); test["intervals"] == nil {
		t.Errorf("no intervals: %v", test)
	}
	best, err := modeldir.Read(os.DirFS(filepath.Join(o.Out, "best")), "best")
	if err != nil {
		t.Fatal(err)
	}
	questions := []catalog.Question{
		{Name: "shape", Answers: []string{"shape_smooth", "shape_featured"}},
		{Name: "edge-on", Answers: []string{"edge-on_yes", "edge-on_no"}, AskedAfter: "shape_featured"},
	}
	if best.Task != catalog.Votes || best.Net.Config.Classes != 4 || !reflect.DeepEqual(best.Questions, questions) {
		t.Errorf("the model has the task %s, %d outputs and the questions %v", best.Task, best.Net.Config.Classes, best.Questions)
	}
	leftovers(t, o.Out)
	data, err := readLabels(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range slices.Concat(data.train, data.val, data.test) {
		if e.object.ID == "g003" && !slices.Equal(e.target, []float32{40, 0, 0, 0}) {
			t.Errorf("g003 has the votes %v", e.target)
		}
	}

	o.Out, o.Resume = t.TempDir(), true
	if err := stopAfter(o, 2*29+4+2); !errors.Is(err, cli.ErrInterrupted) {
		t.Fatal(err)
	}
	o.AskedAfter = nil
	wantError(t, Run(context.Background(), o), cli.Failed, "asked after other answers")
	o.AskedAfter = votes(t, catalogue).AskedAfter
	if log := mustRun(t, o); !strings.Contains(log, "going on after") {
		t.Errorf("the log:\n%s", log)
	}
	if bits(t, o.Out) != want {
		t.Error("after a stop the result is another")
	}
}

func TestVotesRefusals(t *testing.T) {
	catalogue := galaxies(t, 12)
	for name, c := range map[string]struct {
		change func(o *Options)
		code   int
		want   []string
	}{
		"the total":    {func(o *Options) { o.Labels, o.AskedAfter = []string{"shape_*"}, nil }, 1, []string{"votes.csv", `"shape_total-votes"`, "sum"}},
		"one answer":   {func(o *Options) { o.Labels, o.AskedAfter = []string{"shape_smooth"}, nil }, 2, []string{`"shape"`, "two or more"}},
		"no numbers":   {func(o *Options) { o.Labels, o.AskedAfter = []string{"id_str", "id_str"}, nil }, 2, []string{`"id_str"`, "name of its own"}},
		"no column":    {func(o *Options) { o.Labels = []string{"bar_*"} }, 1, []string{"bar_*", "shape_smooth"}},
		"no such tree": {func(o *Options) { o.AskedAfter = []string{"bar=shape_smooth"} }, 2, []string{`"bar"`, "shape, edge-on"}},
		"tree of none": {func(o *Options) { o.Task, o.Labels = "classify", []string{"shape_smooth"} }, 2, []string{"--asked-after", "votes"}},
		"no label":     {func(o *Options) { o.Labels = nil }, 2, []string{"--label"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := votes(t, catalogue)
			c.change(&o)
			wantError(t, Run(context.Background(), o), c.code, c.want...)
		})
	}
}
