// Package fits reads astronomical images, tables and sky coordinates from FITS files, and writes them.
//
// It follows the FITS Standard, version 4.0 (IAU FITS Working Group, 2018), and for sky coordinates WCS Paper I
// (Greisen & Calabretta 2002, A&A 395, 1061) and Paper II (Calabretta & Greisen 2002, A&A 395, 1077).
//
// # Axes and pixels
//
// Shapes run slowest axis first, as in numpy: a file with NAXIS1 = 2048 and NAXIS2 = 1489 has shape [1489 2048], and a
// cube of five bands [5 64 64]. Pixel positions are 0-based and floating: (0, 0) is the centre of the first pixel in the
// file, x runs along NAXIS1 and y along NAXIS2; the FITS pixel coordinate is (x+1, y+1). Nothing is flipped: the first
// row of the file is row 0, which most viewers draw at the bottom.
//
// # Values
//
// Read and Section return physical values, BZERO + BSCALE × stored, computed in float64 and rounded once to float32.
// Undefined pixels (BLANK in integer images, NaN in floating ones) are NaN.
//
// # Sky coordinates
//
// WCS reads the celestial coordinate system of an image: in any projection of Paper II (AZP, SZP, TAN, STG, SIN, ARC, ZPN, ZEA,
// AIR; CYP, CEA, CAR, MER; SFL, PAR, MOL, AIT; COP, COE, COD, COO; BON, PCO; TSC, CSC, QSC), in HPX and XPH (Calabretta &
// Roukema 2007; Calabretta & Lowe 2013), and in GLS and NCP of AIPS; with the distortions SIP, TPV (which SCAMP also wrote as
// TAN), TNX and ZPX, and the plate solutions of the Digitized Sky Survey. Both directions agree with WCSLIB to 1e-8 degrees,
// save that of CSC from the sky to pixels: it inverts the other, which is in single precision as in WCSLIB, to 1e-5 degrees.
// Positions in ICRS, FK5, FK4, FK4-NO-E and galactic coordinates turn to ICRS. Other frames can be used as they are. Lookup
// tables (CPDIS, D2IM, -TAB) are an *UnsupportedError. Where a projection is not defined there is an error, never NaN
// without one.
//
// # Cutouts
//
// Cutout, CutoutSky and CutoutICRS read the pixels around a position, with the edges as an EdgeMode says and a WCS of their
// own. CutoutBands reads the same part of the sky from images in several bands, moved by whole pixels to lie on the first.
//
// # Compression
//
// Tile-compressed images (section 10) are images like any other: RICE_1, GZIP_1, GZIP_2, PLIO_1, HCOMPRESS_1 and
// NOCOMPRESS, with floating pixels quantised in every way that the standard has. Tiles are decoded in parallel, and Section
// decodes only those that it touches, as far as it needs them. The header of such an image is that of its table, where
// WCS finds the keywords of the image. WriteImages writes such images when an ImageHDU has a Packing.
//
// Tile-compressed tables (section 10.3: RICE_1, GZIP_1 and GZIP_2) are tables like any other.
//
// Files that are compressed as a whole (gzip, bzip2, zstd, Unix compress) are unfolded in memory, as far as they are read.
//
// # Trust
//
// Every file is taken to be hostile. Opening reads headers only. Sizes that a header declares are compared with the bytes
// that exist before memory is taken for them; a header is at most 1024 blocks (36,864 cards), and a compressed file, or the
// tiles that are read at once, unfold to at most 1 GiB or 64 times their own size, whichever is more. A file that breaks the
// rules gives a *FormatError, one that this package cannot read an *UnsupportedError; both name the file, the HDU and the
// keyword or row.
//
// A File and everything reached from it may be used by several goroutines at once.
package fits
