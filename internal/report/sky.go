package report

import (
	"fmt"
	"math"
)

// sexagesimal is a position in hours and degrees, minutes and seconds, as
// 10:00:23.99 +02:10:34.5; empty where it is not known.
func sexagesimal(ra, dec float64) string {
	if !(ra >= 0 && ra <= 360 && math.Abs(dec) <= 90) {
		return ""
	}
	const day, degree = 24 * 3600 * 100, 3600 * 10
	h := int(math.Round(ra/360*day)) % day // in hundredths of a second
	d := int(math.Round(math.Abs(dec) * degree))
	sign := "+"
	if math.Signbit(dec) {
		sign = "-"
	}
	return fmt.Sprintf("%02d:%02d:%02d.%02d %s%02d:%02d:%02d.%d",
		h/360000, h/6000%60, h/100%60, h%100, sign, d/36000, d/600%60, d/10%60, d%10)
}
