package ref

// Rollout is the attention rollout of Abnar & Zuidema (2020) over the latest
// Forward, [B,N patches]: in every layer the mean over the heads A becomes
// ½A + ½I for the skip, rows normalised to one; the layers are multiplied, first
// layer rightmost. What comes back, over the patches, is the row of what the
// head sees: the class token's, or the mean of the patches' rows.
func (m *Model) Rollout() []float64 {
	t := m.Tokens()
	skip := t - m.Patches() // the class token's column
	var maps []float64
	for b := range m.acts.batch {
		flow := identity(t)
		for _, a := range m.acts.layers {
			mixed := identity(t)
			for i := range mixed {
				mixed[i] *= 0.5
			}
			for h := range m.Heads {
				for i, p := range a.probs[(b*m.Heads+h)*t*t:][:t*t] {
					mixed[i] += 0.5 * p / float64(m.Heads)
				}
			}
			normaliseRows(mixed, t)
			flow = Linear(mixed, transpose(flow, t), nil, t, t) // mixed · flow
		}
		row := make([]float64, t)
		for i := range t {
			for j := range t {
				switch {
				case m.Pool == "cls" && i == 0:
					row[j] = flow[j]
				case m.Pool == "mean" && i >= skip:
					row[j] += flow[i*t+j] / float64(m.Patches())
				}
			}
		}
		maps = append(maps, row[skip:]...)
	}
	return maps
}

func identity(n int) []float64 {
	x := make([]float64, n*n)
	for i := range n {
		x[i*n+i] = 1
	}
	return x
}

func transpose(x []float64, n int) []float64 {
	y := make([]float64, n*n)
	for i := range n {
		for j := range n {
			y[j*n+i] = x[i*n+j]
		}
	}
	return y
}

func normaliseRows(x []float64, n int) {
	for r := 0; r < len(x); r += n {
		var sum float64
		for _, v := range x[r : r+n] {
			sum += v
		}
		for j := range n {
			x[r+j] /= sum
		}
	}
}
