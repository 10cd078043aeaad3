package fits

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/astrovit/astrovit/fits/internal/tilecodec"
)

// quantisedTile makes integers of floating pixels in steps of a fraction 1/level of their noise, with subtractive dither
// (FITS Standard 4.0, section 10.2; White, Greenfield & Seaman 2010). It is false for pixels that integers cannot stand
// for: those without noise, infinite ones, and a range of too many steps.
func quantisedTile(pixels []float32, level float64, dither ditherer) (ints []int32, scale, zero float64, ok bool) {
	lowest, highest := math.Inf(1), math.Inf(-1)
	for _, v := range pixels {
		if v == v {
			lowest, highest = min(lowest, float64(v)), max(highest, float64(v))
		}
	}
	scale = noiseOf(pixels) / level
	const steps = math.MaxInt32 - 1000 // beside what stands for undefined pixels
	if !(scale > 0) || math.IsInf(highest-lowest, 0) || (highest-lowest)/scale > steps {
		return nil, 0, 0, false
	}
	zero = math.Round(lowest/scale) * scale // so that an image that is quantised again stays as it is
	ints = make([]int32, len(pixels))
	for rest, at := pixels, 0; len(rest) > 0; {
		random := dither.take(len(rest))
		for i, r := range random {
			if v := float64(rest[i]); v != v {
				ints[at+i] = quantisedNull
			} else {
				ints[at+i] = int32(math.Round((v-zero)/scale + float64(r) - 0.5))
			}
		}
		rest, at = rest[len(random):], at+len(random)
	}
	return ints, scale, zero, true
}

// noiseOf estimates the standard deviation of the noise of pixels in a row: from the median of third-order differences,
// which neither a slope nor sources change much (Stoehr et al. 2008, ASP Conf. Ser. 394, 505: DER_SNR).
func noiseOf(pixels []float32) float64 {
	finite := make([]float64, 0, len(pixels))
	for _, v := range pixels {
		if v == v {
			finite = append(finite, float64(v))
		}
	}
	if len(finite) < 5 {
		return 0
	}
	differences := make([]float64, 0, len(finite)-4)
	for i := 2; i < len(finite)-2; i++ {
		differences = append(differences, math.Abs(2*finite[i]-finite[i-2]-finite[i+2]))
	}
	slices.Sort(differences)
	return 1.482602 / math.Sqrt(6) * differences[len(differences)/2]
}

// ditherSeed returns a ZDITHER0, 1 to 10000, that pixels determine.
func ditherSeed(pixels []float32) int64 {
	sum := uint64(0)
	for _, v := range pixels {
		sum += uint64(math.Float32bits(v))
	}
	return int64(sum%randomCount) + 1
}

// bigEndianBytes returns pixels as a file has them.
func bigEndianBytes(pixels []float32) []byte {
	raw := make([]byte, 0, 4*len(pixels))
	for _, v := range pixels {
		raw = binary.BigEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return raw
}

// riceBlock is the BLOCKSIZE of the tiles that we write.
const riceBlock = 32

// packedTile is a row of the table of tiles.
type packedTile struct {
	data, gzipped []byte
	scale, zero   float64
}

// packTile compresses the pixels of a tile, numbered from 0. It is false for pixels that the packing has no integers for.
func (p Packing) packTile(pixels []float32, number int, seed int64) (tile packedTile, ok bool) {
	switch p {
	case PackLossless:
		tile.data = tilecodec.AppendGzipShuffled(nil, bigEndianBytes(pixels), 4)
		return tile, true
	case PackQuantised:
		dither := newDitherer(dither1, seed, number, 0)
		ints, scale, zero, ok := quantisedTile(pixels, quantisedLevel, dither)
		if !ok {
			tile.gzipped = tilecodec.AppendGzip(nil, bigEndianBytes(pixels))
			return tile, true
		}
		tile.data, tile.scale, tile.zero = tilecodec.AppendRice(nil, ints, riceBlock, 4), scale, zero
		return tile, true
	}
	bytes := p.bitpix() / 8
	limit := math.Ldexp(1, 8*bytes-1)
	ints := make([]int32, len(pixels))
	for i, v := range pixels {
		if f := float64(v); f != math.Trunc(f) || f < -limit || f >= limit {
			return tile, false
		}
		ints[i] = int32(v)
	}
	tile.data = tilecodec.AppendRice(nil, ints, riceBlock, bytes)
	return tile, true
}
