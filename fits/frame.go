package fits

import (
	"math"
	"strconv"
	"strings"

	"github.com/astrovit/astrovit/fits/internal/sphere"
)

// A frame turns directions of a celestial reference system into ICRS.
type frame struct {
	system  string        // RADESYS; "" where the axes themselves say which system it is
	equinox float64       // in years; 0 where the system needs none
	eterms  sphere.Vector // aberration that FK4 positions contain, to be taken out first; zero for other systems
	matrix  sphere.Matrix
	err     error // the system cannot be turned
}

func (f *frame) apply(v sphere.Vector) sphere.Vector {
	if f.eterms != (sphere.Vector{}) {
		d := f.eterms.Dot(v)
		for i := range v {
			v[i] += d*v[i] - f.eterms[i]
		}
	}
	return f.matrix.Mul(v)
}

// invert turns an ICRS unit vector back. The matrix is a rotation, or for FK4 nearly one, and the E-terms are small, so
// that going back with the transposed matrix and mending what is then still wrong converges at once.
func (f *frame) invert(v sphere.Vector) sphere.Vector {
	back := f.matrix.Transpose()
	u := back.Mul(v)
	for range 6 {
		seen := f.apply(u)
		norm := math.Sqrt(seen.Dot(seen))
		var wrong sphere.Vector
		for i := range wrong {
			wrong[i] = v[i] - seen[i]/norm
		}
		mend := back.Mul(wrong)
		for i := range u {
			u[i] += mend[i]
		}
	}
	return u
}

// readFrame reads RADESYS and EQUINOX, with the older RADECSYS and EPOCH, and their defaults (Paper II, section 3.1).
// Longitude is the first four letters of its CTYPE.
func readFrame(h *Header, longitude, key string) frame {
	if longitude == "GLON" {
		return frame{matrix: fk5ToICRS.Times(galacticToFK5)}
	}
	if longitude != "RA--" {
		return frame{err: h.at.unsupported(key, "conversion of %q to ICRS", longitude)}
	}
	system := strings.ToUpper(strings.TrimSpace(h.text("RADESYS")))
	if system == "" {
		system = strings.ToUpper(strings.TrimSpace(h.text("RADECSYS")))
	}
	if system == "ICRS" {
		return icrs // whatever the equinox
	}
	equinox, hasEquinox, err := readEquinox(h)
	if err != nil {
		return frame{err: err}
	}
	if system == "" {
		switch {
		case !hasEquinox:
			return icrs
		case equinox < 1984:
			system = "FK4"
		default:
			system = "FK5"
		}
	}
	switch system {
	case "FK5":
		if !hasEquinox {
			equinox = 2000
		}
		return frame{system: system, equinox: equinox, matrix: fk5ToICRS.Times(precessionFK5(equinox))}
	case "FK4", "FK4-NO-E":
		if !hasEquinox {
			equinox = 1950
		}
		f := frame{system: system, equinox: equinox}
		f.matrix = fk5ToICRS.Times(fk4ToFK5(equinox)).Times(precessionFK4(equinox))
		if system == "FK4" {
			f.eterms = eTerms(equinox)
		}
		return f
	}
	return frame{system: system, err: h.at.unsupported("RADESYS", "conversion of %q to ICRS", system)}
}

var identity3 = sphere.Matrix{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}

var icrs = frame{system: "ICRS", matrix: identity3}

// readEquinox also takes strings such as 'J2000.0' and 'B1950', which some writers use. It passes over blank ones, and over
// an EPOCH that is a date: that of the exposure. A year of 0 says that none was known.
func readEquinox(h *Header) (year float64, ok bool, err error) {
	for _, key := range []string{"EQUINOX", "EPOCH"} {
		c, _ := h.Get(key)
		s, isText := c.Value.(string)
		s = strings.TrimSpace(s)
		switch {
		case c.Value == nil, isText && s == "":
			continue
		case isText:
			year, err = strconv.ParseFloat(strings.TrimLeft(s, "JB"), 64)
			if err != nil && key == "EPOCH" {
				continue
			}
		default:
			year, err = h.Float(key)
		}
		if err != nil || !(year > 1000 && year < 1e4) {
			return 0, false, h.at.formatError(key, "want a year, have %s", c.valueText())
		}
		return year, true, nil
	}
	return 0, false, nil
}

const (
	arcsecond      = sphere.Degree / 3600
	milliarcsecond = arcsecond / 1000
)

// fk5ToICRS is the frame bias between the dynamical FK5 J2000 and ICRS (USNO Circular 179, section 3.5).
var fk5ToICRS = sphere.RotX(19.9 * milliarcsecond).Times(sphere.RotY(9.1 * milliarcsecond)).Times(sphere.RotZ(-22.9 * milliarcsecond)).Transpose()

// galacticToFK5 has pole and zero point of galactic coordinates in FK5 J2000, as astropy derives them from the
// definition in B1950 (Blaauw et al. 1960; Reid & Brunthaler 2004, appendix).
var galacticToFK5 = sphere.RotZ((180 - 122.9319185680026) * sphere.Degree).
	Times(sphere.RotY((90 - 27.12825118085622) * sphere.Degree)).Times(sphere.RotZ(192.8594812065348 * sphere.Degree)).Transpose()

// precessionFK5 returns the matrix from a Julian equinox to J2000 by the IAU 2006 theory, in the Fukushima-Williams
// angles (Hilton et al. 2006, Celest. Mech. Dyn. Astron. 94, 351, table 1; Capitaine & Wallace 2006, equation 11).
func precessionFK5(equinox float64) sphere.Matrix {
	if equinox == 2000 {
		return identity3
	}
	return fukushimaWilliams(0).Times(fukushimaWilliams((equinox - 2000) / 100).Transpose())
}

func fukushimaWilliams(t float64) sphere.Matrix {
	gamma := polynomial(t, -0.052928, 10.556378, 0.4932044, -0.00031238, -0.000002788, 0.0000000260)
	phi := polynomial(t, 84381.412819, -46.811016, 0.0511268, 0.00053289, -0.000000440, -0.0000000176)
	psi := polynomial(t, -0.041775, 5038.481484, 1.5584175, -0.00018522, -0.000026452, -0.0000000148)
	epsilon := polynomial(t, 84381.406, -46.836769, -0.0001831, 0.00200340, -0.000000576, -0.0000000434)
	return sphere.RotX(-epsilon * arcsecond).Times(sphere.RotZ(-psi * arcsecond)).
		Times(sphere.RotX(phi * arcsecond)).Times(sphere.RotZ(gamma * arcsecond))
}

// precessionFK4 returns Newcomb's precession from a Besselian equinox to B1950 (Explanatory Supplement 1992, section 3.59).
func precessionFK4(equinox float64) sphere.Matrix {
	t := (equinox - 1850) / 1000
	dt := (1950 - equinox) / 1000
	common := 23035.545 + 139.720*t + 0.060*t*t
	zeta := polynomial(dt, 0, common, 30.240-0.27*t, 17.995)
	z := polynomial(dt, 0, common, 109.480+0.39*t, 18.325)
	theta := polynomial(dt, 0, 20051.12-85.29*t-0.37*t*t, -42.65-0.37*t, -41.8)
	return sphere.RotZ(-z * arcsecond).Times(sphere.RotY(theta * arcsecond)).Times(sphere.RotZ(-zeta * arcsecond))
}

// fk4ToFK5 returns the matrix from FK4 without E-terms, B1950, to FK5 J2000 (Murray 1989, A&A 218, 325, equations 28
// and 29). FK4 rotates, so the epoch of observation matters; it is taken to be the equinox, as astropy does.
func fk4ToFK5(equinox float64) sphere.Matrix {
	julian := 2000 + (besselianDate(equinox)-2451545)/365.25
	t := (julian - 1950) / 100 * 1e-6
	return sphere.Matrix{
		{0.9999256794956877 - 0.0026455262*t, -0.0111814832204662 - 1.1539918689*t, -0.0048590038153592 + 2.1111346190*t},
		{0.0111814832391717 + 1.1540628161*t, 0.9999374848933135 - 0.0129042997*t, -0.0000271625947142 + 0.0236021478*t},
		{0.0048590037723143 - 2.1112979048*t, -0.0000271702937440 - 0.0056024448*t, 0.9999881946023742 + 0.0102587734*t},
	}
}

// besselianDate returns the Julian date of a Besselian year (Lieske 1979, A&A 73, 282).
func besselianDate(year float64) float64 { return 2415020.31352 + (year-1900)*365.242198781 }

// eTerms returns the E-terms of aberration (Explanatory Supplement 1992, section 3.533): the part of aberration that
// comes from the Earth's elliptic orbit and was left in FK4 positions.
func eTerms(equinox float64) sphere.Vector {
	date := besselianDate(equinox)
	t := (date - besselianDate(1950)) / 36525
	eccentricity := polynomial(t, 0.01673011, -0.00004193, -0.000000126)
	perigee := polynomial(t, 1015489.951, 6190.67, 1.65, 0.012) * arcsecond
	obliquity := polynomial((date-2451545)/36525, 84381.448, -46.8150, -0.00059, 0.001813) * arcsecond
	k := 0.0056932 * sphere.Degree * eccentricity
	sinG, cosG := math.Sincos(perigee)
	sinO, cosO := math.Sincos(obliquity)
	return sphere.Vector{k * sinG, -k * cosG * cosO, -k * cosG * sinO}
}

// polynomial evaluates c[0] + c[1] t + c[2] t² + ...
func polynomial(t float64, c ...float64) float64 {
	sum := 0.0
	for i := len(c) - 1; i >= 0; i-- {
		sum = sum*t + c[i]
	}
	return sum
}
