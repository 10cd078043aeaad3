"""Prints every column of every table of the files named, as astropy reads them: a line each of file, HDU, column, name and
cells, between tabs.

The number of a column is 1-based. Cells stand between blanks, elements between commas, those of a cell of variable length in
brackets. An element is a whole number, the bits of a float64 in hexadecimal after an x, T or F, text after a quote with what
is not plain in it as %XX, or - for an undefined one. Complex numbers are two elements.
"""
import sys
import warnings

import numpy as np
from astropy.io import fits


def number(v):
    if isinstance(v, (int, np.integer)):
        return str(int(v))
    v = float(v)
    if np.isnan(v):
        return '-'
    if abs(v) < 2**53 and v == int(v) and not (v == 0 and np.signbit(v)):
        return str(int(v))
    return 'x%016x' % np.float64(v).view('u8')


def text(b):
    b = b.split(b'\0')[0].rstrip(b' ')
    return "'" + ''.join(chr(c) if chr(c).isalnum() and c < 128 else '%%%02X' % c for c in b)


def element(v):
    if isinstance(v, (bool, np.bool_)):
        return 'T' if v else 'F'
    if isinstance(v, bytes):
        return text(v)
    if isinstance(v, (complex, np.complexfloating)):
        return number(v.real) + ',' + number(v.imag)
    return number(v)


def cell(values, undefined):
    return ','.join('-' if u else element(v) for v, u in zip(np.ravel(values), np.ravel(undefined)))


def undefined(raw, column):
    """Which of the stored elements, or texts of an ASCII table, stand for undefined ones."""
    null = column.null
    if column.ascii and null is not None:
        return np.char.strip(raw) == str(null).strip().encode()
    if raw.dtype.kind in 'iu' and null is not None:
        return raw == null
    return raw == 0 if column.format[-1] == 'L' else np.zeros(raw.shape, bool)


def ragged(values, column):
    """Cells of variable length, in which astropy leaves logicals and undefined elements as they are stored."""
    letter = column.format.p_format
    for v in values:
        v = np.asarray(v)
        if letter == 'A':
            yield '[' + text(v.astype('S').tobytes()) + ']'
        elif letter == 'L':
            yield '[' + cell(v == ord('T'), v == 0) + ']'
        else:
            plain = column.bscale in ('', None, 1) and column.bzero in ('', None, 0)
            yield '[' + cell(v, v == column.null if plain and column.null is not None else np.zeros(v.shape, bool)) + ']'


def cells(data, i, column):
    values = data.field(i)
    if not column.ascii and column.format.p_format:
        return ragged(values, column)
    raw = np.asarray(data.view(np.ndarray)[column.name])
    if 'A' in column.format:
        values = raw
    if 'X' in column.format or raw.shape != np.shape(values):
        raw = np.ones(np.shape(values))
    if not np.size(values):
        return [''] * len(data)
    return map(cell, values, undefined(raw, column))


def main(names):
    warnings.simplefilter('ignore')
    for name in names:
        try:
            hdus = fits.open(name, memmap=False, disable_image_compression=True)
        except Exception:
            continue
        with hdus:
            for k, hdu in enumerate(hdus):
                if not isinstance(hdu, (fits.BinTableHDU, fits.TableHDU)) or 'ZIMAGE' in hdu.header or 'ZTABLE' in hdu.header:
                    continue
                try:
                    columns = hdu.columns
                except fits.VerifyError:
                    continue
                for i, column in enumerate(columns):
                    try:
                        line = ' '.join(cells(hdu.data, i, column)) if len(hdu.data) else ''
                    except Exception as e:
                        line = '! ' + repr(e)
                    print(name, k, i + 1, column.name or 'col%d' % (i + 1), line, sep='\t')


main(sys.argv[1:])
