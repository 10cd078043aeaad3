package fits

import (
	"errors"
	"math"
	"testing"
)

func TestCorpusWCS(t *testing.T) {
	long(t)
	compared, outside, unsupported := 0, 0, map[string]int{}
	worst, worstBack := 0.0, 0.0
	forEachHDU(t, func(file string, h *HDU, want manifestHDU) {
		if want.WCS == nil || want.WCS.Error != "" || want.Kind != "image" {
			return
		}
		w, err := h.WCS()
		var no *UnsupportedError
		if errors.As(err, &no) {
			unsupported[no.Reason]++
			if !want.WCS.CPDIS && !want.WCS.D2IM {
				t.Error(err)
			}
			return
		}
		if err != nil {
			t.Errorf("%s HDU %d: %v, want %s", file, want.Index, err, want.WCS.Lng)
			return
		}
		compared++
		for _, p := range want.WCS.Pix2sky {
			lon, lat, err := w.PixelToSky(p.Pix[0], p.Pix[1])
			if p.Sky[0] == nil {
				if err == nil {
					t.Errorf("%s HDU %d: pixel %v is at (%v, %v), want outside the projection", file, want.Index, p.Pix, lon, lat)
				}
				outside++
				continue
			}
			if err != nil {
				t.Error(err)
				continue
			}
			wantLon, wantLat := *p.Sky[0], *p.Sky[1]
			if w.world[0] > w.world[1] { // the manifest has them in the order of the axes
				wantLon, wantLat = wantLat, wantLon
			}
			d := max(math.Abs(lon-wantLon), math.Abs(lat-wantLat))
			worst = max(worst, d)
			if !(d < 1e-8) {
				t.Errorf("%s HDU %d: pixel %v is at (%.10f, %.10f), want (%.10f, %.10f)", file, want.Index, p.Pix,
					lon, lat, wantLon, wantLat)
			}
			x, y, err := w.SkyToPixel(lon, lat)
			if err != nil {
				t.Error(err)
				continue
			}
			back := math.Hypot(x-p.Pix[0], y-p.Pix[1]) * w.PixelScale()
			worstBack = max(worstBack, back)
			if !(back < 1e-8) {
				t.Errorf("%s HDU %d: pixel %v comes back as (%v, %v)", file, want.Index, p.Pix, x, y)
			}
		}
	})
	t.Logf("%d coordinate systems: worst difference %.1e degrees, worst round trip %.1e degrees; %d points outside the projection; "+
		"not supported: %v", compared, worst, worstBack, outside, unsupported)
}
