"""Peers for the benchmarks: astropy or python-fitsio, as peer.c is cfitsio. The argument names the library."""
import sys
import time

import numpy as np

if sys.argv[1] == 'astropy':
    from astropy.io import fits

    def whole(name):
        with fits.open(name, memmap=False) as f:
            return np.array(next(h for h in f if h.data is not None).data, np.float32)

    def window(name, x, y, side):
        with fits.open(name) as f:
            h = f[1] if len(f) > 1 else f[0]
            return np.array(h.section[y:y + side, x:x + side] if hasattr(h, 'section') else h.data[y:y + side, x:x + side], np.float32)
else:
    import fitsio

    def image(f):
        return f[1] if len(f) > 1 else f[0]

    def whole(name):
        with fitsio.FITS(name) as f:
            return image(f).read().astype(np.float32, copy=False)

    def window(name, x, y, side):
        with fitsio.FITS(name) as f:
            return image(f)[y:y + side, x:x + side].astype(np.float32, copy=False)

for line in sys.stdin:
    what, name, *numbers = line.split()
    numbers = [int(n) for n in numbers]
    begin = time.perf_counter()
    if what == 'read':
        whole(name)
    elif what == 'window':
        window(name, *numbers)
    else:
        for i in range(numbers[0]):
            whole('%s/%d.fits' % (name, i))
    print('%.9f' % (time.perf_counter() - begin), flush=True)
