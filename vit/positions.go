package vit

import "math"

// fixedPositions is the table [T, D] of a model whose positions are not learned.
func fixedPositions(cfg Config) []float32 {
	table := make([]float32, cfg.Tokens()*cfg.Dim)
	switch cfg.Positions {
	case Sinusoidal:
		for t := range cfg.Tokens() {
			row := table[t*cfg.Dim:][:cfg.Dim]
			for i := 0; i < cfg.Dim; i += 2 {
				sin, cos := math.Sincos(float64(t) * math.Pow(10000, -float64(i)/float64(cfg.Dim)))
				row[i], row[i+1] = float32(sin), float32(cos)
			}
		}
	case SinCos2D:
		quarter := cfg.Dim / 4
		columns := cfg.Grid.Counts()[1]
		for n := range cfg.Grid.Patches() {
			row := table[(cfg.prefix()+n)*cfg.Dim:][:cfg.Dim]
			for half, position := range []int{n % columns, n / columns} {
				part := row[half*2*quarter:][:2*quarter]
				for k := range quarter {
					sin, cos := math.Sincos(float64(position) * math.Pow(10000, -float64(k)/float64(quarter)))
					part[k], part[quarter+k] = float32(sin), float32(cos)
				}
			}
		}
	}
	return table
}
