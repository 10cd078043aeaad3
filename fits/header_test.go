package fits

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestParseCard(t *testing.T) {
	for _, test := range []struct {
		card string
		want Card
	}{
		{"BITPIX  =                  -32 / stored type", Card{"BITPIX", int64(-32), "stored type"}},
		{"A       =                   +7", Card{"A", int64(7), ""}},
		{"A       = 3/x", Card{"A", int64(3), "x"}},
		{"A       = 1e5", Card{"A", 1e5, ""}},
		{"A       = .5", Card{"A", .5, ""}},
		{"A       = -1.5D-02 / Fortran", Card{"A", -1.5e-2, "Fortran"}},
		{"A       = 1.d3", Card{"A", 1e3, ""}},
		{"A       = 9223372036854775808", Card{"A", 9223372036854775808.0, ""}},
		{"A       = inf", Card{"A", math.Inf(1), ""}},
		{"A       = 0x1p3", Card{"A", "0x1p3", ""}},
		{"A       = 1_000", Card{"A", "1_000", ""}},
		{"A       = 2011-08-01", Card{"A", "2011-08-01", ""}},
		{"A       = (1.5, -2)", Card{"A", complex(1.5, -2), ""}},
		{"A       =                    T / yes", Card{"A", true, "yes"}},
		{"A       =                    F", Card{"A", false, ""}},
		{"A       =                      / undefined", Card{"A", nil, "undefined"}},
		{"A       =", Card{"A", nil, ""}},
		{"A       = 'it''s  '           / quote", Card{"A", "it's", "quote"}},
		{"A       = 'a / b'", Card{"A", "a / b", ""}},
		{"A       = ''", Card{"A", "", ""}},
		{"A       = '  lead'", Card{"A", "  lead", ""}},
		{"A       = 'open", Card{"A", "open", ""}},
		{"A       ='tight'", Card{"A", "tight", ""}},
		{"A       =5", Card{"A", int64(5), ""}},
		{"ABC= 5 / early", Card{"ABC", int64(5), "early"}},
		{"lower   = 5", Card{"LOWER", int64(5), ""}},
		{"HIERARCH ESO DET  CHIP1 = 'x' / long", Card{"ESO DET CHIP1", "x", "long"}},
		{"HIERARCH no value here", Card{"HIERARCH", nil, "no value here"}},
		{"COMMENT   free\ttext = 5", Card{"COMMENT", nil, "  free\ttext = 5"}},
		{"HISTORY = 5", Card{"HISTORY", nil, "= 5"}},
		{"          / note", Card{"", nil, "  / note"}},
		{"NOVALUE free text", Card{"NOVALUE", nil, "free text"}},
	} {
		card := test.card + strings.Repeat(" ", cardSize-len(test.card))
		if got := parseCard(card); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q: have %#v, want %#v", test.card, got, test.want)
		}
	}
}

func TestHeader(t *testing.T) {
	long := strings.Repeat("x", 67)
	b := rawImage(8, nil, nil,
		"DUP     = 1", "DUP     = 2", "LONG    = '"+long+"&'", "CONTINUE  'yy&' / a", "CONTINUE  'z' / b",
		"AMP     = 'tail&'", "CONTINUE", "CONTINUE  'orphan'", " END", "NUM     = 2.0", "HALF    = 2.5", "STR     = 'abc'",
		"LOG     = T", "NONE    =", "BAD     = nan", "ACCENT  = 'caf\xe9' / \xe9t\xe9")
	h := openBytes(t, b).HDU(0).Header()
	if v, err := h.Int("DUP"); v != 1 || err != nil {
		t.Errorf("duplicate: %v, %v; the first counts", v, err)
	}
	if v, _ := h.String("LONG"); v != long+"yyz" {
		t.Errorf("CONTINUE: %q", v)
	}
	if c, _ := h.Get("LONG"); c.Comment != "a b" {
		t.Errorf("comment of a continued card: %q", c.Comment)
	}
	if v, _ := h.String("AMP"); v != "tail&" {
		t.Errorf("an ampersand without continuation: %q", v)
	}
	if v, err := h.Int("NUM"); v != 2 || err != nil {
		t.Errorf("2.0 as an integer: %v, %v", v, err)
	}
	if v, err := h.Float("DUP"); v != 1 || err != nil {
		t.Errorf("1 as a float: %v, %v", v, err)
	}
	if v, _ := h.String("ACCENT"); v != "caf?" {
		t.Errorf("a byte beyond ASCII: %q", v)
	}
	if v, err := h.Float("BAD"); !math.IsNaN(v) || err != nil {
		t.Errorf("nan: %v, %v", v, err)
	}
	for key, get := range map[string]func() error{
		"HALF":   func() error { _, err := h.Int("HALF"); return err },
		"STR":    func() error { _, err := h.Float("STR"); return err },
		"NUM":    func() error { _, err := h.String("NUM"); return err },
		"DUP":    func() error { _, err := h.Bool("DUP"); return err },
		"NONE":   func() error { _, err := h.Int("NONE"); return err },
		"ABSENT": func() error { _, err := h.Int("ABSENT"); return err },
		"BAD":    func() error { _, err := h.floatOr("BAD", 0); return err },
	} {
		var format *FormatError
		if err := get(); !errors.As(err, &format) || format.Where != key || format.HDU != 0 ||
			format.File != "memory.fits" || !strings.HasPrefix(err.Error(), "memory.fits: HDU 0: "+key+": ") {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestMalformedHeaders(t *testing.T) {
	simple := "SIMPLE  =                    T"
	unsupported := func(err error) bool { var e *UnsupportedError; return errors.As(err, &e) }
	format := func(err error) bool { var e *FormatError; return errors.As(err, &e) }
	for _, test := range []struct {
		name string
		file []byte
		is   func(error) bool
		say  string
	}{
		{"empty", nil, format, "not a FITS file"},
		{"text", []byte(strings.Repeat("hello world ", 500)), format, "not a FITS file"},
		{"no END", rawHDU(nil, simple)[:80], format, "END"},
		{"no END in a long header", []byte(simple + strings.Repeat(" ", 50+3000*80)), format, "END"},
		{"endless header", []byte(simple + strings.Repeat(" ", 50+1100*2880)), unsupported, "1024 blocks"},
		{"no BITPIX", rawHDU(nil, simple, "NAXIS   = 0"), format, "BITPIX: missing"},
		{"BITPIX text", rawHDU(nil, simple, "BITPIX  = '8'", "NAXIS   = 0"), format, "BITPIX: want an integer"},
		{"BITPIX 7", rawHDU(nil, simple, "BITPIX  = 7", "NAXIS   = 0"), format, "BITPIX: want 8, 16"},
		{"NAXIS -1", rawHDU(nil, simple, "BITPIX  = 8", "NAXIS   = -1"), format, "NAXIS: want 0 to 999"},
		{"NAXIS 10^9", rawHDU(nil, simple, "BITPIX  = 8", "NAXIS   = 1000000000"), format, "NAXIS: want 0 to 999"},
		{"NAXIS text", rawHDU(nil, simple, "BITPIX  = 8", "NAXIS   = 'two'"), format, "NAXIS: want an integer"},
		{"NAXIS1 absent", rawHDU(nil, simple, "BITPIX  = 8", "NAXIS   = 1"), format, "NAXIS1: missing"},
		{"NAXIS1 -5", rawImage(8, []int{-5}, nil), format, "NAXIS1: want a length"},
		{"gzip junk", []byte("\x1f\x8bjunkjunkjunkjunk"), format, "gzip"},
		{"compress junk", []byte("\x1f\x9d\x90junkjunkjunkjunk"), format, "compressed stream"},
		{"compress of 8 bits", []byte("\x1f\x9d\x88junkjunkjunkjunk"), format, "compress"},
		{"bzip2 junk", []byte("BZh9junkjunkjunkjunk"), format, "compressed stream"},
		{"zip", []byte("PK\x03\x04............"), unsupported, "zip"},
	} {
		_, err := New(strings.NewReader(string(test.file)), int64(len(test.file)), "bad.fits")
		if err == nil || !test.is(err) || !strings.Contains(err.Error(), test.say) || !strings.HasPrefix(err.Error(), "bad.fits") {
			t.Errorf("%s: %v, want one about %q", test.name, err, test.say)
		}
	}
}

func TestMissingPadding(t *testing.T) {
	b := rawImage(8, []int{3}, []byte{1, 2, 3})
	if im, err := openBytes(t, b[:blockSize+3]).HDU(0).Read(); err != nil || !reflect.DeepEqual(im.Pixels, []float32{1, 2, 3}) {
		t.Errorf("data block without padding: %v, %v", im, err)
	}
	b = rawImage(8, nil, nil)
	if f := openBytes(t, b[:4*cardSize]); f.NumHDU() != 1 {
		t.Errorf("header block without padding: %d HDUs", f.NumHDU())
	}
}

func TestIndexEndsAtDamage(t *testing.T) {
	first := rawImage(8, []int{3}, []byte{1, 2, 3})
	bad := rawHDU(nil, "XTENSION= 'IMAGE'", "BITPIX  = 9", "NAXIS   = 0")
	f := openBytes(t, append(append([]byte(nil), first...), bad...))
	var format *FormatError
	if f.NumHDU() != 1 || !errors.As(f.Err(), &format) || format.HDU != 1 {
		t.Errorf("%d HDUs, %v", f.NumHDU(), f.Err())
	}
	f = openBytes(t, append(append([]byte(nil), first...), "trailing junk"...))
	if f.NumHDU() != 1 || f.Err() != nil {
		t.Errorf("trailing junk: %d HDUs, %v", f.NumHDU(), f.Err())
	}
}
