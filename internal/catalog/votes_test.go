package catalog

import (
	"bytes"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// zoo are columns of Galaxy Zoo DECaLS and the answers that lead to its questions.
var (
	zoo = []string{"bar_strong", "smooth-or-featured_smooth", "smooth-or-featured_featured-or-disk", "bar_no", "disk-edge-on_yes", "disk-edge-on_no"}
	led = []string{"bar=disk-edge-on_no", "disk-edge-on = smooth-or-featured_featured-or-disk"}
)

func TestQuestionsOf(t *testing.T) {
	questions, err := QuestionsOf(zoo, led)
	want := []Question{
		{"smooth-or-featured", []string{"smooth-or-featured_smooth", "smooth-or-featured_featured-or-disk"}, ""},
		{"disk-edge-on", []string{"disk-edge-on_yes", "disk-edge-on_no"}, "smooth-or-featured_featured-or-disk"},
		{"bar", []string{"bar_strong", "bar_no"}, "disk-edge-on_no"},
	}
	if err != nil || !reflect.DeepEqual(questions, want) {
		t.Errorf("%v, %v", questions, err)
	}
	if free, err := QuestionsOf(zoo, nil); err != nil || free[0].Name != "bar" || free[2].AskedAfter != "" {
		t.Errorf("%v, %v", free, err)
	}
	for name, c := range map[string]struct {
		columns, conditions []string
		want                []string
	}{
		"no question":         {[]string{"a_x", "a_y", "class"}, nil, []string{`"class"`, "question_answer"}},
		"no answer":           {[]string{"a_x", "a_"}, nil, []string{`"a_"`, "question_answer"}},
		"one answer":          {[]string{"a_x", "a_y", "b_z"}, nil, []string{`"b"`, "two or more"}},
		"an answer twice":     {[]string{"a_x", "a_x"}, nil, []string{`"a_x"`, "name of its own"}},
		"no condition":        {zoo, []string{"bar"}, []string{`"bar"`, "QUESTION=ANSWER"}},
		"of another question": {zoo, []string{"ring=bar_no"}, []string{`"ring"`, "bar, smooth-or-featured, disk-edge-on"}},
		"after another":       {zoo, []string{"bar=ring_no"}, []string{`"ring_no"`, "disk-edge-on_no"}},
		"after two":           {zoo, append([]string{"bar=disk-edge-on_yes"}, led...), []string{`"bar"`, "disk-edge-on_yes", "already"}},
		"in a circle":         {zoo, append([]string{"smooth-or-featured=bar_no"}, led...), []string{"circle", "bar, smooth-or-featured, disk-edge-on"}},
		"after itself":        {zoo, []string{"bar=bar_no"}, []string{"circle", "bar"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := QuestionsOf(c.columns, c.conditions)
			wantError(t, err, c.want...)
		})
	}
}

func TestCheckQuestions(t *testing.T) {
	for name, c := range map[string]struct {
		questions []Question
		want      string
	}{
		"none":          {nil, "no question"},
		"no name":       {[]Question{{"", []string{"x", "y"}, ""}}, "name of its own"},
		"a name twice":  {[]Question{{"a", []string{"x", "y"}, ""}, {"a", []string{"z", "w"}, ""}}, `"a"`},
		"shared answer": {[]Question{{"a", []string{"x", "y"}, ""}, {"b", []string{"x", "w"}, ""}}, `"x"`},
		"later":         {[]Question{{"a", []string{"x", "y"}, "z"}, {"b", []string{"z", "w"}, ""}}, `"z"`},
	} {
		t.Run(name, func(t *testing.T) { wantError(t, CheckQuestions(c.questions), c.want) })
	}
}

// What is missing is no vote, and a row without votes no label.
func TestVotes(t *testing.T) {
	table := fromCSV(t, "a_x,a_y,b_x,b_y,b_z\n3,,0,nan,0\n,,,,\n0,0,0.5,2,0\n0,0,0,0,0\n1,0,0,0,4\n")
	questions, err := QuestionsOf(table.Names(), nil)
	if err != nil {
		t.Fatal(err)
	}
	votes, err := table.Votes(questions)
	if err != nil {
		t.Fatal(err)
	}
	nan := math.NaN()
	wantValues(t, votes.Values, 3, 0, 0, 0, 0, nan, nan, nan, nan, nan, 0, 0, 0.5, 2, 0, nan, nan, nan, nan, nan, 1, 0, 0, 0, 4)
	if votes.Empty != 2 {
		t.Errorf("%d rows without votes, want 2", votes.Empty)
	}
	if err := votes.Learnable(); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]struct {
		table string
		want  []string
	}{
		"negative":        {"a_x,a_y\n1,2\n1,-1\n", []string{"row 2", `"a_y"`, "-1"}},
		"infinite":        {"a_x,a_y\n1,inf\n", []string{"row 1", "Inf"}},
		"no number":       {"a_x,a_y\n1,many\n", []string{"row 1", `"many"`}},
		"nobody":          {"a_x,a_y,b_x,b_y\n1,2,0,\n1,1,0,0\n", []string{`question "b"`, "nobody"}},
		"fractions":       {"a_x,a_y\n0.25,0.75\n,\n1,0\n", []string{`question "a"`, "fractions"}},
		"debiased":        {"a_x_fraction,a_x_debiased\n0.25,0.2\n1,0.95\n", []string{`question "a_x"`, "fractions"}},
		"a total":         {"a_x,a_y,a_total-votes\n3,4,7\n,,\n0,2,2\n", []string{`question "a"`, `"a_total-votes"`, "sum"}},
		"a rounded total": {"a_x,a_y,a_total-weight\n1.1,1.3,2.4\n0.7,0.1,0.8\n", []string{`question "a"`, `"a_total-weight"`, "sum"}},
		"half of them":    {"a_x,a_y\n3,3\n2,2\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			table := fromCSV(t, c.table)
			questions, err := QuestionsOf(table.Names(), nil)
			if err != nil {
				t.Fatal(err)
			}
			votes, err := table.Votes(questions)
			if err == nil {
				err = votes.Learnable()
			}
			if c.want != nil {
				wantError(t, err, c.want...)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestMatch(t *testing.T) {
	table := fromCSV(t, "id,bar_yes,Bar_no,bar*,ring_yes\n1,2,3,4,5\n")
	for pattern, want := range map[string][]string{
		"bar_*": {"bar_yes"}, "*_yes": {"bar_yes", "ring_yes"}, "bar*": {"bar*"}, "bar_NO": {"Bar_no"}, "[bB]ar_*": {"bar_yes", "Bar_no"},
	} {
		if got, err := table.Match(pattern); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s matches %q, %v; want %q", pattern, got, err, want)
		}
	}
	for _, pattern := range []string{"ring", "lens_*", "[a"} {
		_, err := table.Match(pattern)
		wantError(t, err, pattern, "id, bar_yes")
	}
}

// Fractions are given with the proportion of volunteers that a question is for,
// and only answers to questions for half of them make the label.
func TestVotesColumns(t *testing.T) {
	questions, err := QuestionsOf(zoo, led)
	if err != nil {
		t.Fatal(err)
	}
	layout, err := Predictions(Votes, AnswerColumns(questions), true, questions...)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w, err := NewStreamWriter(&out, layout)
	if err != nil {
		t.Fatal(err)
	}
	sigmas := []float64{0.1, 0.1, 0.25, 0.25, 0.5, 0.5}
	for _, p := range []Prediction{
		{ID: "disc", Values: []float64{0.2, 0.8, 0.25, 0.75, 0.625, 0.375}, Sigmas: sigmas, Flags: []string{"edge"}},
		{ID: "edge-on", Values: []float64{0.2, 0.8, 0.75, 0.25, 0.5, 0.5}, Sigmas: sigmas},
		{ID: "smooth", Values: []float64{0.75, 0.25, 0.5, 0.5, 0.5, 0.5}, Sigmas: sigmas},
		{ID: "failed"},
	} {
		if err := w.Write(&p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(out.String(), "\n")
	if want := "id_str,file_loc,hdu,x,y,ra,dec,label," +
		"p_smooth-or-featured_smooth,smooth-or-featured_smooth_sigma,p_smooth-or-featured_featured-or-disk,smooth-or-featured_featured-or-disk_sigma," +
		"p_disk-edge-on_yes,disk-edge-on_yes_sigma,p_disk-edge-on_no,disk-edge-on_no_sigma,p_bar_strong,bar_strong_sigma,p_bar_no,bar_no_sigma," +
		"disk-edge-on_proportion-asked,bar_proportion-asked,flags"; rows[0] != want {
		t.Errorf("columns\n%s\nwant\n%s", rows[0], want)
	}
	for i, want := range [][3]string{
		{"smooth-or-featured_featured-or-disk|disk-edge-on_no|bar_strong", "0.8000000000,0.6000000000", "edge"},
		{"smooth-or-featured_featured-or-disk|disk-edge-on_yes", "0.8000000000,0.2000000000", ""},
		{"smooth-or-featured_smooth", "0.2500000000,0.1250000000", ""},
		{"", "NaN,NaN", ""},
	} {
		if !strings.Contains(rows[i+1], ","+want[0]+",") || !strings.HasSuffix(rows[i+1], ","+want[1]+","+want[2]) {
			t.Errorf("row %q, want %q", rows[i+1], want)
		}
	}
}
