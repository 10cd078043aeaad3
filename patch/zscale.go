package patch

import (
	"math"
	"slices"
)

// The settings of IRAF's zscale, as astropy.visualization.ZScaleInterval has them.
const (
	zscaleSamples    = 1000
	zscaleContrast   = 0.25
	zscaleReject     = 0.5 // of the samples may be rejected
	zscaleSigma      = 2.5
	zscaleIterations = 5
)

// zscale is the display limits of IRAF's task: a straight line fitted, with
// rejection, to the sorted values around the median, made steeper by 1/contrast.
func zscale(x []float64) (low, high float64) {
	if len(x) == 0 {
		return 0, 0
	}
	var s []float64
	for i := 0; i < len(x) && len(s) < zscaleSamples; i += max(1, len(x)/zscaleSamples) {
		s = append(s, x[i])
	}
	slices.Sort(s)
	n := len(s)
	low, high = s[0], s[n-1]
	atLeast := max(5, int(float64(n)*zscaleReject))
	grow := max(1, int(float64(n)*0.01))
	bad := make([]bool, n)
	good, before, slope := n, n+1, 0.0
	for range zscaleIterations {
		if good >= before || good < atLeast {
			break
		}
		var intercept float64
		slope, intercept = fitLine(s, bad)
		flat := make([]float64, n)
		var sum, squares float64
		for i, v := range s {
			flat[i] = v - (intercept + slope*float64(i))
			if !bad[i] {
				sum += flat[i]
				squares += flat[i] * flat[i]
			}
		}
		mean := sum / float64(good)
		threshold := zscaleSigma * math.Sqrt(max(0, squares/float64(good)-mean*mean))
		for i, f := range flat {
			bad[i] = bad[i] || math.Abs(f) > threshold
		}
		bad = dilate(bad, grow)
		before, good = good, 0
		for _, b := range bad {
			if !b {
				good++
			}
		}
	}
	if good >= atLeast {
		slope /= zscaleContrast
		centre := (n - 1) / 2
		median := quantile(s, 0.5)
		low = max(low, median-float64(centre-1)*slope)
		high = min(high, median+float64(n-centre)*slope)
	}
	return low, high
}

// fitLine is the least-squares line through the values that are not bad.
func fitLine(y []float64, bad []bool) (slope, intercept float64) {
	var n, sx, sy, sxx, sxy float64
	for i, v := range y {
		if !bad[i] {
			x := float64(i)
			n, sx, sy, sxx, sxy = n+1, sx+x, sy+v, sxx+x*x, sxy+x*v
		}
	}
	slope = (n*sxy - sx*sy) / (n*sxx - sx*sx)
	return slope, (sy - slope*sx) / n
}

// dilate widens the runs of true by width, centred as numpy's convolve.
func dilate(x []bool, width int) []bool {
	y := make([]bool, len(x))
	for i, v := range x {
		if !v {
			continue
		}
		for j := range width {
			if at := i - (width-1)/2 + j; at >= 0 && at < len(y) {
				y[at] = true
			}
		}
	}
	return y
}
