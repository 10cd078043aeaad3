package metrics

import "math"

// reliabilityBins is the number of bins of equal width of Guo et al. (2017).
const reliabilityBins = 15

// Bin is the predictions whose probability is in one interval (i/15, (i+1)/15];
// 0 belongs to the first.
type Bin struct {
	N           int
	Probability Number // mean of the predicted ones; null when N is 0
	Observed    Number // fraction that came true; null when N is 0
}

// prophecies are probabilities, the row that each is about, and whether it came true.
type prophecies struct {
	rows []int
	p    []float64
	true []bool
}

func (f *prophecies) add(row int, p float64, came bool) {
	f.rows, f.p, f.true = append(f.rows, row), append(f.p, p), append(f.true, came)
}

// bins sorts the predictions by probability when row i counts weight[i] times.
func (f prophecies) bins(weight []int) []Bin {
	var n, came [reliabilityBins]int
	var sum [reliabilityBins]float64
	for k, row := range f.rows {
		i := min(max(int(math.Ceil(f.p[k]*reliabilityBins))-1, 0), reliabilityBins-1)
		w := weight[row]
		n[i] += w
		sum[i] += float64(w) * f.p[k]
		if f.true[k] {
			came[i] += w
		}
	}
	bins := make([]Bin, reliabilityBins)
	for i := range bins {
		bins[i] = Bin{N: n[i], Probability: quotient(sum[i], n[i]), Observed: ratio(came[i], n[i])}
	}
	return bins
}

// ECE is the expected calibration error: the mean, over all predictions, of how
// far the observed fraction of their bin is from its mean probability (Guo et
// al. 2017, arXiv:1706.04599, section 2). Of nothing it is undefined.
func ECE(bins []Bin) Number {
	sum, n := 0.0, 0
	for _, b := range bins {
		if b.N > 0 {
			sum += float64(b.N) * math.Abs(float64(b.Observed-b.Probability))
			n += b.N
		}
	}
	return quotient(sum, n)
}
