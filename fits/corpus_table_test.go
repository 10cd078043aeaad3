package fits

import (
	"slices"
	"testing"
)

// TestCorpusTables compares every element of every table with astropy and with cfitsio.
func TestCorpusTables(t *testing.T) {
	long(t)
	var files []string
	have := map[columnKey]string{}
	forEachHDU(t, func(file string, h *HDU, want manifestHDU) {
		if h.IsTable() != (want.Kind == "bintable" || want.Kind == "asciitable") {
			t.Errorf("%s HDU %d: table %v, want %s", file, want.Index, h.IsTable(), want.Kind)
		}
		if !h.IsTable() {
			return
		}
		if table, err := h.Table(); want.Table != nil && (err != nil || table.Rows != want.Table.Rows) {
			t.Errorf("%s HDU %d: table %v: %v", file, want.Index, table, err)
		}
		files = append(files, h.at.file)
		readColumns(t, h, have)
	})
	slices.Sort(files)
	files = slices.Compact(files)
	t.Run("astropy", func(t *testing.T) {
		const noNames = "astropy wants column names"
		const packed = "astropy does not unpack tables"
		compareColumns(t, have, astropyColumns(t, files...), map[columnKey]string{
			{"cfitsio__testf77.std", 4, 3}: "astropy has no TDIM of bits",
			{"nom-tam-fits__src__test__resources__nom__tam__table__comp__bt12.fits", 1, 0}:    noNames,
			{"nom-tam-fits__src__test__resources__nom__tam__table__comp__bt12.fits.fz", 1, 0}: packed,
			{"astrometry.net__sdss__testdata__cut-tsObj-002830-6-0-0398.fit", 1, 145}:         "astropy 5.2 cannot add a TZERO that is written as a real number",
			{"afw__tests__data__old-footprint-persistence.fits", 1, 84}:                       "astropy 5.2 scales the first row of a variable-length column only",
		})
	})
	t.Run("cfitsio", func(t *testing.T) {
		const zero = "cfitsio turns -0 into 0"
		const decimals = "cfitsio rounds decimals more than once"
		missed := map[columnKey]string{
			{"legacypipe__py__test__mzlsbass__survey-ccds-1.kd.fits", 1, 30}: zero,
			{"afw__tests__data__legacyHeavyFootprint.fits", 5, 1}:            zero,
		}
		for _, column := range []int{2, 3, 5, 6, 7} {
			missed[columnKey{"fitsio__testdata__file001.fits", 1, column}] = decimals
		}
		compareColumns(t, have, cfitsioColumns(t, files...), missed)
	})
}
