// Package metrics scores predictions against the truth: classes, several
// labels at once, and regression.
//
// A figure that the data leave undefined (the recall of a class without
// examples, the AUROC of a label that is always set) is NaN in Go and null in
// JSON. It is never a silent zero; where an average has to count it as zero,
// as scikit-learn's averages do, the field says so.
//
// All numbers agree with scikit-learn's functions of the same name to rounding.
// Each figure comes with its bootstrap interval, if that is asked for.
package metrics

import (
	"encoding/json"
	"math"
)

// Number is a figure of a report. Undefined is NaN in Go and null in JSON,
// which has no NaN; so is an infinity.
type Number float64

// undefined is the value of every figure that the data do not determine.
var undefined = Number(math.NaN())

// Defined tells whether x is an ordinary finite number.
func (x Number) Defined() bool {
	return IsFinite(float64(x))
}

// MarshalJSON writes null for an undefined number.
func (x Number) MarshalJSON() ([]byte, error) {
	if !x.Defined() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(x))
}

// UnmarshalJSON reads null as NaN, so that a report survives a round trip.
func (x *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*x = undefined
		return nil
	}
	return json.Unmarshal(b, (*float64)(x))
}

// ratio is a/b, undefined when nothing was counted below the line.
func ratio(a, b int) Number {
	if b == 0 {
		return undefined
	}
	return Number(float64(a) / float64(b))
}

// quotient is a/n, undefined when nothing was counted.
func quotient(a float64, n int) Number {
	if n == 0 {
		return undefined
	}
	return Number(a / float64(n))
}

// mean averages the defined numbers; of none it is undefined.
func mean(xs []Number) Number {
	sum, n := 0.0, 0
	for _, x := range xs {
		if x.Defined() {
			sum += float64(x)
			n++
		}
	}
	if n == 0 {
		return undefined
	}
	return Number(sum / float64(n))
}

// orZero is x where it is defined and 0 elsewhere: scikit-learn's
// zero_division=0, for averages that must not leave a class out.
func orZero(x Number) Number {
	if !x.Defined() {
		return 0
	}
	return x
}
