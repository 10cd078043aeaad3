package patch

import (
	"fmt"
	"math"
	"slices"
)

// The parts of the sample that a stretch's limits leave out at either end, and
// how many sigma of noise asinh and lupton leave nearly straight.
const (
	clipped       = 0.005 // log, percentile; asinh and lupton at the bright end
	clippedLinear = 0.001 // linear, which is meant for pictures
	softSigma     = 3
)

// FitStretch fits a stretch of the given kind, with the policy nan for undefined
// pixels, to a sample of each band's pixels, pooled over training images;
// undefined ones are left out of it.
//
// The background is the sample's median, sigma 1.4826 times the median absolute
// deviation from it. Low is the background for asinh and lupton, IRAF's limit
// for zscale, the percentile 0.1 for linear and 0.5 for others; high is IRAF's limit or
// the percentile 99.9 or 99.5; asinh's softening is 3 sigma. Lupton's stretch and
// Q are those with which its curve of the mean band is asinh's, white at the mean high.
//
// SNR needs none of these.
//
// Nothing here divides by zero. Where high is not above low, the sample's largest
// value takes its place; for a band that is constant or empty high is low + 1 (or
// low + |low|). A sigma of zero, of a band most of which is one value, becomes a
// hundredth of high - low.
func FitStretch(kind, nan string, sample [][]float32) (Stretch, error) {
	s := Stretch{Kind: kind, NaN: nan}
	if kind == SNR {
		return s, s.Validate(len(sample))
	}
	var white, noise float64 // of the mean band, above the background
	for _, pixels := range sample {
		sorted := finite(pixels)
		slices.Sort(sorted)
		if len(sorted) == 0 {
			sorted = []float64{0}
		}
		median := quantile(sorted, 0.5)
		sigma := sigmas * deviation(sorted, median)
		low, high := quantile(sorted, clipped), quantile(sorted, 1-clipped)
		switch kind {
		case Linear:
			low, high = quantile(sorted, clippedLinear), quantile(sorted, 1-clippedLinear)
		case Asinh, Lupton:
			low = median
		case ZScale:
			low, high = zscale(finite(pixels))
		}
		if !(high > low) {
			high = sorted[len(sorted)-1]
		}
		if !(high > low) {
			high = low + math.Max(1, math.Abs(low))
		}
		if !(sigma > 0) {
			sigma = (high - low) / 100
		}
		white += (high - low) / float64(len(sample))
		noise += sigma / float64(len(sample))

		if nan == Background {
			s.Background = append(s.Background, median)
		}
		if kind != None {
			s.Low = append(s.Low, low)
		}
		if kind != None && kind != Lupton {
			s.High = append(s.High, high)
		}
		if kind == Asinh {
			s.Soft = append(s.Soft, softSigma*sigma)
		}
	}
	if kind == Lupton && len(sample) > 0 {
		s.Q, s.Soft = fitLupton(white, softSigma*noise)
	}
	if err := s.Validate(len(sample)); err != nil {
		return Stretch{}, fmt.Errorf("cannot fit pixels: %w", err)
	}
	return s, nil
}

// finite is the finite numbers of x, in their order.
func finite(x []float32) []float64 {
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
