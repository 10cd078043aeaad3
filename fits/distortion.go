package fits

import (
	"fmt"
	"strconv"

	"github.com/astrovit/astrovit/fits/internal/distortion"
	"github.com/astrovit/astrovit/fits/internal/projection"
)

// readDistortion reads SIP, TPV, TNX and ZPX, and refuses every other sign of a distortion, which to ignore would put
// objects in the wrong place: lookup tables.
func (w *WCS) readDistortion(h *Header, code string) error {
	for _, axis := range w.pixel {
		for _, key := range []string{"CPDIS", "D2IMDIS", "CQDIS"} {
			if key += strconv.Itoa(axis); h.Has(key) {
				return h.at.unsupported(key, "distortion %s of image axis %d", h.text(key), axis)
			}
		}
	}
	for _, key := range []string{"D2IMARR", "AXISCORR"} {
		if h.Has(key) {
			return h.at.unsupported(key, "distortion by a lookup table")
		}
	}
	sip, cards, err := readSIP(h)
	if err != nil {
		return err
	}
	if sip != nil {
		if w.pixel != [2]int{1, 2} {
			return h.at.unsupported("A_ORDER", "SIP distortion of image axes %d and %d", w.pixel[0], w.pixel[1])
		}
		w.ofPixels, w.sip = sip, cards
	}
	switch code {
	case "TNX", "ZPX":
		text := readWAT(h, w.world)
		surfaces, axis, err := text.surfaces()
		if err != nil {
			return h.at.formatError(fmt.Sprintf("WAT%d_001", w.world[axis]), "%v", err)
		}
		w.ofPlane, w.wat = &surfaces, text.cards()
	case "TPV":
		w.ofPixels, w.sip = nil, nil // some pipelines write the same distortion both ways; CTYPE says which counts
		w.ofPlane = distortion.NewTPV(w.pv[0], w.pv[1])
	case "TAN":
		switch {
		case sip != nil:
			w.pv = [2]projection.Parameters{} // leftovers of SCAMP
		case distortion.IsSCAMP(w.pv[0], w.pv[1]):
			w.ofPlane = distortion.NewTPV(w.pv[0], w.pv[1])
		}
	}
	return nil
}

// readParameters reads PVi_m of an axis (Paper II, section 2.3), with m up to 39 as TPV has them.
func (h *Header) readParameters(axis int) (projection.Parameters, error) {
	pv := projection.Parameters{}
	prefix := fmt.Sprintf("PV%d", axis)
	for _, c := range h.cards {
		i, m, ok := indices(c.Key, "PV")
		if !ok || i != axis || c.Value == nil {
			continue
		}
		if m > 39 {
			return nil, h.at.unsupported(c.Key, "a parameter beyond %s_39", prefix)
		}
		v, err := h.floatOr(c.Key, 0)
		if err != nil {
			return nil, err
		}
		pv[m] = v
	}
	return pv, nil
}
