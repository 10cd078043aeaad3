"""Makes register/*.fits: an image whose first HDU is a band, and what the pixels of
another coordinate system have of it in HDUs with that system: by both kernels in
float64 (BILINEAR, LANCZOS3), and by reproject (REPROJECT: reproject_interp, for
pixels of one size; reproject_exact for finer ones).

    /usr/bin/python3 testdata/make_register.py     (astropy 5.2, reproject 0.10)
"""
import os

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.utils import pixel_to_pixel
from reproject import reproject_exact, reproject_interp


def wcs(crpix, scale, angle=0.0, crval=(150.1, 2.2), code="TAN", axes=("RA--", "DEC-"), sip=None, shear=0.0):
    w = WCS(naxis=2)
    names = {"RA--": "RA---", "DEC-": "DEC--", "GLON": "GLON-", "GLAT": "GLAT-"}
    w.wcs.ctype = [names[a] + code + ("-SIP" if sip else "") for a in axes]
    w.wcs.crpix, w.wcs.crval = crpix, crval
    s, c = np.sin(np.radians(angle)), np.cos(np.radians(angle))
    w.wcs.cd = scale / 3600 * np.array([[-c, s + shear], [s, c]])
    header = w.to_header()
    if sip:
        header["A_ORDER"] = header["B_ORDER"] = 2
        for key, value in sip.items():
            header[key] = value
    return header


def sky(header, shape, seed, sigma):
    """A band: stars on a sky with noise, a hole of one pixel and one of nine, an infinity."""
    r = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    image = 0.3 + 0.02 * r.standard_normal(shape)
    for _ in range(14):
        x0, y0, flux = r.uniform(2, shape[1] - 3), r.uniform(2, shape[0] - 3), r.uniform(1, 10)
        image += flux * np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / (2 * sigma**2))
    image[5, 8] = np.nan
    image[12:15, 16:19] = np.nan
    image[20, 4] = np.inf
    return image.astype(np.float32)


def lanczos3(t):
    return np.where(np.abs(t) < 3, np.sinc(t) * np.sinc(t / 3), 0.0)


def bilinear(t):
    return np.clip(1 - np.abs(t), 0, None)


def resample(image, header, reference, shape, kernel, finer):
    """The mean under the kernel of the defined pixels, where they hold half of its weight."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    u, v = pixel_to_pixel(WCS(reference), WCS(header), x, y)
    at = np.arange(-60, max(image.shape) + 60)
    out = np.full(shape, np.nan)
    defined = np.isfinite(image)
    values = np.where(defined, image, 0).astype(float)
    for k in np.ndindex(*shape):
        if not (-0.5 <= u[k] <= image.shape[1] - 0.5 and -0.5 <= v[k] <= image.shape[0] - 0.5):
            continue
        wx, wy = kernel((at - u[k]) / finer), kernel((at - v[k]) / finer)
        total = wx.sum() * wy.sum()
        weight = np.outer(wy[60 : 60 + image.shape[0]], wx[60 : 60 + image.shape[1]]) * defined
        if weight.sum() >= total / 2:
            out[k] = (weight * values).sum() / weight.sum()
    return out


def make(name, header, shape, reference, ref_shape, seed, sigma=1.4, finer=1.0):
    image = sky(header, shape, seed, sigma)
    hdus = [fits.PrimaryHDU(image, header)]
    for kernel, f in (("BILINEAR", bilinear), ("LANCZOS3", lanczos3)):
        want = resample(image, header, reference, ref_shape, f, finer)
        hdus.append(fits.ImageHDU(want.astype(np.float32), reference, name=kernel))
    peer = reproject_exact if finer > 1 else reproject_interp
    finite = np.where(np.isfinite(image), image, np.nan).astype(float)
    want, _ = peer((finite, header), reference, shape_out=ref_shape)
    hdus.append(fits.ImageHDU(want.astype(np.float32), reference, name="REPROJECT"))
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "register", name + ".fits")
    fits.HDUList(hdus).writeto(path, overwrite=True)


plain = wcs((15.5, 14.0), 0.4)
size = (28, 32)
make("shift", wcs((18.27, 12.61), 0.4), size, plain, size, 1)
make("turn", wcs((17.0, 17.3), 0.41, angle=31), (34, 36), plain, size, 2)
make("mirror", wcs((16.3, 12.0), -0.4, angle=170, shear=0.03), size, plain, size, 3)
make("galactic", wcs((17.0, 14.2), 0.4, angle=-60, crval=(236.8137, 42.1026), code="SIN", axes=("GLON", "GLAT")), (36, 36), plain, size, 4)
make("sip", wcs((17.0, 14.2), 0.4, sip={"A_2_0": 2e-3, "A_1_1": -1e-3, "B_0_2": 1.5e-3, "B_1_1": 2e-3}), (34, 36), plain, size, 5)
make("coarse", wcs((8.1, 7.2), 0.9, angle=10), (24, 24), plain, size, 6)
make("fine", wcs((34.2, 31.7), 0.16, angle=5), (62, 68), plain, (26, 28), 7, sigma=4.0, finer=2.5)
