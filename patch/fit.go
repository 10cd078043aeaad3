package patch

import (
	"fmt"
	"math"
	"slices"
)

// FitStretch fits a stretch of the given kind to a sample of each band's
// pixels, pooled over training images; undefined ones are left out.
//
// The background is the sample's median, sigma 1.4826 times the median absolute
// deviation from it. Low is the background for asinh and lupton, the percentile
// 0.5 otherwise; high is the percentile 99.5, or for linear, which is meant for
// pictures, 99.9; asinh's softening is 3 sigma. For a band that hardly varies,
// such as one that no image has, the numbers fall back to a unit scale.
func FitStretch(kind, nan string, sample [][]float32) (Stretch, error) {
	s := Stretch{Kind: kind, NaN: nan}
	var spread float64
	for c, pixels := range sample {
		sorted := finite(pixels)
		if len(sorted) == 0 {
			sorted = []float64{0}
		}
		median := quantile(sorted, 0.5)
		sigma := 1.4826 * deviation(sorted, median)
		low, high := quantile(sorted, 0.005), quantile(sorted, 0.995)
		switch kind {
		case Linear:
			low, high = quantile(sorted, 0.001), quantile(sorted, 0.999)
		case Asinh, Lupton:
			low = median
		case ZScale:
			low, high = zscale(finiteInOrder(sample[c]))
		}
		if nan == Background {
			s.Background = append(s.Background, median)
		}
		if !(high > low) {
			high = low + math.Max(1, math.Abs(low))
		}
		if !(sigma > 0) {
			sigma = (high - low) / 100
		}
		spread += (high - low) / float64(len(sample))
		if kind != None {
			s.Low = append(s.Low, low)
		}
		if kind != None && kind != Lupton {
			s.High = append(s.High, high)
		}
		if kind == Asinh {
			s.Soft = append(s.Soft, 3*sigma)
		}
	}
	if kind == Lupton {
		// So that the mean of the bands' high values becomes white.
		s.Q = 8
		s.Soft = []float64{s.Q * spread / math.Sinh(10*math.Asinh(0.1*s.Q))}
	}
	if err := s.Validate(len(sample)); err != nil {
		return Stretch{}, fmt.Errorf("cannot fit pixels: %w", err)
	}
	return s, nil
}

// finite is the sorted finite numbers of x.
func finite(x []float32) []float64 {
	y := finiteInOrder(x)
	slices.Sort(y)
	return y
}

func finiteInOrder(x []float32) []float64 {
	y := make([]float64, 0, len(x))
	for _, v := range x {
		if v-v == 0 {
			y = append(y, float64(v))
		}
	}
	return y
}

// quantile interpolates linearly between the sorted numbers, as numpy does.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// deviation is the median absolute deviation from the median.
func deviation(sorted []float64, median float64) float64 {
	distance := make([]float64, len(sorted))
	for i, v := range sorted {
		distance[i] = math.Abs(v - median)
	}
	slices.Sort(distance)
	return quantile(distance, 0.5)
}

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
