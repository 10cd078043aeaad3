package fits

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Card is one keyword record of a header (FITS Standard 4.0, section 4.1).
type Card struct {
	Key string // upper case; "" , "COMMENT" and "HISTORY" are commentary, a HIERARCH keyword is its words after HIERARCH

	// Value is a string, bool, int64, float64 or complex128, or nil where none is defined. An integer beyond int64 is a
	// float64; text that is no FITS value (a date without quotes) is a string. For writing, int is also accepted.
	Value any

	Comment string // the text of a commentary card
}

// parseCard parses 80 bytes, as tolerantly as astropy and cfitsio do.
func parseCard(s string) Card {
	key := strings.ToUpper(strings.TrimSpace(s[:8]))
	rest := s[8:]
	switch {
	case key == "COMMENT" || key == "HISTORY" || key == "" && rest[0] != '=':
		return Card{Key: key, Comment: strings.TrimRight(rest, " \x00")}
	case key == "CONTINUE":
	case key == "HIERARCH" && rest[0] != '=': // the ESO convention of long keywords
		name, value, ok := strings.Cut(rest, "=")
		if !ok {
			return Card{Key: key, Comment: strings.TrimSpace(rest)}
		}
		key, rest = strings.ToUpper(strings.Join(strings.Fields(name), " ")), value
	case rest[0] == '=': // section 4.1.2.2 wants a space after it; files without it exist
		rest = rest[1:]
	default:
		// The value indicator belongs in column 9. Accept it further left, as astropy does.
		name, value, ok := strings.Cut(s[:9], "= ")
		if !ok {
			return Card{Key: key, Comment: strings.TrimSpace(rest)}
		}
		key, rest = strings.ToUpper(strings.TrimSpace(name)), value+s[9:]
	}
	value, comment := parseValue(rest)
	return Card{Key: key, Value: value, Comment: comment}
}

// parseValue splits the value field from the comment (section 4.1.2.3) and gives the value its type (section 4.2).
func parseValue(s string) (value any, comment string) {
	s = strings.TrimLeft(s, " \t")
	if strings.HasPrefix(s, "'") {
		text, rest := parseQuoted(s[1:])
		_, comment, _ = strings.Cut(rest, "/")
		return text, strings.TrimSpace(comment)
	}
	text, comment, _ := strings.Cut(s, "/")
	return typed(strings.Trim(text, " \t\x00")), strings.TrimSpace(comment)
}

// parseQuoted reads a string up to its closing quote; two quotes in a row stand for a quote. Without a closing quote
// all is the string.
func parseQuoted(s string) (text, rest string) {
	var b strings.Builder
	for {
		before, after, closed := strings.Cut(s, "'")
		b.WriteString(before)
		if !closed || !strings.HasPrefix(after, "'") {
			return strings.TrimRight(b.String(), " \x00"), after
		}
		b.WriteByte('\'')
		s = after[1:]
	}
}

func typed(s string) any {
	switch s {
	case "":
		return nil
	case "T":
		return true
	case "F":
		return false
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return i
	}
	if f, ok := parseReal(s); ok {
		return f
	}
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		re, im, _ := strings.Cut(s[1:len(s)-1], ",")
		a, okA := parseReal(strings.TrimSpace(re))
		b, okB := parseReal(strings.TrimSpace(im))
		if okA && okB {
			return complex(a, b)
		}
	}
	return s
}

// parseReal reads a real number with any of the exponent letters E, e, D, d (section 4.2.4), or NaN and Inf, which the
// standard does not know but many writers produce. It refuses Go's other forms: hexadecimal, underscores.
func parseReal(s string) (float64, bool) {
	switch strings.ToUpper(strings.TrimLeft(s, "+-")) {
	case "NAN":
		return math.NaN(), true
	case "INF", "INFINITY":
		return math.Inf(1 - 2*strings.Count(s, "-")), true
	}
	if strings.Trim(s, "0123456789+-.EeDd") != "" || s == "" {
		return 0, false
	}
	s = strings.NewReplacer("D", "E", "d", "E").Replace(s)
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

// join appends a CONTINUE card to a string card that ends with & and reports whether another may follow.
func (c *Card) join(next Card) bool {
	text, ok := next.Value.(string)
	if !ok {
		return false // a blank CONTINUE: the & was a plain character
	}
	c.Value = strings.TrimSuffix(c.Value.(string), "&") + text
	c.Comment = strings.TrimSpace(c.Comment + " " + next.Comment)
	return strings.HasSuffix(text, "&")
}

// valueText is the value for an error message.
func (c Card) valueText() string {
	switch v := c.Value.(type) {
	case nil:
		return "nothing"
	case string:
		return strconv.Quote(v)
	case bool:
		if v {
			return "T"
		}
		return "F"
	}
	return fmt.Sprint(c.Value)
}
