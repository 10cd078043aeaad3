package infer

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/vit"
)

// A model of votes gives fractions, their uncertainties, the proportion that is
// asked and the likeliest answers.
func TestVotes(t *testing.T) {
	m := tinyModel(t, 1)
	m.Task, m.Questions = catalog.Votes, []catalog.Question{
		{Name: "shape", Answers: []string{"shape_smooth", "shape_disc"}},
		{Name: "bar", Answers: []string{"bar_yes", "bar_no"}, AskedAfter: "shape_disc"},
	}
	m.Labels = catalog.AnswerColumns(m.Questions)
	config := m.Net.Config
	config.Classes = len(m.Labels)
	net, err := vit.New(config, 1) // whose head has no weights yet
	if err != nil {
		t.Fatal(err)
	}
	bias, _ := net.Params.Tensor("classifier.bias")
	copy(bias.Data, []float32{-99, 99, 0, 99}) // concentrations of 1, 101, 51 and 101
	m.Net = net

	name := putFITS(t, filepath.Join(t.TempDir(), "a.fits"), noise(1, side, side))
	out := mustPredict(t, Options{Model: save(t, m), Inputs: []string{name}})
	header := strings.Split("id_str,file_loc,hdu,x,y,ra,dec,label,p_shape_smooth,shape_smooth_sigma,p_shape_disc,shape_disc_sigma,"+
		"p_bar_yes,bar_yes_sigma,p_bar_no,bar_no_sigma,bar_proportion-asked,flags", ",")
	if !slices.Equal(out.header, header) {
		t.Errorf("columns %q, want %q", out.header, header)
	}
	for column, want := range map[string]float64{
		"p_shape_smooth": 1. / 102, "p_shape_disc": 101. / 102, "p_bar_yes": 51. / 152, "p_bar_no": 101. / 152,
		"shape_disc_sigma": math.Sqrt(101. / (102 * 102 * 103)), "bar_no_sigma": math.Sqrt(51. * 101 / (152 * 152 * 153)),
		"bar_proportion-asked": 101. / 102,
	} {
		if got := number(t, out.rows[0], column); !near(got, want, 1e-9) {
			t.Errorf("%s is %.10g, want %.10g", column, got, want)
		}
	}
	if label := out.rows[0]["label"]; label != "shape_disc|bar_no" {
		t.Errorf("label %q", label)
	}
}
