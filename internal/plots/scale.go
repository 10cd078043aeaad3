package plots

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// ticks labels round numbers: multiples of 1, 2 or 5 times a power of ten.
type ticks struct {
	most  int  // intervals at most
	whole bool // of whole numbers above zero only, such as epochs
}

// Ticks implements plot.Ticker.
func (t ticks) Ticks(lo, hi float64) []plot.Tick {
	least := (hi - lo) / float64(t.most)
	if t.whole {
		least = max(least, 1)
	}
	exponent := int(math.Floor(math.Log10(least)))
	power := math.Pow10(exponent)
	step := 10 * power
	for _, m := range []float64{5, 2, 1} {
		if m*power >= least*(1-1e-9) {
			step = m * power
		}
	}
	if step == 10*power {
		exponent++
	}
	var marks []plot.Tick
	first := math.Ceil(lo / step)
	for i := range t.most + 2 { // bounded even where first+1 rounds to first
		value := (first + float64(i)) * step
		if value > hi {
			break
		}
		if !t.whole || value > 0 {
			marks = append(marks, plot.Tick{Value: value, Label: tickLabel(value, exponent)})
		}
	}
	return marks
}

// decades labels the powers of ten of a logarithmic axis that starts at one.
type decades struct{}

// Ticks implements plot.Ticker.
func (decades) Ticks(lo, hi float64) []plot.Tick {
	var marks []plot.Tick
	for exponent := int(math.Round(math.Log10(lo))); math.Pow10(exponent) <= hi; exponent++ {
		power := math.Pow10(exponent)
		marks = append(marks, plot.Tick{Value: power, Label: tickLabel(power, exponent)})
		for m := 2.0; m < 10 && m*power < hi; m++ {
			marks = append(marks, plot.Tick{Value: m * power})
		}
	}
	return marks
}

// tickLabel has as many decimals as a step of 10^exponent needs.
func tickLabel(value float64, exponent int) string {
	if exponent < -4 || exponent > 5 {
		return minus(strconv.FormatFloat(value, 'g', 4, 64))
	}
	if value == 0 {
		value = 0 // no minus zero
	}
	return minus(strconv.FormatFloat(value, 'f', max(0, -exponent), 64))
}

// minus sets a true minus sign for the hyphens of a number.
func minus(number string) string { return strings.ReplaceAll(number, "-", "\u2212") }

// withMargin widens lo..hi by a twentieth at either end, and about what is a
// single value by a tenth of that value.
func withMargin(lo, hi float64) (float64, float64) {
	size := max(math.Abs(lo), math.Abs(hi))
	pad := (hi - lo) / 20
	if hi-lo <= 1e-9*size {
		pad = max(size/10, 1e-3)
	}
	return lo - pad, hi + pad
}

// grouped writes n with thin spaces between thousands.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "\u2009" + s[i:]
	}
	return s
}
