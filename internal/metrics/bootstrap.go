package metrics

import (
	"math/rand/v2"
	"reflect"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Bootstrap says how intervals are found: the figures are computed again on
// Resamples sets of as many rows, drawn with replacement, and the interval is
// the central 95 % of what comes out (Efron 1979; the percentile method). A
// figure that a resample leaves undefined is not counted there. Where rows come
// in groups that share something, such as a lens's host, Groups[i] >= 0 is the
// group of row i, and whole groups are drawn. The zero value gives no intervals.
type Bootstrap struct {
	Resamples int
	Seed      uint64
	Groups    []int // [n] or nil: each row by itself
}

// Intervals are the 95 % intervals of the figures beside them, by their names in JSON.
type Intervals map[string]Interval

// Interval is its lower and its upper end.
type Interval [2]Number

// scores is a report, which lists pointers to the structs that hold its figures.
// Each has a field Intervals.
type scores interface{ parts() []any }

// bootstrapped is the report of n rows that count once each, with its intervals.
func bootstrapped[R scores](b Bootstrap, n int, score func(weight []int) R) R {
	report := score(ones(n))
	if b.Resamples == 0 || n == 0 {
		return report
	}
	parts := report.parts()
	drawn := make([]map[string][]float64, len(parts))
	for i := range drawn {
		drawn[i] = map[string][]float64{}
	}
	r := rand.New(rand.NewPCG(b.Seed, 0))
	weight := make([]int, n)
	for range b.Resamples {
		b.draw(weight, r)
		for i, part := range score(weight).parts() {
			for name, x := range figures(part) {
				if x.Defined() {
					drawn[i][name] = append(drawn[i][name], float64(x))
				}
			}
		}
	}
	for i, part := range parts {
		intervals := Intervals{}
		for name, x := range figures(part) {
			if values := drawn[i][name]; x.Defined() && len(values) > 0 {
				slices.Sort(values)
				at := func(p float64) Number { return Number(stat.Quantile(p, stat.LinInterp, values, nil)) }
				intervals[name] = Interval{at(0.025), at(0.975)}
			}
		}
		reflect.ValueOf(part).Elem().FieldByName("Intervals").Set(reflect.ValueOf(intervals))
	}
	return report
}

// draw fills in how often each row is in a resample.
func (b Bootstrap) draw(weight []int, r *rand.Rand) {
	if b.Groups == nil {
		clear(weight)
		for range weight {
			weight[r.IntN(len(weight))]++
		}
		return
	}
	if len(b.Groups) != len(weight) {
		panic("metrics: groups and rows differ in length")
	}
	count := make([]int, slices.Max(b.Groups)+1)
	for range count {
		count[r.IntN(len(count))]++
	}
	for i, g := range b.Groups {
		weight[i] = count[g]
	}
}

var numberType = reflect.TypeFor[Number]()

// figures are the Numbers in a struct, by their names in JSON.
func figures(part any) map[string]Number {
	v := reflect.ValueOf(part).Elem()
	named := map[string]Number{}
	for _, f := range reflect.VisibleFields(v.Type()) {
		if f.Type == numberType {
			named[f.Tag.Get("json")] = Number(v.FieldByIndex(f.Index).Float())
		}
	}
	return named
}
