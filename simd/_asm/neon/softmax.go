package main

// exponential are the coefficients e0, e1, … of simd/exp.go.
var exponential = polynomial("e",
	0.49999999552608668,
	0.16666577283890208,
	0.041666853418519056,
	0.0083631463767869714,
	0.0013901287591103025,
)

var (
	one        = number("one", 1)
	shift      = number("shift", 0x1.8p23) // adding it rounds to an integer in the low bits
	log2e      = number("log2e", 1.44269504088896340736)
	ln2High    = number("ln2High", 0x1.63p-1)
	ln2Low     = number("ln2Low", -2.12194440054690583e-4)
	exponent64 = constant{"exponent64", (127 + 64) << 23}
	minus64    = number("minus64", 0x1p-64)
)

// nothing stands for no register.
const nothing v = -1

// exp replaces x by e^(x+low) for -113 <= x <= 0 and low beneath the precision
// of x, or nothing. As in simd/exp.go, x = n·ln(2) + r and e^x = 2^n·e^r, but
// in float32: ln(2) is in two parts, of which the first times n is exact, and
// 2^n is made in two factors, since n may pass the exponents of normal numbers.
func (k *rows) exp(x, low v) {
	t := k.set(shift)
	k.fmla(t, x, k.once(log2e))
	n := k.temp()
	k.fsub(n, t, k.once(shift))
	k.fmls(x, n, k.once(ln2High))
	k.fmls(x, n, k.once(ln2Low))
	if low != nothing {
		k.fadd(x, x, low)
	}

	p := k.horner(x, exponential)
	square := k.temp()
	k.fmul(square, x, x)
	k.fmla(x, square, p) // r + r²·p
	k.fadd(x, x, k.once(one))

	k.op("VSHL $23, V%d.S4, V%d.S4", t, t)
	k.op("VADD V%d.S4, V%d.S4, V%d.S4", k.once(exponent64), t, t)
	k.fmul(x, x, t)
	k.fmul(x, x, k.once(minus64))
	k.free(t, n, p, square)
}

func (f *file) softmax() {
	k := f.beginRows("largestNEON", "func(x []float32) float32", "largestRowsGeneric for one row", "x")
	k.op("MOVW $0xff800000, R9") // -Inf
	var tops [4]v
	for i := range tops {
		tops[i] = k.keep()
		k.op("VDUP R9, V%d.S4", tops[i])
	}
	k.each(len(tops), func() {
		x := k.load("x")
		if k.single {
			k.op("VDUP V%d.S[0], V%d.S4", x, x)
		}
		k.fmaxnm(tops[k.copy], tops[k.copy], x)
	})
	k.fmaxnm(tops[0], tops[0], tops[1])
	k.fmaxnm(tops[2], tops[2], tops[3])
	k.fmaxnm(tops[0], tops[0], tops[2])
	k.fmaxnmv(tops[0], tops[0])
	k.op("FMOVS F%d, %s", tops[0], k.arg("ret"))
	k.op("RET")

	k = f.beginRows("expsNEON", "func(x []float32, top float32, scale float32) float64", "expRowsGeneric for one row", "x")
	k.useTable()
	top, scale := k.scalar("top"), k.scalar("scale")
	sum := k.newSum(2)
	k.each(2, func() {
		x := k.load("x")
		k.fsub(x, x, top)
		k.fmul(x, x, scale)
		k.fmax(x, x, k.once(number("expFloor", -104))) // NaN stays NaN
		k.exp(x, nothing)
		k.store(x, "x")
		k.clip(x)
		k.add(sum, x)
	})
	k.total(sum, "ret")
	k.op("RET")

	k = f.beginRows("centreScaleNEON", "func(dst []float32, p []float32, y []float32, mean float32)", "centreRowsGeneric for one row and a scale of 1", "dst", "p", "y")
	mean := k.scalar("mean")
	k.each(4, func() {
		p, y := k.load("p"), k.load("y")
		k.fsub(y, y, mean)
		k.fmul(y, y, p)
		k.store(y, "dst")
	})
	k.op("RET")
}
