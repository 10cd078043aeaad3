package fits

import (
	"bytes"
	"math"
	"strings"
)

const (
	blockSize       = 2880 // FITS Standard 4.0, section 3.1
	cardSize        = 80
	cardsPerBlock   = blockSize / cardSize
	maxHeaderBlocks = 1024 // 36,864 cards: several times the longest header seen in a survey
)

// A Header is the list of cards of an HDU, in file order, without END. CONTINUE cards are folded into the strings
// that they continue (FITS Standard 4.0, section 4.2.1.2).
type Header struct {
	at    place
	cards []Card
	first map[string]int // keyword -> index of its first card
}

// Cards returns all cards in file order, commentary ones included. The slice is a copy.
func (h *Header) Cards() []Card { return append([]Card(nil), h.cards...) }

// Get returns the card of a keyword, the first one where it is repeated.
func (h *Header) Get(key string) (Card, bool) {
	i, ok := h.first[key]
	if !ok {
		return Card{}, false
	}
	return h.cards[i], true
}

// Has reports whether the keyword is present with a defined value.
func (h *Header) Has(key string) bool {
	c, ok := h.Get(key)
	return ok && c.Value != nil
}

// Int returns an integer value. A real number without fraction is accepted. A keyword that is missing, undefined or of
// another type is a *FormatError that names it; so it is for Float, String and Bool.
func (h *Header) Int(key string) (int64, error) {
	c, err := h.defined(key)
	if err != nil {
		return 0, err
	}
	switch v := c.Value.(type) {
	case int64:
		return v, nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) <= 1<<53 {
			return int64(v), nil
		}
	}
	return 0, h.at.formatError(key, "want an integer, have %s", c.valueText())
}

// Float returns a real or integer value. It may be NaN or infinite where the file says so.
func (h *Header) Float(key string) (float64, error) {
	c, err := h.defined(key)
	if err != nil {
		return 0, err
	}
	switch v := c.Value.(type) {
	case int64:
		return float64(v), nil
	case float64:
		return v, nil
	}
	return 0, h.at.formatError(key, "want a number, have %s", c.valueText())
}

// String returns a string value, without trailing blanks.
func (h *Header) String(key string) (string, error) {
	c, err := h.defined(key)
	if err != nil {
		return "", err
	}
	if v, ok := c.Value.(string); ok {
		return v, nil
	}
	return "", h.at.formatError(key, "want a string, have %s", c.valueText())
}

// Bool returns a logical value.
func (h *Header) Bool(key string) (bool, error) {
	c, err := h.defined(key)
	if err != nil {
		return false, err
	}
	if v, ok := c.Value.(bool); ok {
		return v, nil
	}
	return false, h.at.formatError(key, "want T or F, have %s", c.valueText())
}

func (h *Header) defined(key string) (Card, error) {
	c, ok := h.Get(key)
	if !ok {
		return c, h.at.formatError(key, "missing")
	}
	if c.Value == nil {
		return c, h.at.formatError(key, "has no value")
	}
	return c, nil
}

// intOr, floatOr and textOr are for keywords with a default: only a value of the wrong type is an error.
func (h *Header) intOr(key string, otherwise int64) (int64, error) {
	if !h.Has(key) {
		return otherwise, nil
	}
	return h.Int(key)
}

// floatOr also demands a finite number: every keyword with a default enters arithmetic.
func (h *Header) floatOr(key string, otherwise float64) (float64, error) {
	if !h.Has(key) {
		return otherwise, nil
	}
	v, err := h.Float(key)
	if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
		return 0, h.at.formatError(key, "want a finite number, have %v", v)
	}
	return v, err
}

// text returns a string value, or "" where there is none.
func (h *Header) text(key string) string {
	c, _ := h.Get(key)
	s, _ := c.Value.(string)
	return s
}

// isTrue reports whether a logical keyword is present and T.
func (h *Header) isTrue(key string) bool {
	c, _ := h.Get(key)
	v, _ := c.Value.(bool)
	return v
}

// readHeader reads the header that begins at off and returns it with the offset of the first byte after its last block.
// It returns nil when no header begins there: at the end of the file, or where the first keyword is not one of begin.
func readHeader(src source, off int64, at place, begin ...string) (*Header, int64, error) {
	var text []byte
	for blocks := 1; ; blocks *= 2 {
		if len(text) >= maxHeaderBlocks*blockSize {
			return nil, 0, at.unsupported("", "header has no END within %d blocks", maxHeaderBlocks)
		}
		have, err := src.extent(off + int64(min(blocks, maxHeaderBlocks))*blockSize)
		if err != nil && have <= off+int64(len(text)) {
			return nil, 0, err
		}
		known := len(text)
		if have <= off+int64(known) {
			if known == 0 {
				return nil, 0, nil
			}
			return nil, 0, at.formatError("", "header has no END card before the end of the file")
		}
		text = append(text, make([]byte, have-off-int64(known))...)
		if err := readFull(src, text[known:], off+int64(known), at); err != nil {
			return nil, 0, err
		}
		if known == 0 && !beginsWith(text, begin) {
			return nil, 0, nil
		}
		if end, ok := findEnd(text, known); ok {
			size := int64(end+blockSize-1) / blockSize * blockSize
			return parseHeader(text[:end-cardSize], at), off + size, nil
		}
	}
}

func beginsWith(text []byte, keys []string) bool {
	if len(text) < 10 {
		return false
	}
	key := strings.TrimRight(string(text[:8]), " ")
	for _, k := range keys {
		if key == k && text[8] == '=' {
			return true
		}
	}
	return false
}

// findEnd returns the offset just after the END card. Cards before from have been looked at already. An END card that
// is cut off by the end of the file counts as whole.
func findEnd(text []byte, from int) (int, bool) {
	for i := from / cardSize * cardSize; i < len(text); i += cardSize {
		card := text[i:min(i+cardSize, len(text))]
		if bytes.HasPrefix(card, []byte("END")) && strings.TrimRight(string(card[:min(8, len(card))]), " \x00") == "END" &&
			(len(card) < 9 || card[8] != '=') {
			return i + cardSize, true
		}
	}
	return 0, false
}

// parseHeader parses the cards before END. It cannot fail: what makes no sense is kept as text.
func parseHeader(text []byte, at place) *Header {
	h := &Header{at: at, cards: make([]Card, 0, len(text)/cardSize), first: make(map[string]int, len(text)/cardSize)}
	s := asciiOnly(text)
	continues := false // the last card is a string that ends with &
	for ; len(s) >= cardSize; s = s[cardSize:] {
		c := parseCard(s[:cardSize])
		if c.Key == "CONTINUE" && continues {
			last := &h.cards[len(h.cards)-1]
			continues = last.join(c)
			continue
		}
		if _, ok := h.first[c.Key]; !ok {
			h.first[c.Key] = len(h.cards)
		}
		h.cards = append(h.cards, c)
		v, ok := c.Value.(string)
		continues = ok && strings.HasSuffix(v, "&")
	}
	return h
}

// asciiOnly returns the text with every byte outside ASCII replaced by '?', so that offsets stay bytes and strings stay
// valid UTF-8. FITS Standard 4.0, section 3.2.3 allows only ASCII in a header; files in the wild have accents in comments.
func asciiOnly(text []byte) string {
	var b strings.Builder
	b.Grow(len(text))
	for _, c := range text {
		if c >= 0x80 {
			c = '?'
		}
		b.WriteByte(c)
	}
	return b.String()
}
