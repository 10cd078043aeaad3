package infer

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/spf13/pflag"

	"github.com/astrovit/astrovit/internal/catalog"
	"github.com/astrovit/astrovit/internal/modeldir"
	"github.com/astrovit/astrovit/internal/progress"
	"github.com/astrovit/astrovit/internal/report"
	"github.com/astrovit/astrovit/internal/train"
)

// page is an open page of a report.
type page struct {
	*testing.T
	ctx       context.Context
	downloads string // folder
}

// openPage opens a report in headless Chromium. What its console says is an error of the test.
func openPage(t *testing.T, folder string) *page {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	switch {
	case testing.Short():
		t.Skip("a browser takes its time")
	case path == "":
		t.Skip("SKIPPED: no Chromium to look at the page with (Debian: chromium)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 10*time.Minute) // of a machine that does other things
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	p := &page{T: t, ctx: ctx, downloads: t.TempDir()}

	messages, listening := chromedp.Console(ctx), make(chan struct{})
	go func() {
		defer close(listening)
		for m, err := range messages {
			if err != nil {
				return // the browser is closed
			}
			t.Errorf("the console: %v", m)
		}
	}()
	t.Cleanup(func() {
		chromedp.Cancel(ctx)
		<-listening
	})
	_, err := chromedp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: p.downloads,
	})
	if err != nil {
		t.Fatal(err)
	}
	// As if its window were the one in front, so that elements get focus events.
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate("file://"+filepath.Join(folder, report.File)))
	return p
}

func (p *page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.Fatal(err)
	}
}

// eval is what an expression gives.
func eval[V any](p *page, expression string) V {
	p.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[V](expression))
	if err != nil {
		p.Fatalf("%s: %v", expression, err)
	}
	return v
}

// choose sets a control to a value as a user does.
func (p *page) choose(control, value string) {
	p.Helper()
	if got := eval[string](p, fmt.Sprintf(`{ const c = document.getElementById(%q); c.value = %q; c.dispatchEvent(new Event("input")); c.dispatchEvent(new Event("change")); c.value }`, control, value)); got != value {
		p.Fatalf("%s has no %q", control, value)
	}
}

// shown are the ids of the cards, in order.
func (p *page) shown() []string {
	p.Helper()
	return eval[[]string](p, `[...document.querySelectorAll("#gallery .card .foot .faint")].map(e => e.textContent)`)
}

// candidateID is that of the candidate being graded.
func (p *page) candidateID() string {
	p.Helper()
	return eval[string](p, `document.querySelector("#candidate .foot .faint").firstChild.textContent`)
}

func (p *page) is(expression, want string) {
	p.Helper()
	if got := eval[string](p, "String(("+expression+"))"); got != want {
		p.Errorf("%s is %q, want %q", expression, got, want)
	}
}

// reportOfSky is the page of a random model on a tile, which is scanned or visited at
// positions of objects with Petrosian radii, and its candidates.
func reportOfSky(t *testing.T, visited bool) (folder, tile string, m *modeldir.Model, found reported) {
	t.Helper()
	m = tinyModel(t, 1)
	dir := t.TempDir()
	tile = putFITS(t, filepath.Join(dir, "a, b", "tile.fits"), noise(1, 40, 48), skyCards...) // a comma is to be quoted in CSV
	folder = filepath.Join(dir, "page")
	o := Options{Model: save(t, m), Inputs: []string{tile}, Report: folder, Stride: 4, Batch: 16}
	if visited {
		text := "id,x,y,petrosian_radius\n"
		for i := range 60 {
			text += fmt.Sprintf("p%d,%d,%d,%g\n", i, 5+7*i%38, 5+i%30, 0.25*float64(i+1))
		}
		o.Positions = put(t, filepath.Join(dir, "positions.csv"), []byte(text))
	}
	mustPredict(t, o)
	found, _ = readReport(t, folder)
	return folder, tile, m, found
}

func idsOf(list []candidateOf) (ids []string) {
	for _, c := range list {
		ids = append(ids, c.ID)
	}
	return ids
}

// The page's controls choose and order what is shown; marks lead to their candidates.
func TestBrowse(t *testing.T) {
	folder, _, _, found := reportOfSky(t, false)
	p := openPage(t, folder)
	if got := p.shown(); len(got) != len(found.Candidates) {
		t.Errorf("%d cards for %d candidates", len(got), len(found.Candidates))
	}
	p.is(`[...document.images].every(i => i.complete && i.naturalWidth > 0)`, "true")
	p.is(`document.documentElement.scrollWidth <= innerWidth`, "true")
	p.is(`delete Map.groupBy, gallery.show(), gallery.list.length`, fmt.Sprint(len(found.Candidates))) // Firefox 115, the last of old clusters, has none

	for class, name := range classes {
		best := slices.Clone(found.Candidates)
		best = slices.DeleteFunc(best, func(c candidateOf) bool { return !slices.Contains(c.Lists, class) })
		slices.SortStableFunc(best, func(a, b candidateOf) int { return cmp.Compare(b.Values[class], a.Values[class]) })
		p.choose("class", fmt.Sprint(class))
		if got, want := p.shown(), idsOf(best); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		middle := best[len(best)/2].Values[class]
		p.choose("least", fmt.Sprint(middle))
		least := slices.DeleteFunc(slices.Clone(best), func(c candidateOf) bool { return c.Values[class] < middle })
		if got, want := p.shown(), idsOf(least); !slices.Equal(got, want) {
			t.Errorf("%s of at least %g: %q, want %q", name, middle, got, want)
		}
		p.choose("least", "0")
		p.choose("sort", "dec")
		slices.SortStableFunc(best, func(a, b candidateOf) int { return cmp.Compare(*a.Dec, *b.Dec) })
		if got, want := p.shown(), idsOf(best); !slices.Equal(got, want) {
			t.Errorf("%s by declination: %q, want %q", name, got, want)
		}
		p.choose("sort", "highest")
	}
	// Of labels that exclude none other, the least certain is the one nearest to a half.
	doubtful := slices.DeleteFunc(slices.Clone(found.Candidates), func(c candidateOf) bool { return !slices.Contains(c.Lists, 1) })
	slices.SortStableFunc(doubtful, func(a, b candidateOf) int { return cmp.Compare(math.Abs(a.Values[1]-0.5), math.Abs(b.Values[1]-0.5)) })
	p.is(`data.task`, "classify")
	p.is(`data.task = "multilabel"`, "multilabel")
	p.choose("class", "1")
	p.choose("sort", "doubt")
	if got, want := p.shown(), idsOf(doubtful); !slices.Equal(got, want) {
		t.Errorf("the least certain labels: %q, want %q", got, want)
	}
	p.is(`data.task = "classify"`, "classify")
	p.choose("class", "-1")
	p.choose("flag", "="+catalog.FlagEdge)
	edge := 0
	for _, c := range found.Candidates {
		if slices.Contains(c.Flags, catalog.FlagEdge) {
			edge++
		}
	}
	if got := p.shown(); len(got) != edge || edge == 0 || edge == len(found.Candidates) {
		t.Errorf("%d cards with the flag, want %d of %d", len(got), edge, len(found.Candidates))
	}

	// A mark brings back what was filtered away.
	p.choose("flag", "none")
	at := slices.IndexFunc(found.Candidates, func(c candidateOf) bool { return len(c.Flags) > 0 })
	mark := fmt.Sprintf(`document.querySelector('#sky a[href="#candidate-%d"]')`, at)
	p.is(mark+`.focus(), document.getElementById("pointed").textContent.startsWith(`+fmt.Sprintf("%q", found.Candidates[at].ID+": ")+`)`, "true")
	p.is(mark+`.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true })), document.querySelector(".card.found").id`, fmt.Sprintf("candidate-%d", at))
	p.is(`document.querySelectorAll("#gallery .card").length`, fmt.Sprint(len(found.Candidates)))
	marks := fmt.Sprint(len(found.Tiles[0].Marks))
	p.is(`document.querySelectorAll("#sky .mark").length`, marks)
	p.is(`document.querySelector("#legend input").click(), document.querySelectorAll("#sky .mark").length < `+marks, "true")

	const heat = `getComputedStyle(document.querySelector(".heat")).visibility`
	p.is(heat, "hidden")
	p.do(chromedp.Click(chromedp.ID("attention")))
	p.is(heat, "visible")
	p.do(chromedp.EmulateViewport(420, 900))
	p.is(`document.documentElement.scrollWidth <= innerWidth`, "true")
}

// The columns of a regression are quantities of their own: they are not sorted by their values, the least certain is what
// has the largest sigma, and a sigma that is no number is one that nobody knows.
func TestPageOfRegression(t *testing.T) {
	dir := t.TempDir()
	tile := putFITS(t, filepath.Join(dir, "tile.fits"), noise(1, 40, 48), skyCards...)
	folder := filepath.Join(dir, "page")
	m := regression(t, tinyModel(t, 1))
	m.Columns[0].Mean = -10 // below the second's
	mustPredict(t, Options{Model: save(t, m), Inputs: []string{tile}, Report: folder, Stride: 4, Batch: 16})
	found, _ := readReport(t, folder)
	p := openPage(t, folder)
	p.is(`document.getElementById("legend").hidden`, "true")
	p.is(`[...gallery.cards[0].querySelectorAll(".output")].map(e => e.textContent).join()`, "mass,z")

	doubtful := slices.DeleteFunc(slices.Clone(found.Candidates), func(c candidateOf) bool { return !slices.Contains(c.Lists, 1) })
	slices.SortStableFunc(doubtful, func(a, b candidateOf) int { return cmp.Compare(b.Sigmas[1], a.Sigmas[1]) })
	p.choose("class", "1")
	p.choose("sort", "doubt")
	if got, want := p.shown(), idsOf(doubtful); !slices.Equal(got, want) {
		t.Errorf("the least certain: %q, want %q", got, want)
	}
	last := doubtful[len(doubtful)-1].ID
	p.is(fmt.Sprintf(`data.candidates.find(c => c.id === %q).sigmas[1] = null, gallery.show()`, last), "undefined")
	if got := p.shown(); len(got) != len(doubtful) || got[0] != last {
		t.Errorf("with an unknown sigma: %q, want %q first", got, last)
	}
}

// Keys grade; a reload loses nothing; and what is saved is what vit-train takes.
func TestGrade(t *testing.T) {
	folder, tile, m, found := reportOfSky(t, true)
	p := openPage(t, folder)
	p.is(`document.getElementById("save").disabled`, "true")
	order := p.shown()
	p.do(chromedp.Click(chromedp.ID("start")))
	given := map[string]string{}
	for i := range 24 {
		if got := p.candidateID(); got != order[i] {
			t.Fatalf("candidate %d is %s, want %s", i, got, order[i])
		}
		grade := fmt.Sprint(i % 2 * 3)
		p.do(chromedp.KeyEvent(grade))
		given[order[i]] = grade
	}
	// Back, another grade, and that undone.
	p.do(chromedp.KeyEvent(kb.ArrowLeft), chromedp.KeyEvent("1"))
	p.is(`document.querySelector("#grades [aria-pressed=true]")`, "null")
	p.do(chromedp.KeyEvent("u"))
	if got := p.candidateID(); got != order[23] {
		t.Errorf("undone is %s, want %s", got, order[23])
	}
	p.is(`document.querySelector("#grades [aria-pressed=true]").textContent`, "3 certain")

	p.do(chromedp.Reload())
	p.choose("grade", "3")
	if got := p.shown(); len(got) != 12 {
		t.Errorf("%d candidates of grade 3 after a reload, want 12", len(got))
	}
	p.do(chromedp.Click(chromedp.ID("save")))
	name := filepath.Join(p.downloads, filepath.Base(folder)+"-grades.csv")
	waitFor(t, name)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Split("id_str,file_loc,hdu,x,y,ra,dec,petrosian_radius,label,grade", ","); !slices.Equal(records[0], want) {
		t.Fatalf("columns %q, want %q", records[0], want)
	}
	if len(records) != 1+len(given) {
		t.Errorf("%d rows for %d grades", len(records)-1, len(given))
	}
	for _, record := range records[1:] {
		c := found.Candidates[slices.IndexFunc(found.Candidates, func(c candidateOf) bool { return c.ID == record[0] })]
		want := []string{c.ID, tile, "0", decimal(*c.X), decimal(*c.Y), decimal(*c.RA), decimal(*c.Dec), decimal(*c.Radius), c.Label, given[c.ID]}
		if !slices.Equal(record, want) {
			t.Errorf("row %q, want %q", record, want)
		}
	}

	var log bytes.Buffer
	o := train.Options{
		Catalog: name, Labels: []string{"grade"}, Task: "classify", ValFraction: 0.25, Out: filepath.Join(t.TempDir(), "run"), Recipe: "1k",
		Workers: 1, CacheMiB: 16, Keep: 2, Explicit: map[string]bool{}, Log: progress.NewLog(&log),
	}
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	o.Settings.Register(flags)
	small := "--preset=tiny --image-size=8 --patch-size=4 --window=8 --dim=8 --depth=1 --heads=2 --epochs=1 --batch=4 --stretch=none"
	if err := flags.Parse(strings.Fields(small)); err != nil {
		t.Fatal(err)
	}
	flags.Visit(func(f *pflag.Flag) { o.Explicit[f.Name] = true })
	if err := train.Run(context.Background(), o); err != nil {
		t.Fatalf("%v\n%s", err, &log)
	}
	trained, err := modeldir.Read(os.DirFS(filepath.Join(o.Out, "best")), "best")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(trained.Labels, []string{"0", "3"}) {
		t.Errorf("classes %q", trained.Labels)
	}
	// A window of the tile, not its middle, is what the graded model sees.
	first := found.Candidates[slices.IndexFunc(found.Candidates, func(c candidateOf) bool { return c.ID == order[0] })]
	out := mustPredict(t, Options{Model: save(t, m), Inputs: []string{name}, Batch: 8})
	if got := number(t, out.rows[slices.Index(column(out, "id_str"), first.ID)], "p_"+classes[0]); math.Abs(got-first.Values[0]) > 1e-6 {
		t.Errorf("read from the grades' catalogue, %s is %g, and was %g", first.ID, got, first.Values[0])
	}
}

// The catalogue of grades has the columns that its rows need, and tells rows of one id apart.
func TestColumnsOfGrades(t *testing.T) {
	folder, _, _, _ := reportOfSky(t, false)
	p := openPage(t, folder)
	p.is(`grades.csv()`, "id_str,file_loc,hdu,x,y,ra,dec,label,grade\n")
	p.is(`(c => (grades.set({ ...c, x: 1000 }, 2), grades.of(c)))(data.candidates[0])`, "undefined")
	p.is(`data.candidates.slice(0, 3).forEach((c, i) => {
		Object.assign(c, { id: 'a "b"', label: "l", hdu: i - 1, plane: i, x: i, y: 2.5, ra: null, dec: null, files: ["/d, e/g.fits", i ? "/r.fits" : ""] });
		grades.set(c, i);
	}), data.bands = ["g", "r"], grades.csv()`,
		"id_str,file_g,file_r,hdu,plane,x,y,ra,dec,label,grade\n"+
			`"a ""b""","/d, e/g.fits",,,0,0,2.5,,,l,0`+"\n"+
			`"a ""b""_2","/d, e/g.fits",/r.fits,0,1,1,2.5,,,l,1`+"\n"+
			`"a ""b""_3","/d, e/g.fits",/r.fits,1,2,2,2.5,,,l,2`+"\n")
}

// waitFor waits for a file to be there.
func waitFor(t *testing.T, name string) {
	t.Helper()
	for range 1200 {
		if info, err := os.Stat(name); err == nil && info.Size() > 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("%s does not appear", name)
}
