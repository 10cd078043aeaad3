package patch

// sigmas is the standard deviation of a normal distribution in units of its median absolute deviation.
const sigmas = 1.4826

// Noise is the median of the finite numbers of x, and as sigma 1.4826 times the median absolute deviation from it of those
// that are something else: pixels that were filled with the background do not make an image less noisy. Without any such sigma
// is 1, without a finite number the background 0.
func Noise(x []float32) (background, sigma float64) {
	y := finite(x)
	if len(y) == 0 {
		return 0, 1
	}
	background = middle(y)
	others := y[:0]
	for _, v := range y {
		if v > background {
			others = append(others, v-background)
		} else if v < background {
			others = append(others, background-v)
		}
	}
	if len(others) == 0 {
		return background, 1
	}
	return background, sigmas * middle(others)
}

// middle is the median of x, which is not empty; of an even number the upper one. It changes the order of x.
func middle(x []float64) float64 {
	k := len(x) / 2
	for lo, hi := 0, len(x)-1; lo < hi; { // Hoare's selection
		pivot, i, j := x[(lo+hi)/2], lo, hi
		for i <= j {
			for x[i] < pivot {
				i++
			}
			for x[j] > pivot {
				j--
			}
			if i <= j {
				x[i], x[j] = x[j], x[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return x[k]
		}
	}
	return x[k]
}
