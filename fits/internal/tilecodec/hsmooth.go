package tilecodec

// smooth softens a level of the transform before it is undone: where the sums of neighbouring blocks rise or fall
// steadily, a difference that quantisation made zero or coarse is moved towards what those sums make it, by limit (half
// the scale) at most, and never so far that the pixels would leave the range of the neighbouring sums. Blocks at the edge
// of the image stay. It is what SMOOTH = 1 asks for (FITS Standard 4.0, section 10.4.5), in the form that readers share.
func smooth[T int32 | int64](pixels []T, rows, columns, stride int, limit T) {
	slope := func(before, sum, after T, difference *T) {
		rise, fall := min(after-sum, sum-before), max(after-sum, sum-before)
		most, least := max(rise, 0)<<2, min(fall, 0)<<2
		if least < most {
			towards(difference, clamp(after-before, least, most), 3, limit)
		}
	}
	for y := 2; y < rows-2; y += 2 { // differences between rows
		at := y * stride
		for x := 0; x < columns; x += 2 {
			slope(pixels[at+x-2*stride], pixels[at+x], pixels[at+x+2*stride], &pixels[at+x+stride])
		}
	}
	for y := 0; y < rows; y += 2 { // and between columns
		row := pixels[y*stride:]
		for x := 2; x < columns-2; x += 2 {
			slope(row[x-2], row[x], row[x+2], &row[x+1])
		}
	}
	for y := 2; y < rows-2; y += 2 { // and along both axes
		above, row, below := pixels[(y-2)*stride:], pixels[y*stride:], pixels[(y+2)*stride:]
		for x := 2; x < columns-2; x += 2 {
			h0, hmm, hmp, hpm, hpp := row[x], above[x-2], above[x+2], below[x-2], below[x+2]
			hx, hy := row[x+stride]<<1, row[x+1]<<1
			most := min(max(hpp-h0, 0)-hx-hy, max(h0-hpm, 0)+hx-hy, max(h0-hmp, 0)-hx+hy, max(hmm-h0, 0)+hx+hy) << 4
			least := max(min(hpp-h0, 0)-hx-hy, min(h0-hpm, 0)+hx-hy, min(h0-hmp, 0)-hx+hy, min(hmm-h0, 0)+hx+hy) << 4
			if least < most {
				towards(&row[x+stride+1], clamp(hpp+hmm-hmp-hpm, least, most), 6, limit)
			}
		}
	}
}

func clamp[T int32 | int64](v, least, most T) T { return max(min(v, most), least) }

// towards moves a difference towards wanted / 2^shift by at most limit, rounding the step to zero.
func towards[T int32 | int64](difference *T, wanted T, shift int, limit T) {
	step := wanted - *difference<<shift
	if step < 0 {
		step += 1<<shift - 1
	}
	*difference += clamp(step>>shift, -limit, limit)
}
